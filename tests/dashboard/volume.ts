/** Volumes as the page has them, of numbers that tell their places. */
import type { ArrayInfo } from "../../src/dashboard/api.ts";
import type { Volume } from "../../src/dashboard/page/volume.ts";

type Triple = readonly [number, number, number];

/** A volume whose voxel is z * 10000 + y * 100 + x, all chunks there but `missing`. */
export function volumeOf(shape: Triple, chunk: Triple, missing: string, factor: Triple = [1, 1, 1]): Volume {
  const info: ArrayInfo = {
    path: "v",
    name: "v",
    role: "raw",
    volumes: [],
    dtype: "float32",
    components: 1,
    shape,
    anisotropy: 1,
    voxelSize: null,
    threshold: null,
    storesAll: true,
    levels: [
      { path: "v", shape, chunk, shard: chunk, factor: [1, 1, 1], version: 3 },
      ...(factor[0] > 1
        ? [{
          path: "v2",
          shape: [shape[0] / factor[0], shape[1] / factor[1], shape[2] / factor[2]] as const,
          chunk,
          shard: chunk,
          factor,
          version: 3 as const,
        }]
        : []),
    ],
  };
  return {
    info,
    slices: new Map(),
    chunk(level, _, [cz, cy, cx]) {
      if (missing === [cz, cy, cx].join()) return undefined;
      if (level === 1) return new Float32Array(chunk[0] * chunk[1] * chunk[2]).fill(-1);
      return Float32Array.from({ length: chunk[0] * chunk[1] * chunk[2] }, (_, i) => {
        const z = cz * chunk[0] + Math.floor(i / (chunk[1] * chunk[2]));
        const y = cy * chunk[1] + Math.floor(i / chunk[2]) % chunk[1];
        return z * 10000 + y * 100 + cx * chunk[2] + i % chunk[2];
      });
    },
    fillValue: () => 0,
    pending: () => 0,
    faults: () => ({ damaged: 0, missing: 0 }),
    forget: () => {},
    onChange: () => () => {},
    refresh: () => {},
    renew: () => {},
  };
}
