/** Records labelled cells of one block of a training volume, with what the second stage may see of them. */
import { join } from "node:path";
import { cellsOf, contextFeatures } from "../../autocontext/mod.ts";
import type { Kernels } from "../../kernels/mod.ts";
import { chanceOf } from "../../supervoxels/identity.ts";
import { type Region, regionContains, voxelCount, type Zyx } from "../../volume/region.ts";
import { openZarr, readRegion, type ZarrVolume } from "../../volume/zarr/mod.ts";
import type { CellsJob } from "../stage_jobs.ts";
import { type CellSamples, writeCells } from "./cell_samples.ts";
import { forEachCellFeature, type OpenCells, openCells } from "./open_cells.ts";
import { blockFileName } from "../../run/block_files.ts";

/** What a worker holds open between the blocks. */
interface OpenCellsJob extends OpenCells {
  readonly job: CellsJob;
  readonly labels: ZarrVolume;
  readonly components: ZarrVolume | undefined;
}

export async function openCellsJob(job: CellsJob): Promise<OpenCellsJob> {
  return {
    ...await openCells(job),
    job,
    labels: await openZarr(job.labels),
    components: job.components === "" ? undefined : await openZarr(job.components),
  };
}

/** Writes the recorded cells of a block to a file named after it. @returns how many there are */
export async function cellsBlock(kernels: Kernels, opened: OpenCellsJob, write: Region): Promise<number> {
  const { job } = opened;
  const part = job.parts.find(({ region }) => regionContains(region, write));
  if (part === undefined) throw new Error(`no part holds the block at ${write.start}`);
  const cells = cellsOf(write, job.cell);
  const chosen = chooseCells(job, await labelCells(kernels, opened, write), cells, opened.raw.shape);
  const all = contextFeatures(job.spaces);
  const features = [undefined, ...all].map(() => new Float32Array(chosen.places.length));
  if (chosen.places.length > 0) {
    await forEachCellFeature(
      kernels,
      opened,
      { cells, within: part.scored, features: all },
      (index, address) => {
        const values = kernels.arena.f32(address, voxelCount(cells.shape));
        const column = features[index];
        if (column !== undefined) {
          for (const [i, place] of chosen.places.entries()) column[i] = values[place] ?? 0;
        }
      },
    );
  }
  const count = chosen.places.length;
  const table: CellSamples = {
    count,
    cells: Float64Array.from(chosen.cells),
    labels: Uint8Array.from(chosen.labels),
    folds: new Uint8Array(count).fill(part.fold),
    features,
  };
  await writeCells(join(job.folder, blockFileName(write, "cells")), table);
  return count;
}

const IGNORED = 128;

/** The label that all voxels of a cell have, else 128. */
async function labelCells(kernels: Kernels, opened: OpenCellsJob, write: Region): Promise<Uint8Array> {
  const { cell, useComponents } = opened.job;
  const { shape: [nz, ny, nx] } = cellsOf(write, cell);
  const agreed = new Uint8Array(nz * ny * nx);
  const isMet = new Uint8Array(nz * ny * nx);
  const used = new Set(useComponents);
  const { arena } = kernels;
  const [depth, height, width] = write.shape;
  const mark = arena.mark();
  const slice = arena.alloc(height * width);
  const numbers = arena.alloc(opened.components ? height * width * 4 : 0);
  for (let z = 0; z < depth; z++) {
    const region: Region = {
      start: [write.start[0] + z, write.start[1], write.start[2]],
      shape: [1, height, width],
    };
    const labels = arena.u8(slice, height * width);
    await readRegion(opened.labels, region, labels);
    if (opened.components) {
      const components = arena.u32(numbers, height * width);
      await readRegion(opened.components, region, components);
      for (const [i, component] of components.entries()) {
        if (labels[i] === 255 && !used.has(component)) labels[i] = IGNORED;
      }
    }
    const first = Math.floor(z / cell[0]) * ny * nx;
    for (let y = 0, i = 0; y < height; y++) {
      const row = first + Math.floor(y / cell[1]) * nx;
      for (let x = 0; x < width; x++, i++) {
        const at = row + Math.floor(x / cell[2]);
        const label = labels[i] ?? IGNORED;
        agreed[at] = isMet[at] === 0 || agreed[at] === label ? label : IGNORED;
        isMet[at] = 1;
      }
    }
  }
  arena.release(mark);
  return agreed;
}

/** The cells to record: their places in the block, their indices in the volume, their labels. */
function chooseCells(
  { share, seed, cell }: CellsJob,
  labels: Uint8Array,
  { start, shape: [, ny, nx] }: Region,
  volumeShape: Zyx,
) {
  const [, gridY, gridX] = volumeShape.map((n, axis) => Math.ceil(n / (cell[axis] ?? 1)));
  const chosen = { places: [] as number[], cells: [] as number[], labels: [] as number[] };
  for (const [place, label] of labels.entries()) {
    if (label !== 0 && label !== 255) continue;
    const z = Math.floor(place / (ny * nx)), y = Math.floor(place / nx) % ny, x = place % nx;
    const index = ((start[0] + z) * (gridY ?? 0) + start[1] + y) * (gridX ?? 0) + start[2] + x;
    const purpose = label === 255 ? "positive" : "negative";
    if (chanceOf(seed, purpose, index, 0) >= share[purpose]) continue;
    chosen.places.push(place);
    chosen.cells.push(index);
    chosen.labels.push(label === 255 ? 1 : 0);
  }
  return chosen;
}
