/** Where synapses lie and which way they point, as counts on a grid. */
import type { SynapseRows } from "../../analysis/synapse_columns.ts";

/** Counts on a grid of columns and rows. */
export interface Density {
  readonly columns: number;
  readonly rows: number;
  readonly counts: Uint32Array;
  readonly most: number;
}

function counted(columns: number, rows: number, visit: (add: (column: number, row: number) => void) => void) {
  const counts = new Uint32Array(columns * rows);
  let most = 0;
  visit((column, row) => {
    if (!(column >= 0 && column < columns && row >= 0 && row < rows)) return; // also where a place is not known
    const at = Math.floor(row) * columns + Math.floor(column);
    most = Math.max(most, counts[at] = (counts[at] ?? 0) + 1);
  });
  return { columns, rows, counts, most };
}

/**
 * How many of some synapses lie in each field of a plane.
 * @param lengths of the volume, voxels, along the two axes
 */
export function placesOn(
  { columns }: SynapseRows,
  order: Uint32Array,
  [across, down]: readonly [across: string, down: string],
  lengths: readonly [number, number],
  fields: readonly [columns: number, rows: number],
): Density {
  const [u, v] = [columns.get(across), columns.get(down)];
  const [scaleU, scaleV] = [fields[0] / lengths[0], fields[1] / lengths[1]];
  return counted(...fields, (add) => {
    for (const row of order) add(((u?.[row] ?? NaN) + 0.5) * scaleU, ((v?.[row] ?? NaN) + 0.5) * scaleV);
  });
}

/**
 * How many directions lie in each field of a disc that shows half of the sphere, equal areas as equal areas (Lambert): its middle is along
 * z, its edge in the slice, x to the right and y down.
 * @param side 1: those that go to higher slices, and those in the slice; -1: the others
 * @param fields along the disc's diameter
 */
export function directionsOn(
  { columns }: SynapseRows,
  order: Uint32Array,
  side: 1 | -1,
  fields: number,
): Density {
  const [dx, dy, dz] = ["dx", "dy", "dz"].map((name) => columns.get(name));
  return counted(fields, fields, (add) => {
    for (const row of order) {
      const z = dz?.[row] ?? NaN;
      if ((z >= 0 ? 1 : -1) !== side) continue;
      const [x, y] = discPlace(dx?.[row] ?? NaN, dy?.[row] ?? NaN, z);
      add((x + 1) / 2 * fields, (y + 1) / 2 * fields);
    }
  });
}

/** Where a direction lies on its disc of radius 1. */
export function discPlace(x: number, y: number, z: number): readonly [across: number, down: number] {
  const length = Math.hypot(x, y, z), inSlice = Math.hypot(x, y);
  if (inSlice === 0) return [0, 0];
  // a little less than 1, so that directions in the slice lie in a field
  const radius = Math.min(0.9999, Math.sqrt(Math.max(0, 1 - Math.abs(z) / length)));
  return [x / inSlice * radius, y / inSlice * radius];
}

/** The row of those that is nearest to a place, by the columns of two axes; -1 where none is within reach. */
export function nearestRow(
  { columns }: SynapseRows,
  order: Uint32Array,
  [across, down]: readonly [across: string, down: string],
  [u, v]: readonly [number, number],
  [reachU, reachV]: readonly [number, number],
): number {
  const [us, vs] = [columns.get(across), columns.get(down)];
  let found = -1, least = 1;
  for (const row of order) {
    const away = Math.hypot(((us?.[row] ?? NaN) - u) / reachU, ((vs?.[row] ?? NaN) - v) / reachV);
    if (away < least) [found, least] = [row, away];
  }
  return found;
}
