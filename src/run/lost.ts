/**
 * What a run does about a file in its work folder that is damaged or gone: it forgets what the file held, so that this is computed
 * again.
 */
import { join, relative } from "node:path";
import { doneChunks, type Journal, type Reporter, type StageChunks } from "../engine/mod.ts";
import type { DamagedError } from "../volume/damaged_error.ts";
import { fileState } from "../volume/file.ts";
import { intersectRegions, type Region, wholeRegion, zipAxes } from "../volume/region.ts";
import { lostChunks, regionOfFile } from "../volume/zarr/check.ts";
import { openZarr } from "../volume/zarr/mod.ts";
import { blockFileName, type BlockOutputs } from "./block_files.ts";
import { isEmptied, removeFolder } from "./work_folder.ts";

/**
 * Removes a damaged file together with what cannot be kept without it: of scores the chunk alone, of anything else the array
 * or the stage's folder. The journal is told which blocks of scores are lost.
 *
 * @returns false where the file is none of the work folder, or the journal itself: nothing can be done about it then
 */
export async function forgetDamaged(
  { workFolder, journal }: { readonly workFolder: string; readonly journal: Journal },
  { file }: DamagedError,
): Promise<boolean> {
  const parts = relative(workFolder, file).split(/[\\/]/);
  const [first = "..", second = ""] = parts;
  if (first === ".." || file === journal.path) return false;
  const place = parts.findIndex((part) => /\.zarr(\.partial)?$/.test(part));
  if (place < 0) {
    // a file of a stage's folder, or one right in the work folder
    await removeFolder(join(workFolder, first === "scores" ? join(first, second) : first));
    return true;
  }
  const array = join(workFolder, ...parts.slice(0, place + 1));
  const index = /^(\d+)-\w+\.zarr$/.exec(parts[place] ?? "")?.[1];
  const at = parts.slice(place + 2).map(Number);
  if (first !== "scores" || index === undefined || at.length < 3) {
    await removeFolder(array);
    return true;
  }
  const [z = 0, y = 0, x = 0] = at.slice(-3);
  const volume = await openZarr(array);
  const region = inBlocks(regionOfFile(volume, [z, y, x]), volume.attributes["ofBlock"]);
  await loseBlocks(journal, `score-${index}`, region);
  // where a second stage follows, it is the one that wrote max
  if (parts[place]?.startsWith(`${index}-max`)) await loseBlocks(journal, `refine-${index}`, region);
  await removeFolder(file);
  return true;
}

/** The part of a volume's blocks that a region of a coarser level was made of. @param ofBlock voxels that are one, on each axis */
function inBlocks({ start, shape }: Region, ofBlock: unknown): Region {
  const [z = 1, y = 1, x = 1] = Array.isArray(ofBlock) ? ofBlock.map(Number) : [];
  const times = (a: number, b: number) => a * b;
  return { start: zipAxes(times, start, [z, y, x]), shape: zipAxes(times, shape, [z, y, x]) };
}

async function loseBlocks(journal: Journal, stage: string, write: Region): Promise<void> {
  const prints = new Set(
    journal.events.flatMap((event) =>
      event.event === "block-done" && event.stage === stage ? [event.fingerprint] : []
    ),
  );
  for (const fingerprint of prints) {
    await journal.append({ event: "block-lost", stage, fingerprint, write });
  }
}

/** Where more is lost than this many pieces, all of a stage is computed again: the journal takes a line for each. */
const MOST_LOST = 1000;

/**
 * Looks whether everything that the finished blocks of a stage wrote has its file, as it has not where a file system was purged or
 * a copy stopped, and tells the journal what is lost. Files are listed, not read.
 */
export async function loseMissing(
  { journal, reporter }: { readonly journal: Journal; readonly reporter: Reporter },
  of: StageChunks,
  { arrays, files }: BlockOutputs,
): Promise<void> {
  const done = doneChunks(journal.events, of);
  if (done.voxels === 0) return;
  const lost: { readonly file: string; readonly region: Region }[] = [];
  for (const array of arrays) {
    const { path, ofBlock } = typeof array === "string" ? { path: array, ofBlock: undefined } : array;
    const blockRegion = (region: Region) =>
      intersectRegions(inBlocks(region, ofBlock), wholeRegion(of.shape));
    const volume = await openZarr(path, "any");
    for (const { file, region } of lostChunks(volume, (region) => done.isDone(blockRegion(region)))) {
      lost.push({ file, region: blockRegion(region) });
    }
  }
  if (files !== undefined && !await isEmptied(files.folder)) {
    for (const event of journal.events) {
      if (event.event !== "block-done" || event.stage !== of.stage) continue;
      if (event.fingerprint !== of.fingerprint || !done.isDone(event.write)) continue;
      const file = join(files.folder, blockFileName(event.write, files.kind));
      if (fileState(file) === undefined) lost.push({ file, region: event.write });
    }
  }
  const [first] = lost;
  if (first === undefined) return;
  const regions = lost.length > MOST_LOST ? [wholeRegion(of.shape)] : lost.map(({ region }) => region);
  for (const write of regions) {
    const { stage, fingerprint } = of;
    await journal.append({ event: "block-lost", stage, fingerprint, write });
  }
  reporter.warn(
    lost.length === 1
      ? `${first.file} is missing; its contents are computed again`
      : `${first.file} and ${lost.length - 1} more files of ${of.stage} are missing; their contents are ` +
        "computed again",
  );
}
