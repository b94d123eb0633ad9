/** Which chunks of a stage the journal says are finished. */
import { type Region, regionEnd, zipAxes, type Zyx } from "../volume/region.ts";
import type { JournalEvent } from "./journal.ts";

/** A stage with its settings, on the chunks of the array that it writes. */
export interface StageChunks {
  readonly stage: string;
  readonly fingerprint: string;
  /** Shape of the volume, `[z, y, x]` in voxels. */
  readonly shape: Zyx;
  readonly chunk: Zyx;
}

/**
 * Collects the finished chunks, so that a resumed run skips a block even where its blocks have another shape than before. A
 * chunk is finished where one `block-done` region of this stage and fingerprint holds the whole of it; blocks write whole chunks,
 * so only a run with other chunks can hold a chunk in pieces, and that chunk is computed again. A later
 * `block-lost` region takes back every chunk that it touches. Takes one bit a chunk.
 */
export function doneChunks(events: Iterable<JournalEvent>, of: StageChunks) {
  const { stage, fingerprint, shape, chunk } = of;
  const grid = zipAxes((n, c) => Math.ceil(n / c), shape, chunk);
  const bits = new Uint8Array(Math.ceil(grid[0] * grid[1] * grid[2] / 8));
  let voxels = 0;
  const visit = (low: Zyx, high: Zyx, f: (byte: number, mask: number, at: Zyx) => boolean): boolean => {
    for (let z = low[0]; z < high[0]; z++) {
      for (let y = low[1]; y < high[1]; y++) {
        for (let x = low[2]; x < high[2]; x++) {
          const index = (z * grid[1] + y) * grid[2] + x;
          if (!f(Math.floor(index / 8), 1 << (index % 8), [z, y, x])) return false;
        }
      }
    }
    return true;
  };
  const voxelsOf = (at: Zyx) => {
    const [dz, dy, dx] = zipAxes((n, s) => n - s, shape, zipAxes((i, c) => i * c, at, chunk));
    return Math.min(chunk[0], dz) * Math.min(chunk[1], dy) * Math.min(chunk[2], dx);
  };
  for (const event of events) {
    if (event.event !== "block-done" && event.event !== "block-lost") continue;
    if (event.stage !== stage || event.fingerprint !== fingerprint) continue;
    if (event.event === "block-lost") {
      const low = zipAxes((s, c) => Math.floor(s / c), event.write.start, chunk);
      const high = zipAxes((e, c) => Math.ceil(e / c), regionEnd(event.write), chunk);
      visit(low, zipAxes(Math.min, high, grid), (byte, mask, at) => {
        const known = bits[byte] ?? 0;
        if (known & mask) voxels -= voxelsOf(at);
        bits[byte] = known & ~mask;
        return true;
      });
      continue;
    }
    const low = zipAxes((s, c) => Math.ceil(s / c), event.write.start, chunk);
    const end = zipAxes((e, n) => e >= n ? Infinity : e, regionEnd(event.write), shape);
    const high = zipAxes(Math.min, zipAxes((e, c) => Math.floor(e / c), end, chunk), grid);
    visit(low, high, (byte, mask, at) => {
      const known = bits[byte] ?? 0;
      if (known & mask) return true;
      bits[byte] = known | mask;
      voxels += voxelsOf(at);
      return true;
    });
  }
  return {
    /** Voxels in finished chunks, each counted once. */
    voxels,
    /** Whether every chunk that the region touches is finished. */
    isDone(write: Region): boolean {
      const low = zipAxes((s, c) => Math.floor(s / c), write.start, chunk);
      const high = zipAxes((e, c) => Math.ceil(e / c), regionEnd(write), chunk);
      return visit(low, high, (byte, mask) => ((bits[byte] ?? 0) & mask) !== 0);
    },
  };
}
