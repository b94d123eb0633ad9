/** The binned feature matrix as boosting reads it: in memory where the budget allows, else from its file column by column. */
import { type FeatureMatrix, MAX_BINS } from "../boosting/mod.ts";
import type { Kernels } from "../kernels/mod.ts";
import { readFully } from "./feature_file.ts";
import { type BinnedMatrix, CUT_BYTES } from "./gather.ts";

/** A matrix that is open. */
export interface OpenMatrix {
  readonly matrix: FeatureMatrix;
  cuts(candidate: number): Uint16Array;
  close(): void;
}

/** @param budget bytes that the matrix may take in memory */
export function openMatrix({ arena }: Kernels, files: BinnedMatrix, budget: number): OpenMatrix {
  const { samples, candidates } = files;
  const file = Deno.openSync(files.matrix);
  const cutFile = Deno.openSync(files.cuts);
  const inMemory = samples * candidates <= budget;
  const address = arena.alloc(inMemory ? samples * candidates : samples);
  if (inMemory) readFully(file, arena.u8(address, samples * candidates), files.matrix);
  return {
    matrix: {
      samples,
      candidates,
      column(candidate) {
        if (inMemory) return address + candidate * samples;
        file.seekSync(candidate * samples, Deno.SeekMode.Start);
        readFully(file, arena.u8(address, samples), files.matrix);
        return address;
      },
    },
    cuts(candidate) {
      const cuts = new Uint16Array(MAX_BINS);
      cutFile.seekSync(candidate * CUT_BYTES, Deno.SeekMode.Start);
      readFully(cutFile, new Uint8Array(cuts.buffer), files.cuts);
      return cuts;
    },
    close() {
      file.close();
      cutFile.close();
    },
  };
}
