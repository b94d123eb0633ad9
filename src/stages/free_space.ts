/** Whether what a run will write fits on the disk. */
import { statfsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Settings } from "../config/settings.ts";
import { UserError } from "../user_error.ts";
import { formatBytes } from "../engine/mod.ts";
import { describeVolumeFile } from "../volume/open.ts";
import { voxelCount } from "../volume/region.ts";
import { convertedPath } from "./inputs.ts";
import { mayRefine, settingsToPredict } from "./refine/expected.ts";
import { bytesOfVoxel, scoreFiles } from "./score/score_files.ts";
import { folderBytes } from "../run/verify.ts";
import { exists } from "../run/work_folder.ts";

/** Something that a run will write. */
interface PlannedFile {
  readonly path: string;
  /** At least so many, as far as that can be told before. */
  readonly bytes: number;
}

/** Bytes a voxel that max and min take together as Zarr: half of what supervoxels of 10 voxels take. */
const SCORE_BYTES = 0.85;
/** Bytes a voxel of refined scores as Zarr, which change from voxel to voxel: 3.3 of the demo's volumes. */
const REFINED_BYTES = 2.5;

/** The files of a run that are not there yet: copies of raw volumes, scores and their exports. What compresses well is left out. */
export async function plannedFiles(settings: Settings, workFolder: string): Promise<PlannedFile[]> {
  const files = new Map<string, number>();
  for (const given of [...settings.train, ...settings.test]) {
    const raw = given.rawVolume;
    const { shape, format, dtype } = await describeVolumeFile(raw);
    if (format === "zarr" && dtype === "uint8") continue; // most are used where they are
    const path = await convertedPath(workFolder, raw, "raw", given);
    const partial = `${path}.partial`;
    const begun = await exists(partial) ? folderBytes(partial) : 0;
    if (!await exists(path)) files.set(path, Math.max(0, voxelCount(shape) - begun));
  }
  for (const [index, { rawVolume, zAnisotropyFactor }] of settings.test.entries()) {
    const voxels = voxelCount((await describeVolumeFile(rawVolume)).shape);
    const isRefined = mayRefine(await settingsToPredict(settings, zAnisotropyFactor));
    const [max, first] = ["max", "first"].map((name) => join(workFolder, "scores", `${index}-${name}.zarr`));
    const scores = [
      ...(isRefined ? [[first, SCORE_BYTES], [max, REFINED_BYTES]] as const : [[max, SCORE_BYTES]] as const),
      ...scoreFiles(settings, index, isRefined).map((path) => [path, leastBytes(path, settings)] as const),
    ];
    for (const [path = "", bytes] of scores) if (!await exists(path)) files.set(path, voxels * bytes);
  }
  return Array.from(files, ([path, bytes]) => ({ path, bytes: Math.ceil(bytes) }));
}

/** Scores in folders are compressed, how well is not known before. */
function leastBytes(path: string, settings: Settings): number {
  return bytesOfVoxel(path, settings) * (/\.(zarr|precomputed)$/.test(path) ? 1 / 8 : 1);
}

/**
 * Compares files with the free space of the file systems that they will lie on. Says nothing where the permissions do not allow to
 * ask for it (`--allow-sys=statfs`).
 * @throws {UserError} where they do not fit
 */
export async function requireSpace(files: readonly PlannedFile[]): Promise<void> {
  const systems = new Map<number, { folder: string; bytes: number }>();
  for (const { path, bytes } of files) {
    const folder = await nearestFolder(path);
    const { dev } = await Deno.stat(folder);
    systems.set(dev, { folder, bytes: (systems.get(dev)?.bytes ?? 0) + bytes });
  }
  for (const { folder, bytes } of systems.values()) {
    const free = freeBytes(folder);
    if (free === undefined || free >= bytes) continue;
    throw new UserError(
      `${folder}: not enough space: the run will write at least ${formatBytes(bytes)} there, and ` +
        `${formatBytes(free)} are free; free some space, or choose other folders with --work and ` +
        "outFileName",
    );
  }
}

/** What is free for files in a folder; undefined where the permissions do not allow to ask. */
export function freeBytes(folder: string): number | undefined {
  if (Deno.permissions.querySync({ name: "sys", kind: "statfs" }).state !== "granted") return undefined;
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

async function nearestFolder(path: string): Promise<string> {
  for (let folder = dirname(path);; folder = dirname(folder)) {
    if (await exists(folder) || folder === dirname(folder)) return folder;
  }
}
