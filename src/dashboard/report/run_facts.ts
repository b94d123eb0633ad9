/** What a report says of a run, read from its work folder and the files beside it. */
import { join } from "node:path";
import { zarrBytes, zarrScores } from "../../analysis/voxel_source.ts";
import { type Picture, takePicture } from "../../analysis/report/picture.ts";
import { readStumpFile } from "../../boosting/mod.ts";
import { formatSettings, type Settings, type TrainSettings } from "../../config/settings.ts";
import { exists, resultPrefix } from "../../run/work_folder.ts";
import { finalScores } from "../../stages/refine/refine.ts";
import { scoresPath } from "../../stages/score/score_files.ts";
import type { Component } from "../../stages/components.ts";
import { keptSynapses } from "../../stages/training/polarity_answers.ts";
import { doubtsAbout, doubtText } from "../../stages/synapses/doubts.ts";
import { UserError } from "../../user_error.ts";
import { isAFile } from "../../volume/file.ts";
import type { Region, Zyx } from "../../volume/region.ts";
import { openZarr } from "../../volume/zarr/mod.ts";
import type { RunSummary } from "../api.ts";
import type { KeptEvaluation } from "../kept_evaluation.ts";
import { listEvaluations } from "../server/evaluations.ts";
import { modelPath } from "../server/model_file.ts";
import { componentsPath } from "../server/polarity.ts";
import { stackOfTest } from "../server/stack_of_test.ts";
import { watchRun } from "../server/watch.ts";
import { openSynapseTable } from "../../stages/synapses/read_table.ts";
import type { ReviewProgress } from "../../stages/synapses/review/sample.ts";
import type { summaryRecord } from "../../stages/synapses/synapse_files.ts";

/** What is known of a run. */
export interface RunFacts {
  readonly run: RunSummary;
  readonly settings: Settings;
  readonly settingsText: string;
  /**
   * Synapses that are learned from, as far as the run counted them, in all and in each training volume, and their median size in voxels.
   */
  readonly labelled:
    | { readonly count: number; readonly counts: readonly number[]; readonly medianVoxels: number }
    | undefined;
  readonly model: ModelFacts | undefined;
  readonly volumes: readonly VolumeFacts[];
}

interface ModelFacts {
  readonly path: string;
  readonly stumps: number;
  readonly models: number;
  readonly hasSecondStage: boolean;
  readonly threshold: number | undefined;
  /** Median size of the synapses that it learned from. */
  readonly labelledVoxels: number | undefined;
}

/** A test volume. */
export interface VolumeFacts {
  readonly index: number;
  readonly rawVolume: string;
  /** The table as the run found it. */
  readonly table: TableFacts | undefined;
  /** The same with the review of a person applied. */
  readonly reviewed: TableFacts | undefined;
  readonly evaluation: KeptEvaluation | undefined;
  /** What looks wrong with the table; undefined where nothing does. */
  readonly doubts: string | undefined;
  /** Synapses from the most to the least sure. */
  readonly examples: readonly Example[];
}

/** A synapse with its picture. */
export interface Example {
  readonly id: number;
  readonly position: Zyx;
  readonly voxels: number;
  readonly score: number;
  readonly picture: Picture;
}

/** Collects it. @throws {UserError} where the folder has no run, or a table is damaged */
export async function runFacts(workFolder: string): Promise<RunFacts> {
  const watch = watchRun(workFolder);
  const { run } = await watch.snapshot();
  const runModel = await watch.model();
  const settings = runModel.settings();
  if (settings === undefined) {
    throw new UserError(`${workFolder} has no run that this version can read; give the work folder of a run`);
  }
  const prefix = resultPrefix(workFolder);
  const lists = await Promise.all(
    settings.train.map((train, index) => usedIn(workFolder, train, runModel.components(index) ?? [], index)),
  );
  const sizes = lists.flat().map(({ voxels }) => voxels).sort((a, b) => a - b);
  const labelled = sizes.length === 0 ? undefined : {
    count: sizes.length,
    counts: lists.map(({ length }) => length),
    medianVoxels: sizes[Math.floor(sizes.length / 2)] ?? 0,
  };
  const evaluations = await listEvaluations(workFolder);
  const model = await modelFacts(settings, workFolder);
  const volumes: VolumeFacts[] = [];
  for (const [index, { rawVolume }] of settings.test.entries()) {
    const table = await tableAt(`${prefix}-${index}-synapses.json`);
    volumes.push({
      index,
      rawVolume,
      table,
      reviewed: await tableAt(`${prefix}-${index}-reviewed-synapses.json`),
      evaluation: evaluations.find(({ volume }) => volume === index),
      doubts: table && doubtsOf(table, model?.labelledVoxels),
      examples: table ? await examplesOf({ work: workFolder, volume: index, settings }, table) : [],
    });
  }
  return {
    run,
    settings,
    settingsText: formatSettings(settings),
    labelled,
    model,
    volumes,
  };
}

/** The synapses of a training volume that are learned from. */
async function usedIn(
  workFolder: string,
  { useSynapses }: Pick<TrainSettings, "useSynapses">,
  components: readonly Component[],
  index: number,
): Promise<readonly Component[]> {
  const path = join(workFolder, componentsPath(index));
  const kept = async () =>
    keptSynapses(workFolder, useSynapses, { components: await openZarr(path), list: { components } }, index);
  const used = new Set(await exists(path) ? await kept() : useSynapses);
  return components.filter(({ id }) => used.size === 0 || used.has(id));
}

