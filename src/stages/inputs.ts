/** Brings the input files of a run into Zarr, each once. */
import { basename, join } from "node:path";
import type { ChannelSource, OrientationSource, TestSettings } from "../config/settings.ts";
import { UserError } from "../config/user_error.ts";
import { fingerprint } from "../engine/mod.ts";
import type { SlicSettings } from "../supervoxels/grid.ts";
import { describeVolumeFile } from "../volume/open.ts";
import type { Zyx } from "../volume/region.ts";
import type { ZarrVolume } from "../volume/zarr.ts";
import { columnsOf, type ColumnSource } from "./columns.ts";
import { convertVolume, valueRanges } from "./convert.ts";
import { requireContrast, requireSameComponents, requireShape } from "./input_checks.ts";
import type { FrameSource, VolumeJob } from "./job.ts";
import type { RunContext } from "./run_context.ts";

/** What a volume file must be. */
type Kind = "raw" | "labels" | "float32";

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
  readonly identity: unknown;
}

/** Converts a file into the work folder unless that was done before. */
export async function convertInput(context: RunContext, path: string, kind: Kind): Promise<ZarrVolume> {
  const { settings, workFolder, reporter, signal } = context;
  const { shape } = await describeVolumeFile(path);
  const stem = basename(path).replace(/\.(tiff?|nrrd|nhdr|zarr)$/i, "");
  const id = (await fingerprint({ path, kind })).slice(0, 8);
  const out = join(workFolder, "volumes", `${stem}-${id}.zarr`);
  let progress: ReturnType<typeof reporter.stage> | undefined;
  let before = 0;
  const volume = await convertVolume(path, out, {
    dtype: kind === "float32" ? "float32" : "uint8",
    // labels shrink to almost nothing, intensities hardly at all
    ...(kind === "labels" ? { codec: "zstd" as const } : {}),
    anisotropy: settings.train?.zAnisotropyFactor ?? settings.test[0]?.zAnisotropyFactor ?? 1,
    memory: Math.min(context.resources.memory / 8, 128 * 2 ** 20),
    ...(signal ? { signal } : {}),
    onProgress(done, total) {
      progress ??= reporter.stage(`convert ${basename(path)}`, { total, unit: "voxels" });
      progress.advance(done - before);
      before = done;
    },
  });
  progress?.done(shape.join(" x "));
  return volume;
}

/** Opens a volume of the settings with its channels and orientation. */
export async function openRunVolume(context: RunContext, test: TestSettings): Promise<RunVolume> {
  await requireSameComponents(context.settings, test.otherFeatures);
  const raw = await convertInput(context, test.rawVolume, "raw");
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
    const volume = await convertMatching(context, channel, raw.shape);
    sources.push({ kind: "file", path: volume.path, ranges: valueRanges(volume) ?? [] });
    identities.push(volume.attributes["source"] ?? channel.path);
  }
  const frames = await openFrames(context, test.orientEstimate, raw.shape);
  if (frames.volume) identities.push(frames.volume.attributes["source"] ?? frames.volume.path);
  const job: VolumeJob = {
    raw: raw.path,
    anisotropy: test.zAnisotropyFactor,
    slic: slicSettings(context, test.zAnisotropyFactor),
    frames: frames.source,
    sources,
    columns: columnsOf(sources, test.zAnisotropyFactor),
  };
  const { raw: _path, ...description } = job;
  return {
    job,
    raw,
    identity: { raw: raw.attributes["source"] ?? test.rawVolume, shape: raw.shape, description, identities },
  };
}

export function slicSettings({ settings }: Pick<RunContext, "settings">, anisotropy: number): SlicSettings {
  return { seed: settings.svox.seed, cubeness: settings.svox.cubeness, anisotropy };
}

async function convertMatching(
  context: RunContext,
  { path }: ChannelSource & { kind: "file" },
  shape: Zyx,
): Promise<ZarrVolume> {
  const volume = await convertInput(context, path, "float32");
  requireShape(path, volume.shape, shape);
  return volume;
}

async function openFrames(
  context: RunContext,
  orientation: OrientationSource,
  shape: Zyx,
): Promise<{ source: FrameSource; volume?: ZarrVolume }> {
  if (orientation.kind === "computed") return { source: orientation };
  const volume = await convertMatching(context, orientation, shape);
  if (volume.components !== 9) {
    throw new UserError(
      `orientEstimate ${orientation.path} has ${volume.components} components a voxel; expected 9 (e1, e2, e3)`,
    );
  }
  return { source: { kind: "file", path: volume.path }, volume };
}
