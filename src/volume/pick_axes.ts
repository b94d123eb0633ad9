/** One channel and one time point of an array that has several. */
import { type AxisPick, describePick, PICK_ADVICE } from "../config/pick.ts";
import { shorten, UserError } from "../user_error.ts";
import { axisNamed } from "./axes.ts";
import type { GridArray } from "./grid_source.ts";
import { bytesPerVoxel } from "./dtype.ts";
import type { RowSource } from "./source.ts";

/**
 * The array with the axes of channels and of time at the place chosen, where they have length 1 then.
 * @param names as of `placeAxes`; without them arrays of five axes are `[time, channel, z, y, x]`, of four `[channel, z, y, x]`
 * @throws UserError where there is no such axis or place
 */
export function pickAxes(array: GridArray, names: readonly string[] | undefined, pick: AxisPick): GridArray {
  const { shape } = array;
  const known = names?.length === shape.length && names.some((name) => axisNamed(name) !== undefined)
    ? names.map(axisNamed)
    : [undefined, ...["time", "component", "z", "y", "x"].slice(-shape.length)].slice(-shape.length);
  return (["component", "time"] as const).reduce((picked, kind) => {
    const place = kind === "component" ? pick.channel : pick.time;
    if (place === undefined) return picked;
    const axis = known.indexOf(kind);
    const length = axis < 0 ? 1 : shape[axis] ?? 1;
    if (place < length) return axis < 0 ? picked : at(picked, axis, place);
    const what = kind === "component" ? "channel" : "time point";
    throw new UserError(
      `${shorten(array.path, 200)}: has no ${what} ${place}, but ` +
        `${length === 1 ? "one" : `${length}, 0 to ${length - 1}`}; ${PICK_ADVICE}`,
    );
  }, array);
}

function at(array: GridArray, axis: number, place: number): GridArray {
  const length = array.chunk[axis] ?? 1;
  const one = (values: readonly number[]) => values.map((value, index) => index === axis ? 1 : value);
  return {
    ...array,
    shape: one(array.shape),
    chunk: one(array.chunk),
    async load(index) {
      const chunk = await array.load(
        index.map((value, own) => own === axis ? Math.floor(place / length) : value),
      );
      const offset = (place % length) * (chunk.stride[axis] ?? 0);
      return { ...chunk, data: chunk.data.subarray(offset) };
    },
  };
}

/** What is noted of a source of which a part was chosen. */
export function pickedOf(pick: AxisPick): { readonly picked?: string } {
  const picked = describePick(pick);
  return picked === "" ? {} : { picked };
}

/** @throws UserError where there is no such component, or a point of time is wanted, of which such files have one */
export function pickComponent(source: RowSource, pick: AxisPick): RowSource {
  const { channel, time = 0 } = pick;
  const { components, dtype } = source;
  if (time > 0 || (channel ?? 0) >= components) {
    source.close();
    const found = time > 0 ? `no time point ${time}, but one` : `no channel ${channel}, but ${components}`;
    throw new UserError(`${source.path}: has ${found}; ${PICK_ADVICE}`);
  }
  if (channel === undefined || components === 1) return { ...source, ...pickedOf(pick) };
  const size = bytesPerVoxel(dtype);
  return {
    ...source,
    components: 1,
    ...pickedOf(pick),
    async readRows(z, y, rows, out) {
      const voxels = rows * source.shape[2];
      const all = new Uint8Array(voxels * components * size);
      await source.readRows(z, y, rows, all);
      for (let voxel = 0; voxel < voxels; voxel++) {
        const from = (voxel * components + channel) * size;
        for (let byte = 0; byte < size; byte++) out[voxel * size + byte] = all[from + byte] ?? 0;
      }
    },
  };
}
