/** The binned feature matrix as boosting reads it: in memory where the budget allows, else from its file column by column. */
import { type FeatureMatrix, MAX_BINS } from "../boosting/mod.ts";
import type { Kernels } from "../kernels/mod.ts";
import { createCrc32c } from "../volume/crc32c.ts";
import { DamagedError } from "../volume/damaged_error.ts";
import { readExactly } from "../volume/file.ts";
import { type BinnedMatrix, CUT_BYTES, SUM_BYTES } from "./gather.ts";

/** A matrix that is open. */
export interface OpenMatrix {
  readonly matrix: FeatureMatrix;
  cuts(candidate: number): Uint16Array;
  close(): void;
}

/**
 * Opens a matrix. What is read is compared with its checksum: columns the first time, cuts every time.
 * @param budget bytes that the matrix may take in memory
 * @throws {DamagedError} where something is not what was written; so do `column` and `cuts`
 */
export function openMatrix({ arena }: Kernels, files: BinnedMatrix, budget: number): OpenMatrix {
  const { samples, candidates } = files;
  const file = Deno.openSync(files.matrix);
  const cutFile = Deno.openSync(files.cuts);
  const crc32c = createCrc32c();
  const sums = new Uint32Array(new Uint8Array(candidates * SUM_BYTES).buffer);
  const require = (bytes: Uint8Array, expected: number | undefined, path: string, candidate: number) => {
    if (crc32c(bytes) === expected) return;
    throw new DamagedError(path, `the checksum of candidate ${candidate} does not fit`);
  };
  using sumFile = Deno.openSync(files.sums);
  readExactly(sumFile, files.sums, 0, new Uint8Array(sums.buffer));
  const inMemory = samples * candidates <= budget;
  const address = arena.alloc(inMemory ? samples * candidates : samples);
  const isChecked = new Uint8Array(candidates);
  const check = (candidate: number, at: number) => {
    if (isChecked[candidate] === 1) return;
    require(arena.u8(at, samples), sums[candidate * 2], files.matrix, candidate);
    isChecked[candidate] = 1;
  };
  if (inMemory) {
    readExactly(file, files.matrix, 0, arena.u8(address, samples * candidates));
    for (let candidate = 0; candidate < candidates; candidate++) {
      check(candidate, address + candidate * samples);
    }
  }
  return {
    matrix: {
      samples,
      candidates,
      column(candidate) {
        if (inMemory) return address + candidate * samples;
        readExactly(file, files.matrix, candidate * samples, arena.u8(address, samples));
        check(candidate, address);
        return address;
      },
    },
    cuts(candidate) {
      const cuts = new Uint16Array(MAX_BINS);
      const bytes = new Uint8Array(cuts.buffer);
      readExactly(cutFile, files.cuts, candidate * CUT_BYTES, bytes);
      require(bytes, sums[candidate * 2 + 1], files.cuts, candidate);
      return cuts;
    },
    close() {
      file.close();
      cutFile.close();
    },
  };
}
