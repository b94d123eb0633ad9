/** Writes what a project has labelled as a configuration and labels for `ccboost run`. */
import { join, relative } from "node:path";
import { parseChannelName } from "../channels/mod.ts";
import { loadSettings, type Settings } from "../config/settings.ts";
import { commandLine } from "../program_name.ts";
import { removeFolder } from "../run/work_folder.ts";
import type { CleftPolarity, RescaleSetting } from "../config/settings_types.ts";
import { UserError } from "../user_error.ts";
import { fileError, writeFileAtomic } from "../volume/file.ts";
import { voxelSizeAttribute } from "../volume/voxel_size.ts";
import { createZarr, openZarr, type ZarrVolume } from "../volume/zarr/mod.ts";
import { learnValues } from "./learn_settings.ts";
import type { LabelProject } from "./project.ts";
import { labelValues, polarityEntries, settingsOf, usedObjects } from "./project_settings.ts";
import type { FindSettings, LabelState } from "./state.ts";
import { makeTruth, type PaintedChunk } from "./truth.ts";

/** What was written. */
export interface Exported {
  /** Paths of the configuration and the labels. */
  readonly files: readonly [config: string, labels: string];
  /** The line to paste that learns from them and scores the stack. */
  readonly command: string;
  /** As `command`, on a cluster. */
  readonly clusterCommand: string;
  /** Number of the last change of the labels that were written. */
  readonly seq: number;
  /** Whether the polarity of synapses is used. */
  readonly polarity: "config" | "none";
  readonly settings: FindSettings;
  /** Synapses that are large enough to learn from, each once, in however many pieces it was painted. */
  readonly synapses: number;
}

/** Where to export to, and for which run. */
export interface ExportPlace {
  /** A folder of the project's. */
  readonly folder: string;
  /** The volume to score, as a path from there; the stack where it is left out. */
  readonly scored?: string | undefined;
  /** Whether that has the values that the stack had before it was converted. */
  readonly isRescaled?: boolean;
}

/**
 * Writes `config.cfg` and `labels.zarr` into a folder of a project; those of an export before are replaced. Strokes
 * wait while the labels are copied.
 * @throws {UserError} where there is nothing to learn from, or it cannot be written
 */
export async function exportProject(
  project: LabelProject,
  { folder: name, scored, isRescaled = false }: ExportPlace = { folder: "export" },
): Promise<Exported> {
  const folder = join(project.folder, name);
  const partial = join(folder, "labels.zarr.partial");
  const truthFolder = join(folder, "truth.partial");
  await Deno.mkdir(folder, { recursive: true });
  for (const before of [partial, truthFolder]) await removeFolder(before);
  const { state, painted, used, polarity } = await project.store.still(async () => {
    const state = project.state();
    const of = usedObjects(state.objects, state.notVoxels);
    const painted = project.store.chunks.painted();
    await copyLabels(project.store.chunks.volume, painted, partial, state);
    return { state, painted, ...of };
  });
  const { anisotropy } = state;
  if (anisotropy === null) throw new UserError("say how large the voxels are first");
  const train = { rawVolume: project.raw.path, groundTruth: partial };
  const { minPosRegionSize: minSize } = settingsOf({ outFileName: "out", train }, folder);
  const synapses = state.objects.filter(({ id, voxels }) => used.includes(id) && voxels >= minSize).length;
  let entries: readonly CleftPolarity[] = [];
  if (polarity === "config") {
    await Deno.mkdir(truthFolder);
    const labels = await openZarr(partial);
    try {
      const truth = await makeTruth({ labels, painted, used: new Set(used), minSize, folder: truthFolder });
      entries = await polarityEntries(truth, labels, state.objects);
    } finally {
      await removeFolder(truthFolder);
    }
  }
  const labels = join(folder, "labels.zarr");
  const config = join(folder, "config.cfg");
  await removeFolder(labels);
  await Deno.rename(partial, labels);
  const raw = relative(folder, project.raw.path).replaceAll("\\", "/");
  const rescale = isRescaled ? project.file().rescale : null;
  const told = { raw, scored: scored ?? raw, rescale, used, entries, polarity };
  await writeFileAtomic(config, configText({ ...state, anisotropy }, told));
  const command = runCommand(config, polarity);
  const clusterCommand = runCommand(config, polarity, "cluster submit");
  const { seq, voxelSize, learning } = state;
  const settings = { anisotropy, voxelSize, learning };
  return { files: [config, labels], command, clusterCommand, seq, polarity, settings, synapses };
}

/** What an exported configuration says. */
export function loadExported(config: string): Promise<Settings> {
  return loadSettings(config, { isKnownChannel: (stem) => parseChannelName(stem) !== undefined });
}

