/** The table of synapses with which the scoring of a volume ends. */
import { basename } from "node:path";
import type { Settings } from "../../config/settings.ts";
import { once } from "../../run/once.ts";
import type { RunContext } from "../../run/run_context.ts";
import { exists, removeFolder } from "../../run/work_folder.ts";
import type { VoxelSize } from "../../volume/voxel_size.ts";
import type { ZarrVolume } from "../../volume/zarr/mod.ts";
import { doubtsAbout, doubtText } from "./doubts.ts";
import { columnsPath, makeColumns } from "./table_columns.ts";
import { UserError } from "../../user_error.ts";
import { summaryOf } from "./synapse_files.ts";
import { DEFAULT_MIN_SIZE, type SynapseList } from "./synapses.ts";
import { partsFolder, synapsesByBlocks } from "./blocks/stages.ts";
import { putInPlace, synapseFiles } from "./write_synapses.ts";

/** Scores of a volume, and what is known of them. */
interface ScoredVolume {
  /** Number of the test volume. */
  readonly index: number;
  readonly scores: ZarrVolume;
  /** Least score of a synapse's voxels; undefined where the model does not tell. */
  readonly threshold: number | undefined;
  /** Lower scores are not complete; `null`: all are. */
  readonly leastScore: number | null;
  readonly anisotropy: number;
  /** As the run has it now; the scores may have been made before it was known. */
  readonly voxelSize: VoxelSize | undefined;
  /** Median size of the labelled synapses, voxels. */
  readonly labelledVoxels: number | undefined;
  /** Fingerprints of what made the scores and the directions. */
  readonly dependsOn: unknown;
}

/** Figures of a table, for people. */
type TableFigures = {
  readonly threshold: number;
  readonly minSize: number;
  readonly count: number;
  /** `null` where the voxel size is not known. */
  readonly perCubicMicrometre: number | null;
  /** Voxels; `null` where there is no synapse. */
  readonly medianSize: number | null;
  /** What looks wrong, and what to do about it. */
  readonly doubts: string | null;
};

/** A table that a run wrote. */
export interface RunTable extends TableFigures {
  /** Number of the test volume. */
  readonly volume: number;
  readonly csv: string;
  readonly json: string;
  /** Zarr: the number of the synapse at each voxel. */
  readonly labels: string;
}

/** The files of the table of a test volume; annotations are for the command alone. */
export function tableFiles({ outFileName }: Pick<Settings, "outFileName">, index: number) {
  const { csv, json, labels } = synapseFiles(`${outFileName}-${index}`);
  return { csv, json, labels };
}

/** Writes the table, unless that is done; undefined where there can be none, and says why. */
export async function listSynapses(context: RunContext, volume: ScoredVolume): Promise<RunTable | undefined> {
  const { reporter, settings, journal } = context;
  const { index } = volume;
  const files = tableFiles(settings, index);
  const stage = `synapses-${index}`;
  const { threshold } = volume;
  if (threshold === undefined) {
    reporter.message(
      `no table of synapses: the model has no threshold; use the command synapses with --threshold`,
    );
    return undefined;
  }
  if (volume.leastScore !== null && volume.leastScore > threshold) {
    reporter.warn(
      `no table of synapses: --early-exit ${volume.leastScore} is above the model's threshold, ${threshold}`,
    );
    return undefined;
  }
  const isOurs = journal.events.some((event) => event.event === "stage-started" && event.stage === stage);
  if (!isOurs && (await Promise.all(Object.values(files).map(exists))).some(Boolean)) {
    reporter.warn(
      `no table of synapses: ${basename(files.csv)} or ${
        basename(files.labels)
      } is there already and not from this run; move ` +
        "it away to have the run's own",
    );
    return undefined;
  }
  const figures = await once<TableFigures>(context, {
    stage,
    dependsOn: {
      scores: volume.dependsOn,
      threshold,
      minSize: DEFAULT_MIN_SIZE,
      voxelSize: volume.voxelSize ?? null,
      labelledVoxels: volume.labelledVoxels ?? null,
    },
    made: Object.values(files),
    run: () => makeTable(context, { ...volume, threshold }),
  });
  await removeFolder(partsFolder(context.workFolder, index));
  if (figures.doubts !== null) reporter.warn(`${basename(files.csv)}: ${figures.doubts}`);
  return { volume: index, ...files, ...figures };
}

async function makeTable(
  context: RunContext,
  volume: ScoredVolume & { readonly threshold: number },
): Promise<TableFigures> {
  const { settings, reporter, workFolder } = context;
  const { index, threshold, labelledVoxels } = volume;
  const files = tableFiles(settings, index);
  const { table, labels, highest } = await synapsesByBlocks(context, {
    ...volume,
    minSize: DEFAULT_MIN_SIZE,
    labels: files.labels,
  });
  // wherever the work folder is, so that the bytes are the same
  await putInPlace(labels, files, table, `scores/${index}-max.zarr`);
  await prepareForPage(files.csv, workFolder, reporter);
  const { count, perCubicMicrometre, sizes } = summaryOf(table);
  const doubt = doubtsAbout(
    { sizes: voxelsOf(table.synapses), shape: table.shape },
    labelledVoxels,
    highest,
  );
  return {
    threshold,
    minSize: table.minSize,
    count,
    perCubicMicrometre: perCubicMicrometre ?? null,
    medianSize: sizes?.voxels.median ?? null,
    doubts: doubt === undefined ? null : doubtText(doubt),
  };
}

/** How many voxels each has. */
function voxelsOf(synapses: SynapseList): Float64Array {
  const sizes = new Float64Array(synapses.length);
  let next = 0;
  for (const { voxels } of synapses) sizes[next++] = voxels;
  return sizes;
}

/** Makes the columns that the page shows; where they are missing it makes them itself, so a failure is only told. */
async function prepareForPage(csv: string, workFolder: string, { message }: RunContext["reporter"]) {
  try {
    await makeColumns(csv, columnsPath(workFolder, basename(csv)));
  } catch (cause) {
    if (!(cause instanceof UserError)) throw cause;
    message(`the page will take longer to show the table: ${cause.message}`);
  }
}