async function tableAt(path: string): Promise<TableFacts | undefined> {
  return isAFile(path) ? await tableFacts(path) : undefined;
}

function doubtsOf(
  { columns, shape: [x = 0, y = 0, z = 0] }: TableFacts,
  labelled: number | undefined,
): string | undefined {
  const doubt = doubtsAbout({ sizes: columns.voxels, shape: [z, y, x] }, labelled);
  return doubt && doubtText(doubt);
}

async function modelFacts(settings: Settings, workFolder: string): Promise<ModelFacts | undefined> {
  const path = modelPath(workFolder, settings);
  if (!isAFile(path)) return undefined;
  const model = await readStumpFile(path, { anisotropy: 1 });
  const { threshold, refinement } = finalScores(model, settings);
  return {
    path,
    stumps: model.stumps.length,
    models: model.models?.length ?? 1,
    hasSecondStage: refinement?.autoContext !== undefined,
    threshold,
    labelledVoxels: model.labelledVoxels,
  };
}

const EXAMPLES = 8;

/** Pictures of synapses at equal steps from the highest to the lowest mean score. */
async function examplesOf(
  of: { readonly work: string; readonly volume: number; readonly settings: Settings },
  table: TableFacts,
): Promise<Example[]> {
  const path = scoresPath(of.work, of.volume);
  if (!await exists(path) || table.columns.voxels.length === 0) return [];
  const scores = zarrScores(await openZarr(path));
  const stack = await stackOfTest(of);
  const raw = stack === undefined ? undefined : await openZarr(stack);
  const { x, y, z, voxels, mean_score } = table.columns;
  const order = Uint32Array.from(mean_score.keys()).sort((a, b) =>
    (mean_score[b] ?? 0) - (mean_score[a] ?? 0)
  );
  const count = Math.min(EXAMPLES, order.length);
  const shown = Array.from(
    { length: count },
    (_, i) => order[Math.round(i * (order.length - 1) / Math.max(1, count - 1))] ?? 0,
  );
  const noTruth = {
    ...scores,
    dtype: "uint8" as const,
    read: (_region: unknown, out: Uint8Array) => Promise.resolve(void out.fill(0)),
  };
  const volumes = { raw: raw?.dtype === "uint8" ? zarrBytes(raw) : undefined, scores, labels: noTruth };
  const highest = mean_score[order[0] ?? 0] ?? 0;
  const side = Math.round((table.summary.sizes?.["length"]?.upper ?? 1) / (table.voxelSize?.[0] ?? 1));
  const examples: Example[] = [];
  for (const row of shown) {
    const position: Zyx = [Math.round(z[row] ?? 0), Math.round(y[row] ?? 0), Math.round(x[row] ?? 0)];
    const picture = await takePicture(volumes, { position, box: boxAround(position, side) }, {
      threshold: table.threshold,
      scoreRange: [table.threshold - Math.abs(highest - table.threshold), highest],
    });
    examples.push({ id: row + 1, position, voxels: voxels[row] ?? 0, score: mean_score[row] ?? 0, picture });
  }
  return examples;
}

/** All pictures show as much, so that sizes can be compared. */
function boxAround([z, y, x]: Zyx, side: number): Region {
  const half = Math.floor(side / 2);
  return { start: [z, Math.max(0, y - half), Math.max(0, x - half)], shape: [1, side, side] };
}

/** A table. */
export interface TableFacts {
  readonly path: string;
  /** `[x, y, z]`, as in the table. */
  readonly shape: readonly number[];
  readonly voxelSize: readonly number[] | null;
  readonly unit: string;
  readonly threshold: number;
  readonly minSize: number;
  /** How many were smaller. */
  readonly dropped: number;
  readonly summary: ReturnType<typeof summaryRecord>;
  /** How a person looked through it; null where nobody did. */
  readonly review: ReviewProgress | null;
  /** A number a synapse each; NaN where it is not known. */
  readonly columns: Readonly<Record<Drawn, Float64Array>>;
}

const DRAWN = ["x", "y", "z", "voxels", "mean_score", "dx", "dy"] as const;
type Drawn = typeof DRAWN[number];

/** Reads a table, row by row. @throws {UserError} where it is none */
async function tableFacts(path: string): Promise<TableFacts> {
  const { head, rows } = await openSynapseTable(path);
  const facts = head as unknown as Omit<TableFacts, "path" | "columns" | "review"> & {
    review?: ReviewProgress;
  };
  const { count } = facts.summary;
  const columns = Object.fromEntries(DRAWN.map((name) => [name, new Float64Array(count)])) as Record<
    Drawn,
    Float64Array
  >;
  let at = 0;
  for await (const row of rows) {
    for (const name of DRAWN) {
      const value = row[name];
      columns[name][at] = typeof value === "number" ? value : NaN;
    }
    at++;
  }
  if (at !== count) {
    throw new UserError(
      `${path} has ${at} synapses, and says ${count}; it is damaged: list the synapses again`,
    );
  }
  return { ...facts, path, review: facts.review ?? null, columns };
}
