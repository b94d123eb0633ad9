/** A table of synapses to review. */
import { synapseFiles, writeSynapses } from "../../src/stages/synapses/write_synapses.ts";
import { createZarr, writeRegion } from "../../src/volume/zarr/mod.ts";
import { voxelCount, wholeRegion } from "../../src/volume/region.ts";
import { SHAPE, type TestFolder } from "./folder.ts";

/** Scores with four synapses of 4 x 6 x 6 voxels, and the table of a run. */
export async function writeTable({ root, work }: TestFolder, threshold = 1): Promise<void> {
  const path = `${work}/scores/0-max.zarr`;
  const attributes = { threshold };
  const scores = await createZarr(path, { shape: SHAPE, chunk: [8, 16, 16], dtype: "float32", attributes });
  const [, height, width] = SHAPE;
  const values = Float32Array.from({ length: voxelCount(SHAPE) }, (_, i) => {
    const row = Math.floor(i / width), z = Math.floor(row / height), y = row % height, x = i % width;
    const isIn = z >= 4 && z < 8 && y >= 4 && y < 10 && x % 10 >= 2 && x % 10 < 8;
    return isIn ? 2 + Math.floor(x / 10) : 0;
  });
  await writeRegion(scores, wholeRegion(SHAPE), values);
  const { annotations: _, ...files } = synapseFiles(`${root}/job-0`);
  await writeSynapses(scores, { name: path, files, threshold, minSize: 1 });
}
