/** Lower resolutions of a volume computed voxel by voxel, straight from their definitions. */
import { allocateVoxels, dtypeOf, type Voxels } from "../../src/volume/dtype.ts";
import { voxelCount, type Zyx } from "../../src/volume/region.ts";

/** The mean of every box, whole numbers rounded to the nearest, halves up. */
export function expectedMean(voxels: Voxels, shape: Zyx, factor: Zyx): Voxels {
  return ofBoxes(voxels, shape, factor, (box) => {
    const mean = box.reduce((sum, value) => sum + value, 0) / box.length;
    return voxels instanceof Float32Array ? mean : Math.round(mean);
  });
}

/** The most frequent label of every box; of equally frequent ones the smallest that is not 0. */
export function expectedMode(voxels: Voxels, shape: Zyx, factor: Zyx): Voxels {
  return ofBoxes(voxels, shape, factor, (box) => {
    const counts = new Map<number, number>();
    for (const label of box) counts.set(label, (counts.get(label) ?? 0) + 1);
    const most = Math.max(...counts.values());
    const candidates = [...counts].filter(([, count]) => count === most).map(([label]) => label);
    const labelled = candidates.filter((label) => label !== 0);
    return labelled.length === 0 ? 0 : Math.min(...labelled);
  });
}

function ofBoxes(voxels: Voxels, shape: Zyx, factor: Zyx, reduce: (box: number[]) => number): Voxels {
  const [nz, ny, nx] = shape.map((length, axis) => Math.ceil(length / (factor[axis] ?? 1))) as [
    number,
    number,
    number,
  ];
  const out = allocateVoxels(dtypeOf(voxels), voxelCount([nz, ny, nx]));
  for (let z = 0; z < nz; z++) {
    for (let y = 0; y < ny; y++) {
      for (let x = 0; x < nx; x++) {
        const box: number[] = [];
        for (let dz = z * factor[0]; dz < Math.min(shape[0], (z + 1) * factor[0]); dz++) {
          for (let dy = y * factor[1]; dy < Math.min(shape[1], (y + 1) * factor[1]); dy++) {
            for (let dx = x * factor[2]; dx < Math.min(shape[2], (x + 1) * factor[2]); dx++) {
              box.push(Number(voxels[(dz * shape[1] + dy) * shape[2] + dx]));
            }
          }
        }
        out[(z * ny + y) * nx + x] = reduce(box);
      }
    }
  }
  return out;
}
