/** `ccboost synapses`: from scores to a table of synapses. */
import { basename, dirname, join, resolve } from "node:path";
import { zarrScores, zarrSink } from "../analysis/voxel_source.ts";
import type { Quartiles } from "../analysis/synapse_summary.ts";
import { readStumpFile } from "../boosting/mod.ts";
import { UserError } from "../user_error.ts";
import { type DirectionSource, directionSource } from "../stages/synapses/directions.ts";
import { requireAnnotations, writeAnnotations } from "../stages/synapses/neuroglancer_annotations.ts";
import { probabilityBytes } from "../stages/export/slab_job.ts";
import { finalScores } from "../stages/refine/refine.ts";
import { probabilityOf } from "../stages/refine/refine.ts";
import {
  summaryOf,
  summaryRecord,
  writeSynapseCsv,
  writeSynapseJson,
} from "../stages/synapses/synapse_files.ts";
import { DEFAULT_MIN_SIZE, findSynapses, type SynapseTable } from "../stages/synapses/synapses.ts";
import { typedPath } from "../program_name.ts";
import { exists } from "../run/work_folder.ts";
import { voxelCount } from "../volume/region.ts";
import { describeVoxelSize, voxelSizeAttribute } from "../volume/voxel_size.ts";
import { createZarr, defaultChunk, openZarr, removeZarr, type ZarrVolume } from "../volume/zarr/mod.ts";
import type { Call, Command } from "./command.ts";
import { anisotropyFlag, numberOf, textOf, voxelSizeFlag } from "./flag_values.ts";
import { callbackStage } from "./progress.ts";
import { memoryOf } from "./resource_flags.ts";
import { scoresOf } from "./scores_of.ts";
import { alignColumns } from "./text_table.ts";
import {
  openVolumeFile,
  requireFolderOf,
  requireFree,
  requireOneComponent,
  requireReplaceable,
  usualType,
  VOLUME_FLAGS,
  volumeAt,
  withTemporaryFolder,
} from "./volumes.ts";

export const synapsesCommand: Command = {
  name: "synapses",
  summary: "list the synapses in a volume of scores",
  operands: [{ name: "scores", help: "a run's work folder, or a volume of scores: Zarr, NRRD or TIFF" }],
  flags: [
    ...VOLUME_FLAGS,
    "threshold",
    "model",
    "min-size",
    "orientation",
    "voxel-size",
    "anisotropy",
    "out",
    "overwrite",
    "memory",
    "work",
  ],
  description:
    "Finds connected voxels that score high, and measures place, size, shape and direction of each.\n" +
    "Writes <PREFIX>-synapses.csv and .json, labels as <PREFIX>-synapses.zarr, and annotations for\n" +
    "Neuroglancer, <PREFIX>-annotations; what exists is replaced with --overwrite alone. The scores in a\n" +
    "work folder know threshold and directions.",
  examples: [
    "synapses out-work",
    "synapses out-0-ab-max.nrrd --model out-stumps.cfg --voxel-size 4,4,40",
  ],
  leastMemory: () => SYNAPSES_MEMORY,
  run: synapses,
};

/** Least budget. */
export const SYNAPSES_MEMORY = 256 * 2 ** 20;
/** Bytes of the program itself, and of one voxel in work: scores, labels and directions with what is not collected yet. */
const PROGRAM_BYTES = 128 * 2 ** 20;
const BYTES_A_VOXEL = 48;
const MOST_VOXELS = 1 << 22;
/** Part of the memory that the table of synapses may take. */
const TABLE_SHARE = 1 / 2;

const MAX_SCORE = 1e30;
const MAX_SIZE = 2 ** 50;

async function synapses(call: Call): Promise<void> {
  const scores = await scoresOf(volumeAt(call, 0), "synapses");
  const prefix = textOf(call.flags, "out") ?? prefixOf(resolve(scores));
  for (const path of Object.values(outputsOf(prefix))) await requireFree(call, path);
  const found = await findSynapsesOf(call, scores, prefix);
  call.reporter.result(describeSynapses(found), {
    scores,
    threshold: found.table.threshold,
    minSize: found.table.minSize,
    unit: found.table.unit,
    files: found.files.map(({ path }) => path),
    summary: summaryRecord(summaryOf(found.table)),
  });
}

