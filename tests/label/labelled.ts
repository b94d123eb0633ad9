/** Projects on generated volumes with some of their synapses labelled. */
import type { Fixture } from "../../fixtures/fixture.ts";
import { addStack } from "../../src/label/begin_stack.ts";
import { type LabelProject, openProject } from "../../src/label/project.ts";
import type { LabelStack } from "../../src/label/stack.ts";
import { wholeRegion, type Zyx } from "../../src/volume/region.ts";
import { createZarr, writeRegion } from "../../src/volume/zarr/mod.ts";
import { generated } from "../helpers/generated.ts";
import { makeProject, strokeOf } from "./project.ts";

export const SHAPE: Zyx = [40, 96, 160];

/** Labels three synapses, or as many as are asked for, and some of what lies around them, as a person would: by far not everything. */
export async function labelled(
  folder: string,
  count = 3,
): Promise<Pick<Fixture, "raw" | "labels" | "synapses">> {
  const fixture = generated({ shape: SHAPE, seed: 3, synapses: 6 });
  await makeProject(folder, SHAPE, { voxels: fixture.raw, voxelSize: [8, 8, 8], anisotropy: 1 });
  const project = await openProject(folder);
  await labelSome(project, fixture, SHAPE, count);
  await project.close();
  return fixture;
}

/** Labels some synapses of a stack, and some of what lies around them. */
export async function labelSome(
  { store }: LabelStack,
  { labels, synapses }: Pick<Fixture, "labels" | "synapses">,
  shape: Zyx,
  count: number,
): Promise<void> {
  for (const { position, polarity: [px, py, pz] } of synapses.slice(0, count)) {
    const { id } = await store.addObject();
    const { painted, background } = runsAround(labels, shape, position, [8, 14, 14]);
    await store.stroke(strokeOf(id, painted));
    await store.stroke(strokeOf(1, background, "unpainted"));
    await store.changeObject(id, { polarity: [px, py, pz] });
  }
}

/** Of the second stack, so that what is mistaken for the first one's shows. */
export const FURTHER_SHAPE: Zyx = [36, 112, 120];

/** Adds a further generated stack, a Zarr array beside the project's first one, without labels. */
export async function addFurther(
  project: LabelProject,
  name = "further",
  voxelSize: Zyx = [8, 8, 8],
): Promise<Pick<Fixture, "raw" | "labels" | "synapses"> & { readonly stack: LabelStack }> {
  const fixture = generated({ shape: FURTHER_SHAPE, seed: 8, synapses: 5 });
  const path = `${project.folder}/${name}.zarr`;
  const raw = await createZarr(path, { shape: FURTHER_SHAPE, dtype: "uint8", storesAll: true });
  await writeRegion(raw, wholeRegion(FURTHER_SHAPE), fixture.raw);
  const stack = await addStack(project, path, { voxelSize, converting: {}, warn: () => {} });
  return { ...fixture, stack };
}

/**
 * Runs of one voxel each of a synapse, and of the background around it.
 * @param labels 255 synapse, 0 background
 * @param reach voxels on each axis around `at`
 * @param start where the labelled part lies in the stack
 */
export function runsAround(
  labels: Uint8Array,
  [depth, height, width]: Zyx,
  [z0, y0, x0]: Zyx,
  [dz, dy, dx]: Zyx,
  start: Zyx = [0, 0, 0],
): { readonly painted: number[]; readonly background: number[] } {
  const painted: number[] = [], background: number[] = [];
  for (let z = Math.max(0, z0 - dz); z < Math.min(depth, z0 + dz); z++) {
    for (let y = Math.max(0, y0 - dy); y < Math.min(height, y0 + dy); y++) {
      for (let x = Math.max(0, x0 - dx); x < Math.min(width, x0 + dx); x++) {
        const label = labels[(z * height + y) * width + x];
        const run = [start[0] + z, start[1] + y, start[2] + x, 1];
        if (label === 255) painted.push(...run);
        else if (label === 0) background.push(...run);
      }
    }
  }
  return { painted, background };
}
