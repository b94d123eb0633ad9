/** Writes what a project has labelled as a configuration and labels for `ccboost run`. */
import { basename, join, relative } from "node:path";
import { parseChannelName } from "../channels/mod.ts";
import { loadSettings, type Settings } from "../config/settings.ts";
import { commandLine } from "../program_name.ts";
import { removeFolder } from "../run/work_folder.ts";
import type { CleftPolarity } from "../config/settings_types.ts";
import { UserError } from "../user_error.ts";
import { fileError, writeFileAtomic } from "../volume/file.ts";
import { voxelSizeAttribute } from "../volume/voxel_size.ts";
import { createZarr, openZarr, type ZarrVolume } from "../volume/zarr/mod.ts";
import { configText, type ToldStack } from "./export_text.ts";
import type { LabelProject } from "./project.ts";
import { isLearnedFrom, polarityEntries, settingsOf, usedInStacks } from "./project_settings.ts";
import type { LabelStack } from "./stack.ts";
import type { FindSettings, LabelState } from "./state.ts";
import { makeTruth, type PaintedChunk } from "./truth.ts";

/** What was written. */
export interface Exported {
  /** Paths of the configuration and the labels of each stack. */
  readonly files: readonly [config: string, labels: string, ...further: string[]];
  /** The line to paste that learns from them and scores the stacks. */
  readonly command: string;
  /** As `command`, on a cluster. */
  readonly clusterCommand: string;
  /** By the id of each stack, the number of the last change of the labels that were written. */
  readonly seqs: Readonly<Record<string, number>>;
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
  /** What to score: stacks, or a volume by its path from there; all stacks where it is left out. */
  readonly scored?: string | readonly LabelStack[] | undefined;
  /** Whether the volume has the values that the first stack had before it was converted. */
  readonly isRescaled?: boolean;
}

/** A stack whose labels were copied. */
interface CopiedStack {
  readonly stack: LabelStack;
  readonly state: LabelState;
  readonly painted: readonly PaintedChunk[];
  /** The synapses to learn from. */
  readonly used: readonly number[];
  /** Path of the copy, in the end. */
  readonly labels: string;
}

/**
 * Writes `config.cfg` and the labels of each stack into a folder of a project; those of an export before are replaced. Strokes
 * wait while the labels are copied.
 * @throws {UserError} where there is nothing to learn from, or it cannot be written
 */
export async function exportProject(
  project: LabelProject,
  { folder: name, scored = project.stacks(), isRescaled = false }: ExportPlace = { folder: "export" },
): Promise<Exported> {
  const folder = join(project.folder, name);
  await Deno.mkdir(folder, { recursive: true });
  const { states, polarity, learned } = await stillAll(project.stacks(), async () => {
    const states = project.stacks().map((stack) => ({ stack, state: stack.state() }));
    const { used, polarity } = usedInStacks(states.map(({ state }) => state));
    const learned: CopiedStack[] = [];
    for (const [place, { stack, state }] of states.entries()) {
      const own = used[place] ?? [];
      if (isLearnedFrom(own, state)) learned.push(await copyStack(stack, state, own, folder));
    }
    return { states, polarity, learned };
  });
  const { anisotropy, voxelSize, learning } = project.state();
  if (anisotropy === null) throw new UserError("say how large the voxels are first");
  const train = learned.map(({ stack, labels }) => ({
    rawVolume: stack.raw.path,
    groundTruth: labels + PARTIAL,
  }));
  const { minPosRegionSize: minSize } = settingsOf({ outFileName: "out", train }, folder);
  const synapses = learned.reduce((sum, { state, used }) => {
    return sum + state.objects.filter(({ id, voxels }) => used.includes(id) && voxels >= minSize).length;
  }, 0);
  const stacks: ToldStack[] = [];
  for (const one of learned) {
    const entries = polarity === "config" ? await entriesOf(one, folder, minSize, learned.length > 1) : [];
    const { stack, state, used, labels } = one;
    stacks.push({ raw: fromFolder(folder, stack.raw.path), labels: basename(labels), state, used, entries });
  }
  await putInPlace(folder, learned);
  const [labels = "", ...further] = learned.map(({ labels }) => labels);
  const config = join(folder, "config.cfg");
  const rescale = isRescaled ? project.file().rescale : null;
  const tests = typeof scored === "string"
    ? [{ raw: scored, voxelSize: null }]
    : scored.map(({ raw, file }) => ({ raw: fromFolder(folder, raw.path), voxelSize: file().voxelSize }));
  const told = { stacks, tests, rescale, polarity, anisotropy, voxelSize, learning };
  await writeFileAtomic(config, configText(told));
  return {
    files: [config, labels, ...further],
    command: runCommand(config, polarity),
    clusterCommand: runCommand(config, polarity, "cluster submit"),
    seqs: Object.fromEntries(states.map(({ stack, state }) => [stack.id, state.seq])),
    polarity,
    settings: { anisotropy, voxelSize, learning },
    synapses,
  };
}

/** Does something while no label of any stack changes. */
function stillAll<T>([stack, ...others]: readonly LabelStack[], work: () => Promise<T>): Promise<T> {
  return stack ? stack.store.still(() => stillAll(others, work)) : work();
}

const PARTIAL = ".partial";

async function copyStack(
  stack: LabelStack,
  state: LabelState,
  used: readonly number[],
  folder: string,
): Promise<CopiedStack> {
  const labels = join(folder, stack.id === "" ? "labels.zarr" : `labels-${stack.id}.zarr`);
  await removeFolder(labels + PARTIAL);
  const painted = stack.store.chunks.painted();
  await copyLabels(stack.store.chunks.volume, painted, labels + PARTIAL, state);
  return { stack, state, painted, used, labels };
}

/** The copies get their names; those of an export before are removed. */
async function putInPlace(folder: string, copied: readonly CopiedStack[]): Promise<void> {
  for (const { name } of [...Deno.readDirSync(folder)]) {
    if (/^labels(-.*)?\.zarr$/.test(name)) await removeFolder(join(folder, name));
  }
  for (const { labels } of copied) await Deno.rename(labels + PARTIAL, labels);
}

/** The polarities of a stack's synapses. */
async function entriesOf(
  { state, painted, labels: path, used }: CopiedStack,
  folder: string,
  minSize: number,
  mayLackSynapses: boolean,
): Promise<readonly CleftPolarity[]> {
  const truthFolder = join(folder, "truth.partial");
  await removeFolder(truthFolder);
  await Deno.mkdir(truthFolder);
  const labels = await openZarr(path + PARTIAL);
  try {
    const truth = await makeTruth({
      labels,
      painted,
      used: new Set(used),
      minSize,
      mayLackSynapses,
      folder: truthFolder,
    });
    return await polarityEntries(truth, labels, state.objects);
  } finally {
    await removeFolder(truthFolder);
  }
}

function fromFolder(folder: string, path: string): string {
  return relative(folder, path).replaceAll("\\", "/");
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
