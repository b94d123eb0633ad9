/** What a table of synapses is a table of, and where its synapses are shown. */
import { type SynapseRows, valueAt } from "../../analysis/synapse_columns.ts";
import type { Zyx } from "../../volume/region.ts";
import type { ArrayInfo } from "../api.ts";
import { middleOfVoxel } from "./geometry.ts";
import { DEFAULT_VIEW, isOfSame, linkOf } from "./view_state.ts";

/** The test volume that a table is of; undefined for other files. */
export function volumeOfTable(name: string): number | undefined {
  const found = /-(\d+)(-chosen|-reviewed)?-synapses\.csv$/.exec(name)?.[1];
  return found === undefined ? undefined : Number(found);
}

/** Whether some synapse has a direction. */
export function hasDirections({ columns }: SynapseRows): boolean {
  return columns.get("dz")?.some((value) => !Number.isNaN(value)) ?? false;
}

/** The table with the angle of the directions in the slice, degrees: 0 along x, 90 along y. */
export function withAngles(rows: SynapseRows): SynapseRows {
  const [dx, dy] = [rows.columns.get("dx"), rows.columns.get("dy")];
  const angles = new Float64Array(rows.count);
  for (let row = 0; row < rows.count; row++) {
    angles[row] = (Math.atan2(dy?.[row] ?? NaN, dx?.[row] ?? NaN) * 180 / Math.PI + 360) % 360;
  }
  return { ...rows, columns: new Map([...rows.columns, ["angle", angles]]) };
}

/** The arrays that belong to a table. */
export interface TableArrays {
  readonly raw: ArrayInfo | undefined;
  readonly scores: ArrayInfo | undefined;
}

export function arraysOf(arrays: readonly ArrayInfo[], volume: number): TableArrays {
  const scores = arrays.find(({ path }) => path.endsWith(`scores/${volume}-max.zarr`));
  const raw = arrays.find((array) => array.role === "raw" && scores !== undefined && isOfSame(array, scores));
  return { raw, scores };
}

/** Addresses of the viewer at synapses. */
export function linker(rows: SynapseRows, arrays: TableArrays) {
  return (row: number) => {
    const middle = (name: string) => Math.round(valueAt(rows, name, row));
    return linkToVoxel(arrays, [middle("z"), middle("y"), middle("x")], rows.threshold);
  };
}

/**
 * Address of the viewer at a voxel: four pixels a voxel, with the scores over the volume.
 * @param chosen score from which on they are shown; the usual one where it is not given
 */
export function linkToVoxel({ raw, scores }: TableArrays, voxel: Zyx, chosen?: number): string {
  const usual = scores?.threshold ?? DEFAULT_VIEW.threshold, threshold = chosen ?? usual;
  const at = middleOfVoxel(voxel);
  const view = {
    ...DEFAULT_VIEW,
    raw: raw?.path ?? "",
    over: scores?.path ?? "",
    at,
    centre: at,
    zoom: 4,
    threshold,
    low: threshold,
  };
  return `#/view?${linkOf(view, usual)}`;
}
