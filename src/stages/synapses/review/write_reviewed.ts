/** Writes the files of a table with its review applied. */
import { resolve } from "node:path";
import type { Synapse } from "../../../analysis/synapse.ts";
import {
  type VoxelSink,
  type VoxelSource,
  zarrNumbers,
  zarrScores,
  zarrSink,
} from "../../../analysis/voxel_source.ts";
import { voxelSizeAttribute } from "../../../volume/voxel_size.ts";
import { createZarr, defaultChunk, openZarr, removeZarr, type ZarrVolume } from "../../../volume/zarr/mod.ts";
import { writeAnnotations } from "../neuroglancer_annotations.ts";
import { writeSynapseCsv, writeSynapseJson } from "../synapse_files.ts";
import { findSynapses, type SynapseTable } from "../synapses.ts";
import { type SynapseFiles, synapseFiles, type WriteSynapsesOptions } from "../write_synapses.ts";
import { type Decisions, progressOf, type Review, reviewOf } from "./fold.ts";
import { type LabelledVolumes, measureLabelled } from "./measure_labelled.ts";
import { relabel, type RelabelOptions, TRAINING } from "./relabel.ts";
import { planReviewed, type ReviewedPlan, withoutEmpty } from "./reviewed_plan.ts";
import { placesOf } from "./table_places.ts";

/** Files of a reviewed table. */
export interface ReviewedFiles extends SynapseFiles {
  /** Zarr of uint8, labels to learn from: 255 what was accepted, 0 what was rejected, 128 all else. */
  readonly training: string;
}

/** The files whose names begin with a prefix, such as `out-0-reviewed`. */
export function reviewedFiles(prefix: string): ReviewedFiles {
  return { ...synapseFiles(prefix), training: resolve(`${prefix}-training.zarr`) };
}

export interface WriteReviewedOptions extends Omit<WriteSynapsesOptions, "files"> {
  readonly files: ReviewedFiles;
  readonly decisions: Decisions;
}

/** A table with its review applied. */
export interface ReviewedTable {
  readonly table: SynapseTable;
  readonly review: Review;
  /** What of the review could not be applied, for people. */
  readonly notes: readonly string[];
}

/**
 * Finds the synapses, applies what was decided, and writes the files, each whole or not at all.
 * @throws {UserError} as `findSynapses` does, or where a file cannot be written
 */
export async function writeReviewed(
  scores: ZarrVolume,
  { name, nameInJson = name, files, decisions, ...options }: WriteReviewedOptions,
): Promise<ReviewedTable> {
  const { onProgress, voxelSize, anisotropy = 1 } = options;
  const unit = voxelSize ?? [anisotropy, 1, 1];
  const source = { ...zarrScores(scores), name };
  const array = { shape: scores.shape, chunk: defaultChunk(scores.shape, anisotropy) };
  const attributes = voxelSizeAttribute(voxelSize);
  const foundPath = `${files.labels}.found.partial`;
  const found = await createZarr(foundPath, { ...array, dtype: "uint32" });
  const table = await findSynapses(source, {
    ...options,
    labels: zarrSink(found),
    onProgress: (share) => onProgress?.(share / 2),
  });
  const places = placesOf(table.synapses);
  const review = reviewOf(decisions, places);
  const { plan, notes } = await relabelAll(table.synapses, review, zarrNumbers(found), {
    ...options,
    unit,
    open: async () => ({
      labels: zarrSink(
        await createZarr(`${files.labels}.partial`, { ...array, dtype: "uint32", attributes }),
      ),
      training: zarrSink(
        await createZarr(`${files.training}.partial`, {
          ...array,
          dtype: "uint8",
          attributes,
          fillValue: TRAINING.unknown,
        }),
      ),
    }),
    onProgress: (share) => onProgress?.((1 + share) / 2),
  });
  removeZarr(foundPath);
  const labels = zarrNumbers(await openZarr(`${files.labels}.partial`));
  const synapses = await measureAll(plan, { labels, scores: source, directions: options.directions }, {
    ...options,
    unit,
  });
  const marks = plan.synapses.map(({ mark }) => mark);
  const reviewed = { ...table, synapses, review: { marks, progress: progressOf(review, places.count) } };
  for (const path of [files.labels, files.training]) {
    removeZarr(path);
    await Deno.rename(`${path}.partial`, path);
  }
  writeSynapseCsv(files.csv, reviewed);
  writeSynapseJson(files.json, reviewed, nameInJson);
  await writeAnnotations(files.annotations, reviewed);
  return { table: reviewed, review, notes: [...notesOf(review), ...notes] };
}

type RelabelAllOptions = Omit<RelabelOptions, "training"> & {
  /** Makes the arrays anew. */
  readonly open: () => Promise<
    { readonly labels: VoxelSink<Uint32Array>; readonly training: VoxelSink<Uint8Array> }
  >;
};

/** Writes labels and training labels, once more where something has no voxels and the numbers have to close up. */
async function relabelAll(
  synapses: readonly Synapse[],
  review: Pick<Review, "items">,
  found: VoxelSource<Uint32Array>,
  { open, ...options }: RelabelAllOptions,
): Promise<{ readonly plan: ReviewedPlan; readonly notes: readonly string[] }> {
  const plan = planReviewed(synapses, review);
  const { labels, training } = await open();
  const voxels = await relabel(plan, found, labels, { ...options, training });
  const empty = plan.synapses.filter((_, i) => voxels[i + 1] === 0);
  if (empty.length === 0) return { plan, notes: [] };
  const again = await relabelAll(synapses, withoutEmpty(review, empty), found, { open, ...options });
  const note =
    `parts and added synapses that are left out, because all their voxels belong to other synapses: ${empty.length}`;
  return { plan: again.plan, notes: [note, ...again.notes] };
}

/** The synapses of a plan with their figures; only those with other voxels than before are measured. */
async function measureAll(
  { synapses }: ReviewedPlan,
  volumes: LabelledVolumes,
  { unit, blockVoxels = 1 << 22, signal }: Pick<RelabelOptions, "unit" | "blockVoxels" | "signal">,
): Promise<Synapse[]> {
  const measured: Synapse[] = [];
  for (const [i, { same, box, isFlipped }] of synapses.entries()) {
    signal?.throwIfAborted();
    const own = same ?? await measureLabelled(volumes, i + 1, box, unit, blockVoxels);
    if (own === undefined) throw new Error(`no voxel has the number ${i + 1}`);
    const [x, y, z] = own.direction ?? [0, 0, 0];
    measured.push({ ...own, id: i + 1, ...(own.direction && isFlipped ? { direction: [-x, -y, -z] } : {}) });
  }
  return measured;
}

/** What of a review was carried over to another table, and what could not be. */
function notesOf({ carried, lost }: Review): string[] {
  return [
    ...(carried > 0
      ? [`decisions about another table that apply to synapses of this one at the same places: ${carried}`]
      : []),
    ...(lost > 0
      ? [
        `decisions that do not apply, because this table was made with other settings and has no such synapses: ${lost}`,
      ]
      : []),
  ];
}
