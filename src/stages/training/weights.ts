/** The file that hands the final training weights to the workers that paint them. */
import { readSealedFile, writeSealedFile } from "../../engine/mod.ts";
import { supervoxelKey } from "../../supervoxels/identity.ts";
import type { SampleTable } from "./sample_table.ts";

/**
 * Writes each sample's identity and weight: four f64 a sample (seed, first voxel, positive weight, negative weight).
 * @param labels 1 positive, 0 negative
 */
export async function writeWeights(
  path: string,
  samples: SampleTable,
  labels: Uint8Array,
  weights: Float64Array,
): Promise<void> {
  const values = new Float64Array(samples.count * 4);
  for (let i = 0; i < samples.count; i++) {
    const weight = weights[i] ?? 0;
    const positive = labels[i] === 1;
    values.set(
      [samples.seeds[i] ?? 0, samples.first[i] ?? 0, positive ? weight : 0, positive ? 0 : weight],
      i * 4,
    );
  }
  await writeSealedFile(path, new Uint8Array(values.buffer));
}

/** Weights by supervoxel. One that is a positive and an artificial negative has both. */
export async function readWeights(path: string): Promise<Map<string, readonly [number, number]>> {
  const bytes = await readSealedFile(path);
  const values = new Float64Array(bytes.buffer, 0, bytes.length / 8);
  const weights = new Map<string, readonly [number, number]>();
  for (let i = 0; i < values.length; i += 4) {
    const [seed = 0, first = 0, positive = 0, negative = 0] = values.subarray(i, i + 4);
    const key = supervoxelKey(seed, first);
    const known = weights.get(key) ?? [0, 0];
    weights.set(key, [known[0] + positive, known[1] + negative]);
  }
  return weights;
}