/** Synapses of a volume, and the files that tell of them. */
export interface SynapsesOfFile {
  readonly table: SynapseTable;
  readonly files: readonly { readonly path: string; readonly what: string }[];
}

function outputsOf(prefix: string) {
  return {
    csv: `${prefix}-synapses.csv`,
    json: `${prefix}-synapses.json`,
    labels: resolve(`${prefix}-synapses.zarr`),
    annotations: `${prefix}-annotations`,
  };
}

/** Finds the synapses in a volume of any format and writes the files, also in the place of others. @throws {UserError} where that cannot be done */
export async function findSynapsesOf(call: Call, path: string, prefix: string): Promise<SynapsesOfFile> {
  const { flags, reporter, signal } = call;
  const free = memoryOf(flags, SYNAPSES_MEMORY) - PROGRAM_BYTES;
  const given = {
    threshold: numberOf(flags, "threshold", { from: -MAX_SCORE, to: MAX_SCORE }),
    minSize: numberOf(flags, "min-size", { from: 1, to: MAX_SIZE, isWhole: true }),
    voxelSize: voxelSizeFlag(flags),
  };
  const paths = outputsOf(prefix);
  await requireOneComponent(path);
  await requireFolderOf(paths.csv);
  await requireReplaceable(paths.labels);
  requireAnnotations(paths.annotations);
  const dtype = await usualType(path);
  return await withTemporaryFolder(
    call,
    paths.csv,
    ["synapses", resolve(path), resolve(prefix)],
    async (folder) => {
      const scores = await openVolumeFile(call, path, folder, dtype);
      const threshold = given.threshold ?? await keptThreshold(call, scores, path);
      const directions = await directionsOf(call, scores, folder);
      const voxelSize = given.voxelSize ?? scores.voxelSize;
      const anisotropy = anisotropyOf(call, scores);
      const chunk = defaultChunk(scores.shape, anisotropy);
      const partial = `${paths.labels}.partial`;
      const labels = await createZarr(partial, {
        shape: scores.shape,
        chunk,
        dtype: "uint32",
        attributes: voxelSizeAttribute(voxelSize),
      });
      const stage = callbackStage(reporter, "synapses", voxelCount(scores.shape));
      const table = await findSynapses({ ...zarrScores(scores), name: path }, {
        threshold,
        minSize: given.minSize ?? DEFAULT_MIN_SIZE,
        voxelSize,
        anisotropy,
        directions,
        labels: zarrSink(labels),
        tableBytes: free * TABLE_SHARE,
        blockVoxels: Math.min(MOST_VOXELS, Math.floor(free / 4 / BYTES_A_VOXEL)),
        signal,
        onProgress: stage.onShare,
      });
      stage.done();
      removeZarr(paths.labels);
      await Deno.rename(partial, paths.labels);
      writeSynapseCsv(paths.csv, table);
      writeSynapseJson(paths.json, table, path);
      await writeAnnotations(paths.annotations, table);
      return {
        table,
        files: [
          { path: paths.csv, what: "the table" },
          { path: paths.json, what: "the same with a summary" },
          { path: paths.labels, what: "each voxel's synapse" },
          { path: paths.annotations, what: "annotations for Neuroglancer" },
        ],
      };
    },
  );
}

/** The threshold that the scores' array or the model knows. */
async function keptThreshold({ flags }: Call, scores: ZarrVolume, path: string): Promise<number> {
  const modelPath = textOf(flags, "model");
  const isProbability = scores.dtype === "uint8";
  if (modelPath === undefined) {
    const kept = scores.attributes["threshold"];
    if (typeof kept === "number" && !isProbability) return kept;
    throw new UserError(
      `${path} does not tell from which score on a voxel is a synapse; give --threshold SCORE, as evaluate finds it, or --model FILE, ` +
        "the model that gave the scores",
    );
  }
  const model = await readStumpFile(modelPath, { anisotropy: 1 });
  const final = finalScores(model, { smoothing: "auto", autoContext: true });
  const { threshold } = final;
  if (threshold === undefined) {
    throw new UserError(
      `${modelPath} has no bestThreshold: it is one of the original's, or was made before models kept it; give --threshold SCORE, ` +
        "as evaluate finds it",
    );
  }
  return isProbability
    ? probabilityBytes(probabilityOf(final))(Float32Array.of(threshold))[0] ?? 0
    : threshold;
}

