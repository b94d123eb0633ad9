/** Brings the input files of a run into Zarr, each once. */
import { basename, join, resolve } from "node:path";
import { PAINTED_LABELS } from "../config/label_values.ts";
import { locationStem } from "../config/location.ts";
import { anisotropyOf, type ChannelSource, type TestSettings } from "../config/settings.ts";
import { UserError } from "../user_error.ts";
import { callbackStage, fingerprintOf } from "../engine/mod.ts";
import type { FragmentJoin, SlicSettings } from "../supervoxels/grid.ts";
import { identify } from "../volume/file_identity.ts";
import { describeVolumeFile, requireProcessMemory } from "../volume/open.ts";
import { describeShape, voxelCount, type Zyx } from "../volume/region.ts";
import type { ZarrVolume } from "../volume/zarr/mod.ts";
import { columnsOf, type ColumnSource } from "../block/columns.ts";
import { otherArrays } from "./convert/moved.ts";
import { conversionNotes } from "./convert/options.ts";
import { type GivenInput, inputFiles, type InputKind, inputName } from "./input_files.ts";
import { type ConvertOptions, convertVolume, valueRanges } from "./convert/convert.ts";
import { requireContrast, requireSameComponents, requireShape } from "./input_checks.ts";
import type { FrameSource, VolumeJob } from "../block/volume_job.ts";
import { type LearntWith, orientationSource } from "./model.ts";
import type { RunContext } from "../run/run_context.ts";
import { compareVoxelSize, tellVoxelSize } from "./voxel_sizes.ts";
import { removeIfUnusable } from "../run/work_folder.ts";

/** What a plan needs to know of a volume. */
export interface PlannedVolume {
  readonly job: VolumeJob;
  readonly raw: { readonly shape: Zyx };
}

/** A volume of the run with its arrays. */
export interface RunVolume {
  readonly job: VolumeJob;
  readonly raw: ZarrVolume;
  /** What results depend on: the identity of every file, and how it is used. */
  readonly identity: object | null;
}

/** Name of the array in the work folder's `volumes` that a file is converted to. */
export async function inputArrayName(
  path: string,
  kind: InputKind,
  { rescale, labels }: GivenInput = {},
): Promise<string> {
  const stem = locationStem(path);
  const isPainted = kind !== "labels" || labels === undefined || labels === PAINTED_LABELS;
  const id = (await fingerprintOf({ path, kind, rescale, ...(isPainted ? {} : { labels }) })).slice(0, 8);
  return `${stem}-${id}.zarr`;
}

/** An input as Zarr. */
interface ConvertedInput {
  readonly volume: ZarrVolume;
  /** Files that the voxels come from, as they were when they were read; for a Zarr array used where it is, as it is now. */
  readonly source: unknown;
}

/** Where the Zarr array of a file is in the work folder. */
export async function convertedPath(
  workFolder: string,
  path: string,
  kind: InputKind,
  given: GivenInput = {},
): Promise<string> {
  return join(workFolder, "volumes", await inputArrayName(path, kind, given));
}

/**
 * Converts a volume into the work folder unless that was done before.
 * @param given what the settings say of it
 */
export async function convertInput(
  context: RunContext,
  path: string,
  kind: InputKind,
  given: GivenInput = {},
): Promise<ConvertedInput> {
  const { workFolder, reporter } = context;
  requireProcessMemory(path, context.resources.memory);
  const { shape, notes = [] } = await describeVolumeFile(path);
  for (const note of notes) reporter.warn(note);
  const out = await convertedPath(workFolder, path, kind, given);
  for (const array of [out, `${out}.partial`]) await removeIfUnusable(array);
  let progress: ReturnType<typeof callbackStage> | undefined, ranging: typeof progress;
  const name = inputName(context.settings, path);
  const volume = await convertVolume(path, out, {
    ...conversionOptions(context, kind, given),
    others: await otherInputs(context),
    ...conversionNotes(reporter, path, name),
    onRange(done, total) {
      const aim = kind === "labels" ? "counting the labels of" : "finding the range of";
      ranging ??= callbackStage(reporter, `${aim} ${name}`, voxelCount(shape));
      ranging.onShare(done / total);
      if (done === total) ranging.done();
    },
    onRescale: (low, high) => reporter.message(`${name}: values ${low} to ${high} become 0 to 255`),
    onProgress(done, total) {
      progress ??= callbackStage(reporter, `convert ${name}`, total);
      progress.onDone(done);
    },
  });
  progress?.done(describeShape(shape));
  const isInPlace = resolve(volume.path) !== resolve(out);
  return {
    volume,
    // Of what is used where it is, the path is not what tells it.
    source: isInPlace
      ? { format: "zarr", files: [{ ...identify(volume.path), path: basename(volume.path) }] }
      : volume.attributes["source"],
  };
}

/**
 * How a run converts an input.
 * @param given what the settings say of it
 */
export function conversionOptions(
  { settings, resources, signal }: Pick<RunContext, "settings" | "resources" | "signal">,
  kind: InputKind,
  given: GivenInput = {},
): ConvertOptions {
  const [x, y, z] = given.voxelSize ?? [];
  return {
    dtype: kind === "float32" ? "float32" : "uint8",
    ...(kind === "labels" ? { labels: given.labels ?? PAINTED_LABELS } : {}),
    rescale: given.rescale,
    voxelSize: z === undefined || y === undefined || x === undefined ? undefined : [z, y, x],
    // labels shrink to almost nothing, intensities hardly at all
    ...(kind === "labels" ? { codec: "zstd" as const, mayLackNegative: settings.train.length > 1 } : {}),
    anisotropy: anisotropyOf(settings),
    memory: Math.min(resources.memory / 8, 128 * 2 ** 20),
    signal,
  };
}

