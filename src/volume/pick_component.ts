/** One of the values a voxel of a source of rows. */
import { type AxisPick, PICK_ADVICE } from "../config/pick.ts";
import { UserError } from "../user_error.ts";
import { bytesPerVoxel } from "./dtype.ts";
import { pickedOf } from "./pick_axes.ts";
import type { RowSource } from "./source.ts";

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
