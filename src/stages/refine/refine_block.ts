/** Turns the first stage's scores of one block into the final ones. */
import {
  binFeature,
  cellBytes,
  cellGrid,
  cellsOf,
  compileContext,
  type CompiledContext,
  computeFeatures,
  featureReach,
  LEAF_BITS,
  predictForest,
  smoothCells,
} from "../../autocontext/mod.ts";
import type { Kernels } from "../../kernels/mod.ts";
import {
  growRegion,
  intersectRegions,
  type Region,
  voxelCount,
  wholeRegion,
  type Zyx,
} from "../../volume/region.ts";
import { openZarr, writeRegion, type ZarrVolume } from "../../volume/zarr/mod.ts";
import { openLevels, type WriteLevels } from "../export/levels_block.ts";
import type { RefineJob } from "../stage_jobs.ts";
import { featureSettings, type OpenCells, openCells, readCells } from "./open_cells.ts";
import { BESIDE, reachOfOutput, smoothingSettings } from "./reach.ts";

/** What a worker holds open between the blocks. */
interface OpenRefineJob extends OpenCells {
  readonly job: RefineJob;
  readonly out: ZarrVolume;
  readonly compiled: CompiledContext | undefined;
  readonly levels: WriteLevels;
}

export async function openRefineJob(job: RefineJob): Promise<OpenRefineJob> {
  const { autoContext } = job.refinement;
  return {
    ...await openCells(job),
    job,
    out: await openZarr(job.out),
    levels: await openLevels(job.levels ?? []),
    compiled: autoContext && compileContext(autoContext),
  };
}

/** Log-odds are rounded to parts of this: nobody needs them finer, and they take a third of the disk. */
const LOG_ODDS_STEPS = 64;

/** Computes a block's final scores and writes them. */
export async function refineBlock(kernels: Kernels, opened: OpenRefineJob, write: Region): Promise<void> {
  const { arena } = kernels;
  const { cell } = opened.job;
  const begin = arena.mark();
  const { shape } = opened.raw;
  const known = cellsOf(opened.job.within ?? wholeRegion(shape), cell);
  const around = growRegion(cellsOf(write, cell), [BESIDE, BESIDE, BESIDE], cellGrid(shape, cell));
  const cells = intersectRegions(around, known);
  const final = arena.alloc(cellBytes(cells.shape));
  const inner = arena.mark();
  await (opened.compiled
    ? scoreSmoothly(kernels, opened, opened.compiled, cells, final)
    : smoothScores(kernels, opened, cells, final));
  arena.release(inner);
  const voxels = arena.alloc(voxelCount(write.shape) * 4);
  spreadCells(
    kernels,
    { address: final, region: cells, known },
    cell,
    write,
    opened.compiled ? LOG_ODDS_STEPS : 0,
    voxels,
  );
  await writeRegion(opened.out, write, arena.f32(voxels, voxelCount(write.shape)));
  await opened.levels(arena.f32(voxels, voxelCount(write.shape)), write);
  arena.release(begin);
}

async function smoothScores(
  kernels: Kernels,
  opened: OpenRefineJob,
  cells: Region,
  out: number,
): Promise<void> {
  const { raw, job } = opened;
  const { sigma, settings } = smoothingSettings(job, job.refinement.smoothing.sigma);
  const reach = featureReach([{ kind: "smooth", of: "score", sigma }], settings);
  const { within = wholeRegion(raw.shape) } = job;
  const block = await readCells(kernels, opened, { cells, within }, reach);
  const { score: address, read: region, write, grid } = block;
  smoothCells(kernels, { address, region, grid }, sigma, settings, write, out);
}

