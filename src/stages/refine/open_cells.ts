/** The cells of a block of a volume: means of its scores and of its intensities, and what is computed from them. */
import {
  cellBytes,
  cellGrid,
  cellsOf,
  computeCellMeans,
  computeFeatures,
  type FeatureBlock,
  featureReach,
  type NamedFeature,
  voxelsOf,
} from "../../autocontext/mod.ts";
import type { Kernels } from "../../kernels/mod.ts";
import {
  growRegion,
  intersectRegions,
  type Region,
  voxelCount,
  zipAxes,
  type Zyx,
} from "../../volume/region.ts";
import { openZarr, readRegion, type ZarrVolume } from "../../volume/zarr/mod.ts";
import type { CellJob } from "../stage_jobs.ts";

/** The arrays that cells are made of. */
export interface OpenCells {
  readonly job: CellJob;
  readonly raw: ZarrVolume;
  readonly scores: ZarrVolume;
}

export async function openCells(job: CellJob): Promise<OpenCells> {
  return { job, raw: await openZarr(job.raw), scores: await openZarr(job.scores) };
}

/** Which cells are wanted. */
interface WantedCells {
  readonly cells: Region;
  /** Voxels beyond which nothing is known: at its border filters see the border's cell again. */
  readonly within: Region;
}

/** Slices that are read at once. */
const SLAB = 16;

/** Reads what cells within `reach` need. Positions of the block are relative to the first cell of `within`. Allocates in the arena. */
export async function readCells(
  kernels: Kernels,
  { job, raw, scores }: OpenCells,
  { cells, within }: WantedCells,
  reach: Zyx,
): Promise<FeatureBlock> {
  const { arena } = kernels;
  const { cell } = job;
  const all = cellsOf(within, cell);
  const read = intersectRegions(growRegion(cells, reach, cellGrid(raw.shape, cell)), all);
  const block = { score: arena.alloc(cellBytes(read.shape)), raw: arena.alloc(cellBytes(read.shape)) };
  const depth = Math.max(1, Math.floor(SLAB / cell[0]));
  const mark = arena.mark();
  const voxels = arena.alloc(
    voxelCount(
          voxelsOf({ start: read.start, shape: [depth, read.shape[1], read.shape[2]] }, cell, raw.shape)
            .shape,
        ) * 4 + 64,
  );
  for (let z = 0; z < read.shape[0]; z += depth) {
    const slab: Region = {
      start: [read.start[0] + z, read.start[1], read.start[2]],
      shape: [Math.min(depth, read.shape[0] - z), read.shape[1], read.shape[2]],
    };
    const region = voxelsOf(slab, cell, raw.shape);
    const count = voxelCount(region.shape);
    const offset = 4 * z * read.shape[1] * read.shape[2];
    const meansOf = (dtype: "float32" | "uint8", out: number) =>
      computeCellMeans(kernels, { address: voxels, dtype, region }, cell, raw.shape, out + offset);
    await readRegion(scores, region, arena.f32(voxels, count));
    meansOf("float32", block.score);
    await readRegion(raw, region, arena.u8(voxels, count));
    meansOf("uint8", block.raw);
  }
  arena.release(mark);
  const relative = ({ start, shape }: Region): Region => ({
    start: zipAxes((a, b) => a - b, start, all.start),
    shape,
  });
  return { ...block, read: relative(read), write: relative(cells), grid: all.shape };
}

/** How features of one space are computed. */
export function featureSettings({ cell, anisotropy }: CellJob, space: NamedFeature["space"]) {
  return { cell, anisotropy, space };
}

/**
 * Computes features of cells: the cells' own scores first, with index 0, then the features given.
 * @param onFeature is given the address of an f32 for each cell
 */
export async function forEachCellFeature(
  kernels: Kernels,
  opened: OpenCells,
  { cells, within, features }: WantedCells & { readonly features: readonly NamedFeature[] },
  onFeature: (index: number, address: number) => void,
): Promise<void> {
  const { arena } = kernels;
  const mark = arena.mark();
  const block = await readCells(kernels, opened, { cells, within }, reachOfFeatures(opened.job, features));
  const own = arena.mark();
  onFeature(0, copyCells(kernels, block));
  arena.release(own);
  for (const space of new Set(features.map((feature) => feature.space))) {
    const places = features.flatMap((feature, place) => feature.space === space ? [place] : []);
    const list = features.filter((feature) => feature.space === space).map(({ feature }) => feature);
    computeFeatures(kernels, list, featureSettings(opened.job, space), block, (index, address) => {
      onFeature(1 + (places[index] ?? 0), address);
    });
  }
  arena.release(mark);
}

/** Cells on either side of each axis that these features depend on. */
export function reachOfFeatures(
  job: Pick<CellJob, "cell" | "anisotropy">,
  features: readonly NamedFeature[],
): Zyx {
  let reach: Zyx = [0, 0, 0];
  for (const { space, feature } of features) {
    reach = zipAxes(Math.max, reach, featureReach([feature], { ...job, space }));
  }
  return reach;
}

/** The scores of the wanted cells without those around them. */
function copyCells({ arena }: Kernels, { score, read, write }: FeatureBlock): number {
  const out = arena.alloc(cellBytes(write.shape));
  const from = arena.f32(score, voxelCount(read.shape));
  const to = arena.f32(out, voxelCount(write.shape));
  const [z0, y0, x0] = zipAxes((a, b) => a - b, write.start, read.start);
  const [nz, ny, nx] = write.shape;
  for (let z = 0; z < nz; z++) {
    for (let y = 0; y < ny; y++) {
      const at = ((z0 + z) * read.shape[1] + y0 + y) * read.shape[2] + x0;
      to.set(from.subarray(at, at + nx), (z * ny + y) * nx);
    }
  }
  return out;
}

/** Voxels around a write region that the cells within `reach` of its own lie in. */
export function voxelContext(reach: Zyx, cell: Zyx): Zyx {
  return zipAxes((r, c) => r * c, reach, cell);
}
