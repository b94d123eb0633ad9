/** A project on a generated volume with some of its synapses labelled. */
import type { Fixture } from "../../fixtures/fixture.ts";
import { openProject } from "../../src/label/project.ts";
import type { Zyx } from "../../src/volume/region.ts";
import { generated } from "../helpers/generated.ts";
import { makeProject, strokeOf } from "./project.ts";

export const SHAPE: Zyx = [40, 96, 160];

/** Labels three synapses, or as many as are asked for, and some of what lies around them, as a person would: by far not everything. */
export async function labelled(
  folder: string,
  count = 3,
): Promise<Pick<Fixture, "raw" | "labels" | "synapses">> {
  const { raw, labels, synapses } = generated({ shape: SHAPE, seed: 3, synapses: 6 });
  await makeProject(folder, SHAPE, { voxels: raw, voxelSize: [8, 8, 8], anisotropy: 1 });
  const project = await openProject(folder);
  for (const { position, polarity: [px, py, pz] } of synapses.slice(0, count)) {
    const { id } = await project.store.addObject();
    const { painted, background } = runsAround(labels, SHAPE, position, [8, 14, 14]);
    await project.store.stroke(strokeOf(id, painted));
    await project.store.stroke(strokeOf(1, background, "unpainted"));
    await project.store.changeObject(id, { polarity: [px, py, pz] });
  }
  await project.close();
  return { raw, labels, synapses };
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