/** The directions that were named, else those that scoring wrote beside the scores. */
async function directionsOf(
  call: Call,
  scores: ZarrVolume,
  folder: string,
): Promise<DirectionSource | undefined> {
  const named = textOf(call.flags, "orientation");
  if (named !== undefined) return directionSource(await openVolumeFile(call, named, folder, "float32"));
  const name = scores.attributes["direction"];
  const path = typeof name === "string" ? join(dirname(scores.path), basename(name)) : undefined;
  if (path !== undefined && await exists(path)) return directionSource(await openZarr(path));
  call.reporter.warn(
    "nothing tells which way synapses point, so the columns for it stay empty; name the scores in the work folder, or --orientation FILE",
  );
  return undefined;
}

/** Where it is not given, that of the run which made the scores. */
function anisotropyOf({ flags }: Call, scores: ZarrVolume): number {
  const known = scores.attributes["anisotropy"];
  return textOf(flags, "anisotropy") === undefined && typeof known === "number" && known >= 1
    ? known
    : anisotropyFlag(flags);
}

/** `out-0` for `out-0-ab-max.nrrd` and for `out-work/scores/0-max.zarr`, else the file's name without its ending. */
function prefixOf(path: string): string {
  const stem = basename(path).replace(/\.(zarr|nrrd|nhdr|tiff?)$/i, "").replace(/-(ab-)?max$/, "");
  const folder = dirname(path);
  if (basename(folder) !== "scores") return join(folder, stem);
  return `${dirname(folder).replace(/-work$/, "")}-${stem}`;
}

/** A table as people read it: the first synapses, and the figures over all. */
export function describeSynapses({ table, files }: SynapsesOfFile): string {
  const { threshold, minSize, dropped, voxelSize, synapses, hasDirections } = table;
  const { atBorder, perCubicMicrometre, sizes, orientation } = summaryOf(table);
  const lengths = table.unit === "nm" ? "nm" : "x/y voxels";
  const row = (name: string, { lower, median, upper }: Quartiles, unit: string) => [
    name,
    ...[lower, median, upper].map((value) => short(value)),
    unit,
  ];
  const distributions = sizes === undefined ? "" : alignColumns(
    [
      ["", "1st quartile", "median", "3rd quartile", ""],
      row("size", sizes.voxels, "voxels"),
      row("length", sizes.length, lengths),
      row("width", sizes.width, lengths),
      row("thickness", sizes.thickness, lengths),
      row("elongation", sizes.elongation, ""),
    ],
    "lrrrl",
  );
  const direction = orientation === undefined
    ? hasDirections ? "no synapse has a direction" : "directions are not known"
    : `${orientation.count} of them ${
      orientation.count === 1 ? "has" : "have"
    } a direction; together they point ${
      orientation.mean ? `to ${orientation.mean.map(short).join(", ")} (x, y, z)` : "nowhere"
    } with a resultant of ${short(orientation.resultant)} (0: anywhere, 1: all alike)`;
  const density = perCubicMicrometre === undefined
    ? "The voxel size is not known, so neither is the density: give --voxel-size X,Y,Z, or once for all commands " +
      "voxelSize in the configuration."
    : `${short(perCubicMicrometre)} per µm³, with voxels of ${voxelSize ? describeVoxelSize(voxelSize) : ""}`;
  return [
    `${count(synapses.length, "synapse")}: at least ${minSize} voxels with a score of at least ${
      short(threshold)
    } ` +
    `(${dropped} smaller left out)`,
    density,
    `${atBorder} of them ${atBorder === 1 ? "touches" : "touch"} the volume's border`,
    direction,
    ...(distributions === "" ? [] : ["", distributions]),
    "",
    alignColumns(files.map(({ path, what }) => [typedPath(path), what]), "ll"),
  ].join("\n");
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

function short(value: number): string {
  return `${Number(value.toPrecision(3))}`;
}
