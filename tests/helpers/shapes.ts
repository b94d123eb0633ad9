/** Generated shapes of volumes and chunks. */
import fc from "fast-check";
import type { Zyx } from "../../src/volume/region.ts";

/** Each axis from `least`, by default 1, to `most` voxels. */
export function shapesUpTo([z, y, x]: Zyx, [leastZ, leastY, leastX]: Zyx = [1, 1, 1]): fc.Arbitrary<Zyx> {
  return fc.tuple(
    fc.integer({ min: leastZ, max: z }),
    fc.integer({ min: leastY, max: y }),
    fc.integer({ min: leastX, max: x }),
  );
}
