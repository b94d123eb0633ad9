/** A project on a generated volume with some of its synapses labelled. */
import { generateFixture } from "../../fixtures/fixture.ts";
import { createProject, openProject } from "../../src/label/project.ts";
import { wholeRegion, type Zyx } from "../../src/volume/region.ts";
import { createZarr, writeRegion } from "../../src/volume/zarr/mod.ts";
import { strokeOf } from "./project.ts";

export const SHAPE: Zyx = [40, 96, 160];

/** Labels three synapses and some of what lies around them, as a person would: by far not everything. */
export async function labelled(
  folder: string,
): Promise<{ readonly raw: Uint8Array; readonly labels: Uint8Array }> {
  const { raw, labels, synapses } = generateFixture({ shape: SHAPE, seed: 3, synapses: 6 });
  const [depth, height, width] = SHAPE;
  const array = await createZarr(`${folder}/raw.zarr`, { shape: SHAPE, dtype: "uint8", storesAll: true });
  await writeRegion(array, wholeRegion(SHAPE), raw);
  await createProject(folder, array, {
    format: 1,
    begun: "2026-01-02T03:04:05.000Z",
    stack: "raw.zarr",
    raw: "raw.zarr",
    rescale: null,
    voxelSize: [8, 8, 8],
    anisotropy: 1,
  });
  const project = await openProject(folder);
  for (const { position: [z0, y0, x0], polarity: [px, py, pz] } of synapses.slice(0, 3)) {
    const { id } = await project.store.addObject();
    const painted: number[] = [], background: number[] = [];
    for (let z = Math.max(0, z0 - 8); z < Math.min(depth, z0 + 8); z++) {
      for (let y = Math.max(0, y0 - 14); y < Math.min(height, y0 + 14); y++) {
        for (let x = Math.max(0, x0 - 14); x < Math.min(width, x0 + 14); x++) {
          const label = labels[(z * height + y) * width + x];
          if (label === 255) painted.push(z, y, x, 1);
          else if (label === 0) background.push(z, y, x, 1);
        }
      }
    }
    await project.store.stroke(strokeOf(id, painted));
    await project.store.stroke(strokeOf(1, background, "unpainted"));
    await project.store.changeObject(id, { polarity: [px, py, pz] });
  }
  await project.close();
  return { raw, labels };
}
