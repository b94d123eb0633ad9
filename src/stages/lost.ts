/** What a run does about a damaged file in its work folder: it forgets what the file held, so that this is computed again. */
import { join, relative } from "node:path";
import type { Journal } from "../engine/mod.ts";
import type { DamagedError } from "../volume/damaged_error.ts";
import { intersectRegions, type Region, wholeRegion, zipAxes } from "../volume/region.ts";
import { openZarr, type ZarrVolume } from "../volume/zarr/mod.ts";
import { removeFolder } from "./work_folder.ts";

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
  const region = chunkRegion(await openZarr(array), at);
  await loseBlocks(journal, `score-${index}`, region);
  // where a second stage follows, it is the one that wrote max
  if (parts[place] === `${index}-max.zarr`) await loseBlocks(journal, `refine-${index}`, region);
  await removeFolder(file);
  return true;
}

/** The voxels of the chunk with these indices, of which the last three are z, y and x. */
function chunkRegion({ shape, chunk }: ZarrVolume, indices: readonly number[]): Region {
  const [z = 0, y = 0, x = 0] = indices.slice(-3);
  const start = zipAxes((i, n) => i * n, [z, y, x], chunk);
  return intersectRegions({ start, shape: chunk }, wholeRegion(shape));
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