/** Scores cells, and those around them where the settings smooth the scores. */
async function scoreSmoothly(
  kernels: Kernels,
  opened: OpenRefineJob,
  compiled: CompiledContext,
  cells: Region,
  out: number,
): Promise<void> {
  const { job, raw } = opened;
  const { smoothedBy } = job.refinement;
  if (smoothedBy === undefined) return await scoreCells(kernels, opened, compiled, cells, out);
  const grid = cellGrid(raw.shape, job.cell);
  const { arena } = kernels;
  const mark = arena.mark();
  const region = growRegion(cells, reachOfOutput(job, job.refinement), grid);
  const address = arena.alloc(cellBytes(region.shape));
  await scoreCells(kernels, opened, compiled, region, address);
  const { sigma, settings } = smoothingSettings(job, smoothedBy);
  smoothCells(kernels, { address, region, grid }, sigma, settings, cells, out);
  arena.release(mark);
}

async function scoreCells(
  kernels: Kernels,
  opened: OpenRefineJob,
  { features, cuts, forest, weights }: CompiledContext,
  cells: Region,
  out: number,
): Promise<void> {
  const { arena } = kernels;
  const { raw, job } = opened;
  const settings = featureSettings(job, job.refinement.autoContext?.space ?? "volume");
  const { within = wholeRegion(raw.shape) } = job;
  const block = await readCells(kernels, opened, { cells, within }, featureReach(features, settings));
  const count = voxelCount(cells.shape);
  const stride = Math.ceil(count / 16) * 16;
  const bins = arena.alloc(stride * features.length + 16);
  const sums = new Float32Array(weights === undefined ? 0 : count);
  computeFeatures(kernels, features, settings, block, (index, address) => {
    const own = cuts[index] ?? new Float32Array();
    if (own.length > 0) binFeature(kernels, address, count, own, bins + index * stride);
    if (weights !== undefined) addWeighted(sums, arena.f32(address, count), weights[index] ?? 0);
  });
  predictForest(kernels, forest, { address: bins, stride }, count, out);
  // whole numbers become log-odds in their place
  const whole = arena.i32(out, count), scores = arena.f32(out, count);
  for (let i = 0; i < count; i++) scores[i] = (whole[i] ?? 0) * 2 ** -LEAF_BITS + (sums[i] ?? 0);
}

function addWeighted(sums: Float32Array, values: Float32Array, weight: number): void {
  for (let i = 0; i < sums.length; i++) sums[i] = (sums[i] ?? 0) + weight * (values[i] ?? 0);
}

/** Interpolates between the centres of cells; beyond the outermost ones that are known their border is repeated. */
function spreadCells(
  { run }: Kernels,
  { address, region, known }: { readonly address: number; readonly region: Region; readonly known: Region },
  cell: Zyx,
  write: Region,
  steps: number,
  out: number,
): void {
  const [, ny, nx] = region.shape;
  const [depth, height, width] = write.shape;
  const rowAt = (z: number, y: number) => address + 4 * (z * ny + y) * nx;
  const endsOf = (axis: 0 | 1) => [known.start[axis], known.start[axis] + known.shape[axis] - 1] as const;
  const [depths, rows] = [endsOf(0), endsOf(1)];
  const first = write.start[2] - region.start[2] * cell[2];
  for (let z = 0; z < depth; z++) {
    const along = between(write.start[0] + z, cell[0], depths, region.start[0]);
    for (let y = 0; y < height; y++) {
      const across = between(write.start[1] + y, cell[1], rows, region.start[1]);
      run.spreadRow(
        rowAt(along.low, across.low),
        rowAt(along.low, across.high),
        rowAt(along.high, across.low),
        rowAt(along.high, across.high),
        along.part,
        across.part,
        first,
        width,
        cell[2],
        nx,
        steps,
        out + 4 * (z * height + y) * width,
      );
    }
  }
}

/** The two cells between whose centres a voxel lies, counted from `start`, and how near it is to the second. */
function between(voxel: number, size: number, [first, last]: readonly [number, number], start: number) {
  const place = (voxel + 0.5) / size - 0.5;
  const low = Math.floor(place);
  const clamp = (cell: number) => Math.min(Math.max(cell, first), last) - start;
  return { low: clamp(low), high: clamp(low + 1), part: place - low };
}
