/** The binned feature matrix as boosting reads it from its file, column by column. */
import { crc32 } from "node:zlib";
import { type FeatureMatrix, MAX_BINS } from "../../boosting/mod.ts";
import type { Kernels } from "../../kernels/mod.ts";
import { DamagedError } from "../../volume/damaged_error.ts";
import { readExactly } from "../../volume/file.ts";
import { CUT_BYTES, SUM_BYTES } from "./bin_slots.ts";
import type { BinnedMatrix } from "../stage_jobs.ts";

/** A matrix that is open. */
export interface OpenMatrix {
  readonly matrix: FeatureMatrix;
  /** Reads the bins of a candidate to an address in the kernels' memory. */
  read(candidate: number, address: number): void;
  cuts(candidate: number): Uint16Array;
  close(): void;
}

/**
 * Opens a matrix. What is read is compared with its checksum: columns the first time, cuts every time.
 * @throws {DamagedError} where something is not what was written; so do `column`, `read` and `cuts`
 */
export function openMatrix({ arena }: Kernels, files: BinnedMatrix): OpenMatrix {
  const { samples, candidates } = files;
  const file = Deno.openSync(files.matrix);
  const cutFile = Deno.openSync(files.cuts);
  const sums = new Uint32Array(new Uint8Array(candidates * SUM_BYTES).buffer);
  const requireBytes = (bytes: Uint8Array, expected: number | undefined, path: string, candidate: number) => {
    if (crc32(bytes) === expected) return;
    throw new DamagedError(path, `the checksum of candidate ${candidate} is wrong`);
  };
  using sumFile = Deno.openSync(files.sums);
  readExactly(sumFile, files.sums, 0, new Uint8Array(sums.buffer));
  const isChecked = new Uint8Array(candidates);
  const read = (candidate: number, address: number) => {
    const bytes = arena.u8(address, samples);
    readExactly(file, files.matrix, candidate * samples, bytes);
    if (isChecked[candidate] === 1) return;
    requireBytes(bytes, sums[candidate * 2], files.matrix, candidate);
    isChecked[candidate] = 1;
  };
  const address = arena.alloc(samples);
  return {
    matrix: {
      samples,
      candidates,
      column(candidate) {
        read(candidate, address);
        return address;
      },
    },
    read,
    cuts(candidate) {
      const cuts = new Uint16Array(MAX_BINS);
      const bytes = new Uint8Array(cuts.buffer);
      readExactly(cutFile, files.cuts, candidate * CUT_BYTES, bytes);
      requireBytes(bytes, sums[candidate * 2 + 1], files.cuts, candidate);
      return cuts;
    },
    close() {
      file.close();
      cutFile.close();
    },
  };
}