/** The line to paste that runs an exported configuration. */
export function runCommand(config: string, polarity: Exported["polarity"], command = "run"): string {
  return commandLine([...command.split(" "), config, ...(polarity === "none" ? ["--polarity", "none"] : [])]);
}

/** Copies the files of chunks. */
async function copyLabels(
  labels: ZarrVolume,
  painted: readonly PaintedChunk[],
  path: string,
  { voxelSize }: LabelState,
): Promise<void> {
  const { shape, chunk, dtype } = labels;
  const attributes = voxelSizeAttribute(voxelSize ?? undefined);
  await createZarr(path, { shape, chunk, dtype, codec: "zstd", attributes });
  for (const { at: [z, y, x] } of painted) {
    try {
      await Deno.mkdir(`${path}/c/${z}/${y}`, { recursive: true });
      await Deno.copyFile(`${labels.path}/c/${z}/${y}/${x}`, `${path}/c/${z}/${y}/${x}`);
    } catch (cause) {
      throw fileError(`${path}/c/${z}/${y}/${x}`, "write", cause);
    }
  }
}

/** What of a project its configuration tells. */
interface Told {
  readonly raw: string;
  readonly scored: string;
  readonly rescale: RescaleSetting | null;
  readonly used: readonly number[];
  readonly entries: readonly CleftPolarity[];
  readonly polarity: "config" | "none";
}

function configText(
  { objects, notVoxels, anisotropy, voxelSize, learning }: LabelState & { readonly anisotropy: number },
  { raw, scored, rescale, used, entries, polarity }: Told,
): string {
  const leftOut = objects.filter(({ id, voxels }) => voxels > 0 && !used.includes(id));
  const names = objects.filter(({ id }) => used.includes(id)).map(({ id, name }) =>
    `${id} ${commented(name)}`
  );
  const { volume, svox } = learnValues(learning);
  const volumeLines = Object.entries(volume).map(([key, value]) =>
    `${key} = ${typeof value === "string" ? quoted(value) : `[${value.map(quoted).join(", ")}]`};`
  );
  const size = voxelSize && [...voxelSize].reverse().map(float).join(", ");
  const line = `ccboost run config.cfg${polarity === "none" ? " --polarity none" : ""}`;
  return [
    `// Written by ccboost label: ${used.length} synapses, and ${notVoxels} voxels that are none.`,
    `// To learn from them and score the stack: ${line}`,
    ...(polarity === "none" ? ["// Not every synapse has its polarity, so none is used."] : []),
    "// docs/settings.md explains every key, and those that are left out.",
    "",
    'outFileName = "out";',
    ...(size ? [`voxelSize = [${size}];  // nm, x, y, z`] : []),
    ...(svox ? [`svox: { seed = ${svox.seed}; };  // distance of the seeds of supervoxels`] : []),
    "",
    "train: {",
    `  rawVolume = ${quoted(raw)};`,
    "  // 0: nobody has said; 1: no synapse; from 2 on the synapses:",
    ...names.map((name) => `  //   ${name}`),
    '  groundTruth = "labels.zarr";',
    `  labels = "${labelValues(used)}";  // what is no synapse / the synapses`,
    ...(leftOut.length > 0
      ? [
        `  // left out, because their polarity cannot be told: ${
          leftOut.map(({ name }) => commented(name)).join(", ")
        }`,
      ]
      : []),
    `  zAnisotropyFactor = ${float(anisotropy)};  // voxel size in z over that in x and y`,
    ...volumeLines.map((line) => `  ${line}`),
    ...(entries.length > 0
      ? [
        "  // from each cleft towards its vesicles, x, y, z",
        "  ccPolarity = (",
        entries.map(({ pos, polarity }) =>
          `    { pos = [${pos.join(", ")}]; polarity = [${polarity.join(", ")}]; }`
        )
          .join(",\n"),
        "  );",
      ]
      : []),
    "};",
    "",
    "// what is scored: this stack, or others after it, with commas between",
    `test = ( { ${
      [`rawVolume = ${quoted(scored)};`, ...rescaleLines(rescale), ...volumeLines].join(" ")
    } } );`,
    "",
  ].join("\n");
}

function rescaleLines(rescale: RescaleSetting | null): string[] {
  if (rescale === null) return [];
  return [`rescale = ${rescale === "auto" ? quoted(rescale) : `[${rescale.map(float).join(", ")}]`};`];
}

/** A name in a comment: on one line. */
function commented(name: string): string {
  return name.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ");
}

/** A text of libconfig. */
function quoted(text: string): string {
  return `"${text.replace(/[\\"]/g, "\\$&")}"`;
}

function float(value: number): string {
  return /[.e]/.test(String(value)) ? String(value) : `${value}.0`;
}