/** Arrays of the work folder that no input of the run has made, at least not under its present path. */
export async function otherInputs(
  { settings, workFolder }: Pick<RunContext, "settings" | "workFolder">,
): Promise<string[]> {
  const names = await Promise.all(
    inputFiles(settings).map((file) => inputArrayName(file.path, file.kind, file)),
  );
  return otherArrays(join(workFolder, "volumes"), names);
}

/** Opens a volume of the settings with its channels and orientation. */
export async function openRunVolume(
  context: RunContext,
  test: TestSettings,
  learnt: LearntWith,
): Promise<RunVolume> {
  await requireSameComponents(context.settings, test.otherFeatures);
  const { volume: raw, source: rawSource } = await convertInput(context, test.rawVolume, "raw", test);
  tellVoxelSize(context, raw.voxelSize, test);
  await compareVoxelSize(context, raw.voxelSize, test);
  // Channels from files may see what a blank image does not show.
  const hasFiles = test.otherFeatures.some(({ kind }) => kind === "file");
  if (!hasFiles) await requireContrast(test.rawVolume, raw, context.signal);
  const sources: ColumnSource[] = [{ kind: "raw" }];
  const identities: unknown[] = [];
  for (const channel of test.otherFeatures) {
    if (channel.kind === "computed") {
      sources.push({ kind: "computed", name: channel.stem });
      continue;
    }
    const { volume, source } = await convertMatching(context, channel, test, raw.shape);
    sources.push({ kind: "file", path: volume.path, ranges: valueRanges(volume) ?? [] });
    identities.push(source);
  }
  const frames = await openFrames(context, test, learnt, raw.shape);
  if (frames.identity !== undefined) identities.push(frames.identity);
  const job = volumeJob(context, test, learnt, { raw: raw.path, sources, frames: frames.source });
  return { job, raw, identity: { raw: rawSource, shape: raw.shape, description: pathless(job), identities } };
}

/**
 * Volumes that are learned from together: the values of channels from files become whole numbers in all of them in the same way, which the
 * extremes of all decide.
 */
export function withSharedRanges(volumes: readonly RunVolume[]): RunVolume[] {
  const [first] = volumes;
  if (first === undefined || volumes.length === 1) return [...volumes];
  const rangesOf = (source: number, column: number): readonly [number, number] => {
    const all = volumes.flatMap(({ job: { sources } }) => {
      const own = sources[source];
      const range = own?.kind === "file" ? own.ranges[column] : undefined;
      return range ? [range] : [];
    });
    return [Math.min(...all.map(([low]) => low)), Math.max(...all.map(([, high]) => high))];
  };
  return volumes.map((volume) => {
    const sources = volume.job.sources.map((source, index): ColumnSource =>
      source.kind === "file"
        ? { ...source, ranges: source.ranges.map((_, column) => rangesOf(index, column)) }
        : source
    );
    const job = { ...volume.job, sources, columns: columnsOf(sources, volume.job.anisotropy) };
    return { ...volume, job, identity: { ...volume.identity, description: pathless(job) } };
  });
}

/** What is computed of a volume, without the paths of its arrays, which are told by what they are made of. */
function pathless({ raw: _raw, sources, frames, ...others }: VolumeJob) {
  const without = <T extends { readonly kind: string }>(source: T) =>
    source.kind === "file" ? { ...source, path: "" } : source;
  return { ...others, sources: sources.map(without), frames: without(frames) };
}

/** What the block kernel is told of a volume. */
export function volumeJob(
  context: Pick<RunContext, "settings">,
  { zAnisotropyFactor: anisotropy }: Pick<TestSettings, "zAnisotropyFactor">,
  learnt: LearntWith,
  { raw, sources, frames }: Pick<VolumeJob, "raw" | "sources" | "frames">,
): VolumeJob {
  return {
    raw,
    anisotropy,
    slic: slicSettings(context, anisotropy, learnt.join),
    frames,
    gridStep: learnt.gridStep,
    sources,
    columns: columnsOf(sources, anisotropy),
  };
}

/** @param join what small fragments join unless the settings say so */
export function slicSettings(
  { settings: { svox } }: Pick<RunContext, "settings">,
  anisotropy: number,
  join: FragmentJoin,
): SlicSettings {
  return {
    seed: svox.seed,
    cubeness: svox.cubeness,
    anisotropy,
    join: svox.join === "model" ? join : svox.join,
  };
}

async function convertMatching(
  context: RunContext,
  { path }: ChannelSource & { kind: "file" },
  { rawVolume }: Pick<TestSettings, "rawVolume">,
  shape: Zyx,
): Promise<ConvertedInput> {
  const converted = await convertInput(context, path, "float32");
  requireShape(path, converted.volume.shape, rawVolume, shape);
  return converted;
}

async function openFrames(
  context: RunContext,
  test: TestSettings,
  learnt: LearntWith,
  shape: Zyx,
): Promise<{ source: FrameSource; identity?: unknown }> {
  const orientation = orientationSource(test.orientEstimate, learnt);
  if (orientation.kind === "computed") return { source: orientation };
  const { volume, source: identity } = await convertMatching(context, orientation, test, shape);
  if (volume.components !== 9) {
    throw new UserError(
      `orientEstimate ${orientation.path} has ${volume.components} components per voxel; expected 9 (e1, e2, e3)`,
    );
  }
  return { source: { kind: "file", path: volume.path }, identity };
}
