/** The labelled supervoxels of a stack, kept from training to training: only what a stroke touched is searched again. */
import { supervoxelContext } from "../block/reach.ts";
import type { RunContext } from "../run/run_context.ts";
import type { Component } from "../stages/components.ts";
import type { RunVolume } from "../stages/inputs.ts";
import { pickSamples, type SampleTable } from "../stages/training/sample_table.ts";
import { type FoundSamples, joinSamples, searchSamples } from "../stages/training/samples.ts";
import { supervoxelExtent } from "../supervoxels/grid.ts";
import { type Region, regionEnd, type Zyx } from "../volume/region.ts";
import { workingRegions } from "./regions.ts";
import type { LabelTruth } from "./truth.ts";

/** A stack with its labels. */
export interface LabelledStack {
  /** Place in the list of stacks. */
  readonly index: number;
  readonly volume: RunVolume;
  readonly truth: LabelTruth;
  /** Of the negatives that is recorded, see `negativeShare`. */
  readonly share: number;
}

/** Of one stack with one way to learn from it. */
export interface KnownSamples {
  /** The labelled supervoxels, as `searchSamples` finds them in all that is labelled. */
  search(context: RunContext, stack: LabelledStack): Promise<FoundSamples>;
  /** The truth of the last search, from which the next one must tell what has changed; undefined where it does not matter. */
  before(): LabelTruth | undefined;
}

/** What was found in the labels before. */
interface Before {
  readonly samples: SampleTable;
  readonly truth: LabelTruth;
}

/** Begins without any. */
export function createKnownSamples(): KnownSamples {
  let before: Before | undefined;
  return {
    before: () => before?.truth,
    async search(context, { index, volume, truth, share }) {
      const known = before;
      before = undefined; // until this search has ended
      const all = async (labelled: readonly Region[] | undefined) => {
        return joinSamples(
          await searchSamples(
            context,
            { index, volume, truth: { ...truth, ...(labelled ? { labelled } : {}) } },
            [],
            share,
          ),
        );
      };
      const { components } = truth.list;
      const isSampled = share < 1;
      if (known === undefined || truth.changed === undefined || isSampled) {
        const found = await all(truth.labelled);
        if (!isSampled) before = { samples: copyOf(found.samples), truth };
        return found;
      }
      const touched = [...truth.changed, ...changedBoxes(known.truth.list.components, components)];
      const parts = regionsAround(volume, touched);
      const kept = keptSamples(known, components, parts, volume.raw.shape);
      const added = parts.length === 0 ? [] : [await all(parts)];
      const found = joinSamples([...added, { samples: kept, negatives: 0 }]);
      before = { samples: copyOf(found.samples), truth };
      return { ...found, negatives: found.samples.components.filter((id) => id === 0).length };
    },
  };
}

/** Polarity turns the frames of the samples that are handed on. */
function copyOf(samples: SampleTable): SampleTable {
  return { ...samples, frames: samples.frames.slice() };
}

/** Regions that hold the first voxel of every supervoxel with a voxel in one of these. */
export function regionsAround({ job, raw }: RunVolume, boxes: readonly Region[]): Region[] {
  const extent = supervoxelExtent(job.slic);
  return workingRegions(boxes, [extent, extent, extent], supervoxelContext(job), raw.shape);
}

/** Boxes of components that are not the same ones as before: they were joined, divided, or became too small, perhaps from afar. */
function changedBoxes(before: readonly Component[], now: readonly Component[]): Region[] {
  const nameOf = ({ first, voxels, box }: Component) => `${first} ${voxels} ${box.start} ${box.shape}`;
  const [were, are] = [before, now].map((list) => new Set(list.map(nameOf)));
  return [
    ...before.filter((one) => !are?.has(nameOf(one))),
    ...now.filter((one) => !were?.has(nameOf(one))),
  ].map(({ box }) => box);
}

/** Samples outside of the regions that are searched again, with the numbers that their components have now. */
function keptSamples(
  { samples, truth: { list: { components } } }: Before,
  now: readonly Component[],
  parts: readonly Region[],
  [, height, width]: Zyx,
): SampleTable {
  const isIn = (z: number, y: number, x: number) =>
    parts.some((part) => {
      const end = regionEnd(part);
      return z >= part.start[0] && z < end[0] && y >= part.start[1] && y < end[1] && x >= part.start[2] &&
        x < end[2];
    });
  const kept = [...samples.seeds.keys()].filter((i) => {
    const first = samples.first[i] ?? 0;
    const row = Math.floor(first / width);
    return !isIn(Math.floor(row / height), row % height, first % width);
  });
  const picked = pickSamples(samples, kept);
  const firstOf = new Map(components.map(({ id, first }) => [id, first.join()]));
  const numberOf = new Map(now.map(({ id, first }) => [first.join(), id]));
  return {
    ...picked,
    components: picked.components.map((id) => {
      if (id === 0) return 0;
      const number = numberOf.get(firstOf.get(id) ?? "");
      if (number !== undefined) return number;
      throw new Error(`component ${id} is gone, but its samples are not searched again`);
    }),
  };
}
