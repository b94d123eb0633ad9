/** Where each label of a volume is. */
import { UserError } from "../../../user_error.ts";
import { nextTurn } from "../../../engine/mod.ts";
import type { Region } from "../../../volume/region.ts";
import type { ExportView } from "../view.ts";

/** The labels of a volume, in ascending order, each with the smallest region that holds it. */
export interface LabelBoxes {
  readonly labels: readonly number[];
  boxOf(label: number): Region;
}

/** Numbers of a box: lowest and highest z, y and x, both included. */
const FIELDS = 6;
/** Bytes that a label takes while boxes are looked for, at most: its box, twice while the list grows, and its place in a map. */
export const LABEL_BYTES = 2 * 4 * FIELDS + 64;

/**
 * Finds the labels that are not 0.
 * @param slabs regions that make up the volume
 * @param most labels; more are an error
 * @throws {UserError} where there are more, or one cannot be told exactly by a double
 */
export async function findLabelBoxes(
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
