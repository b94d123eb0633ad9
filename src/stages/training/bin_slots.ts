/** Bins gathered features: from 16-bit values by block to 8-bit bins by candidate. */
import { crc32 } from "node:zlib";
import { binColumn, MAX_BINS } from "../../boosting/mod.ts";
import type { Kernels } from "../../kernels/mod.ts";
import { type FeatureFile, featureSlots, openFeatureFile } from "../../block/feature_file.ts";
import type { BinJob } from "../stage_jobs.ts";
import type { SlotTask } from "../../run/run_blocks.ts";
import { writeFully } from "../../volume/file.ts";

/** Bytes of cuts of one candidate. */
export const CUT_BYTES = MAX_BINS * 2;

/** Bytes of checksums of one candidate. */
export const SUM_BYTES = 8;

export function openBinJob(job: BinJob) {
  return { job, slots: featureSlots(job.features, job.columns) };
}

/** Bytes that binning so many slots at once needs. */
export function binBytes(slots: number, samples: number): number {
  return slots * samples * 4 + samples * 5 + 2 ** 20;
}

/**
 * Reads the task's slots from every block's file, bins them and writes them to their places in the matrix. Nothing waits for the disk,
 * since a run that goes on bins again.
 */
export function binSlots(
  { run, arena }: Kernels,
  { job, slots }: ReturnType<typeof openBinJob>,
  { from, to }: SlotTask,
): void {
  const kernels = { run, arena };
  const { samples } = job;
  const mark = arena.mark();
  const values = arena.alloc((to - from) * samples * 2);
  const bins = arena.alloc(samples);
  for (const { path, places, placeOf } of job.files) {
    const file = openFeatureFile(path, slots.length);
    try {
      const own = places ?? (placeOf ? file.indices.map((index) => placeOf[index] ?? 0) : file.indices);
      scatterFile(kernels, file, own, { from, to }, values, samples);
    } finally {
      file.close();
    }
  }
  using matrix = Deno.openSync(job.matrix, { write: true });
  using cuts = Deno.openSync(job.cuts, { write: true });
  using sums = Deno.openSync(job.sums, { write: true });
  for (const [i, slot] of slots.slice(from, to).entries()) {
    const binned = binColumn(kernels, values + i * samples * 2, samples, bins);
    matrix.seekSync(slot.index * samples, Deno.SeekMode.Start);
    writeFully(matrix, arena.u8(bins, samples));
    cuts.seekSync(slot.index * CUT_BYTES, Deno.SeekMode.Start);
    writeFully(cuts, new Uint8Array(binned.cuts.buffer));
    const own = Uint32Array.of(crc32(arena.u8(bins, samples)), crc32(new Uint8Array(binned.cuts.buffer)));
    sums.seekSync(slot.index * SUM_BYTES, Deno.SeekMode.Start);
    writeFully(sums, new Uint8Array(own.buffer));
  }
  arena.release(mark);
}

function scatterFile(
  { run, arena }: Kernels,
  file: FeatureFile,
  places: Int32Array | Uint32Array,
  { from, to }: SlotTask,
  values: number,
  samples: number,
): void {
  const count = file.indices.length;
  const kept = [...places.keys()].filter((row) => (places[row] ?? -1) >= 0);
  if (kept.length === 0) return;
  const mark = arena.mark();
  const indices = arena.alloc(kept.length * 4);
  const data = arena.alloc((to - from) * count * 2);
  arena.u32(indices, kept.length).set(kept.map((row) => places[row] ?? 0));
  file.read(from, to, arena.u8(data, (to - from) * count * 2));
  for (let i = 0; i < to - from; i++) {
    const address = data + i * count * 2;
    if (kept.length < count) moveTogether(arena.u16(address, count), kept);
    run.scatterValues(address, indices, kept.length, values + i * samples * 2);
  }
  arena.release(mark);
}

/** Moves some of the values to the front, in their order. */
function moveTogether(values: Uint16Array, kept: readonly number[]): void {
  for (const [to, row] of kept.entries()) values[to] = values[row] ?? 0;
}
