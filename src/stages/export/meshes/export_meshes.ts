/** The surfaces of labels, each on its own, as files of meshes. */
import { createSurface, PLANE_BYTES, type Surface, TRIANGLE_BYTES } from "../../../analysis/surface.ts";
import { UserError } from "../../../user_error.ts";
import { formatBytes, nextTurn } from "../../../engine/mod.ts";
import { isInteger } from "../../../volume/dtype.ts";
import { type Region, voxelCount, zipAxes, type Zyx } from "../../../volume/region.ts";
import { slabShape, slabsOfVolume } from "../../../volume/slab.ts";
import type { ExportView } from "../view.ts";
import type { MeshFile } from "./mesh_files.ts";

/** How to make meshes. */
export interface MeshOptions {
  /** Bytes for voxels, boxes and the surface in work. */
  readonly memory: number;
  readonly signal?: AbortSignal | undefined;
  /** Steps done and steps in all. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Parts of the memory: for the boxes of all labels, for voxels that are searched for them, and for one surface with the voxels of its box. */
const BOXES_SHARE = 1 / 4, SEARCH_SHARE = 1 / 4, SURFACE_SHARE = 1 / 2;

/**
 * Writes the surface of every label but 0. The file is complete when this returns; where it throws, there is none.
 * @returns how many labels there are
 * @throws {UserError} where voxels are no labels, or a label needs more memory than there is
 */
export async function exportMeshes(view: ExportView, file: MeshFile, options: MeshOptions): Promise<number> {
  const { signal, onProgress, memory } = options;
  try {
    if (!isInteger(view.dtype) || view.components !== 1) {
      throw new UserError(
        `${view.name}: ${view.components} x ${view.dtype} per voxel; meshes are made of labels: use the label volume of ` +
          "the synapses, or give --threshold",
      );
    }
    const slab = slabShape(view.shape, view.chunk, view.voxelBytes, memory * SEARCH_SHARE);
    const total = voxelCount(view.shape);
    let searched = 0;
    const { labels, boxOf } = await findLabelBoxes(view, slabsOfVolume(view.shape, slab), {
      most: Math.floor(memory * BOXES_SHARE / LABEL_BYTES),
      signal,
      onSlab: ({ shape }) => onProgress?.((searched += voxelCount(shape)) / 2, total),
    });
    for (const [i, label] of labels.entries()) {
      await nextTurn();
      signal?.throwIfAborted();
      const box = boxOf(label);
      const start = zipAxes((a, b) => a + b, box.start, view.start);
      file.add(label, await surfaceOf(view, label, box, memory * SURFACE_SHARE), start);
      onProgress?.((total + (i + 1) / labels.length * total) / 2, total);
    }
    file.complete();
    return labels.length;
  } catch (cause) {
    file.abandon();
    throw cause;
  }
}

/** The surface of a label; its box is read by as many planes at once as the memory holds. */
async function surfaceOf(view: ExportView, label: number, box: Region, memory: number): Promise<Surface> {
  const [depth, height, width] = box.shape, [z0, y0, x0] = box.start;
  const perPlane = (height + 2) * (width + 2);
  const fixed = perPlane * PLANE_BYTES, readBytes = height * width * (view.voxelBytes + 1);
  const left = memory - fixed;
  const planes = Math.min(depth, Math.floor(left / 2 / readBytes));
  const mostTriangles = Math.floor(left / 2 / TRIANGLE_BYTES);
  if (planes < 1) throw tooLarge(view.name, label, box, memory);
  const surface = createSurface(height, width, mostTriangles);
  const mask = new Uint8Array(height * width);
  for (let z = 0; z < depth; z += planes) {
    const shape: Zyx = [Math.min(planes, depth - z), height, width];
    const [voxels] = await view.read({ start: [z0 + z, y0, x0], shape });
    for (let plane = 0; voxels !== undefined && plane < shape[0]; plane++) {
      for (let i = 0, at = plane * mask.length; i < mask.length; i++, at++) {
        mask[i] = Number(voxels[at]) === label ? 1 : 0;
      }
      if (!surface.addPlane(mask)) throw tooLarge(view.name, label, box, memory);
    }
  }
  const whole = surface.finish();
  if (whole === undefined) throw tooLarge(view.name, label, box, memory);
  return whole;
}

function tooLarge(name: string, label: number, { shape }: Region, memory: number): UserError {
  return new UserError(
    `${name}: label ${label} spans ${shape.join(" x ")} voxels (z, y, x), and its surface does not fit ` +
      `${
        formatBytes(memory)
      }; it is probably several synapses merged: list the synapses again with a higher ` +
      "--threshold, or give more --memory",
  );
}

/** The labels of a volume, in ascending order, each with the smallest region that holds it. */
interface LabelBoxes {
  readonly labels: readonly number[];
  boxOf(label: number): Region;
}

/** Numbers of a box: lowest and highest z, y and x, both included. */
const FIELDS = 6;
/** Bytes that a label takes while boxes are looked for, at most: its box, twice while the list grows, and its place in a map. */
const LABEL_BYTES = 2 * 4 * FIELDS + 64;

/**
 * Finds the labels that are not 0.
 * @param slabs regions that make up the volume
 * @param most labels; more are an error
 * @throws {UserError} where there are more, or one cannot be told exactly by a double
 */
async function findLabelBoxes(
  view: ExportView,
  slabs: Iterable<Region>,
  { most, signal, onSlab }: {
    readonly most: number;
    readonly signal?: AbortSignal | undefined;
    readonly onSlab: (slab: Region) => void;
  },
): Promise<LabelBoxes> {
  const placeOf = new Map<number, number>();
  let boxes = new Int32Array(256 * FIELDS);
  const placed = (label: number): number => {
    const found = placeOf.get(label);
    if (found !== undefined) return found;
    if (placeOf.size >= most) throw tooMany(view.name, most);
    if (!Number.isSafeInteger(label)) {
      throw new UserError(
        `${view.name}: ${label} is not a label that a mesh can be named after; number the labels anew`,
      );
    }
    const place = placeOf.size * FIELDS;
    placeOf.set(label, place);
    if (place === boxes.length) {
      const larger = new Int32Array(2 * boxes.length);
      larger.set(boxes);
      boxes = larger;
    }
    for (const axis of [0, 1, 2]) boxes.set([2 ** 31 - 1, -1], place + 2 * axis);
    return place;
  };
  const extend = (place: number, axis: number, value: number) => {
    const low = place + 2 * axis;
    if (value < (boxes[low] ?? 0)) boxes[low] = value;
    if (value > (boxes[low + 1] ?? 0)) boxes[low + 1] = value;
  };
  for (const slab of slabs) {
    await nextTurn();
    signal?.throwIfAborted();
    const [voxels] = await view.read(slab);
    const [z0, y0, x0] = slab.start, [, height, width] = slab.shape;
    let last = 0, place = 0;
    for (let i = 0; voxels !== undefined && i < voxels.length; i++) {
      const label = Number(voxels[i]);
      if (label === 0) continue;
      if (label !== last) place = placed(last = label);
      const row = Math.floor(i / width);
      extend(place, 0, z0 + Math.floor(row / height));
      extend(place, 1, y0 + row % height);
      extend(place, 2, x0 + i % width);
    }
    onSlab(slab);
  }
  return {
    labels: Array.from(placeOf.keys()).sort((a, b) => a - b),
    boxOf(label) {
      const place = placeOf.get(label);
      if (place === undefined) throw new RangeError(`there is no label ${label}`);
      const [z = 0, z1 = 0, y = 0, y1 = 0, x = 0, x1 = 0] = boxes.subarray(place, place + FIELDS);
      return { start: [z, y, x], shape: [z1 - z + 1, y1 - y + 1, x1 - x + 1] };
    },
  };
}

function tooMany(name: string, most: number): UserError {
  return new UserError(
    `${name} has more than ${most} labels, more than fit the memory; give more --memory, or export parts with --region`,
  );
}
