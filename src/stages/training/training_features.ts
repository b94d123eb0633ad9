/** `extra.saveTrainingFeatures`: the sums that each stump thresholds, for the positive and for the negative samples. */
import type { Stump } from "../../boosting/mod.ts";
import { type Feature, featureSlots, openFeatureFile } from "../../block/feature_file.ts";
import { type GatheredFeatures, gatherFeatures } from "./gather.ts";
import type { RunVolume } from "../inputs.ts";
import { fullBoxVoxels } from "../../block/context/pose_reach.ts";
import type { RunContext } from "../../run/run_context.ts";
import type { TrainingSamples } from "./select.ts";
import { removeFolder } from "../../run/work_folder.ts";
import { writeFully } from "../../volume/file.ts";

/** Writes `<outFileName>-trainPosFeats.bin` and `-trainNegFeats.bin`: rows, columns (u32), then f32 column by column. */
export async function saveTrainingFeatures(
  context: RunContext,
  volume: RunVolume,
  { samples, labels }: TrainingSamples,
  stumps: readonly Stump[],
  dependsOn: unknown,
): Promise<void> {
  const list = { kind: "list", features: stumps.map(({ pose, column }) => ({ pose, column })) } as const;
  const gathered = await gatherFeatures(context, volume, samples, list, {
    name: "training-features",
    exact: true,
    dependsOn,
  });
  const out = context.settings.outFileName;
  const rows = rowsByLabel(labels);
  const files = [`${out}-trainNegFeats.bin`, `${out}-trainPosFeats.bin`].map((path) => ({
    path,
    file: Deno.openSync(`${path}.partial`, { write: true, create: true, truncate: true }),
  }));
  for (const [label, { file }] of files.entries()) {
    writeFully(file, new Uint8Array(Uint32Array.of(rows.counts[label] ?? 0, stumps.length).buffer));
  }
  for (const slot of featureSlots(list, gathered.columns)) {
    const sums = readSums(gathered, slot, volume, samples.count);
    for (const [label, { file }] of files.entries()) {
      const column = Float32Array.from(sums.filter((_, i) => labels[i] === label));
      file.seekSync(8 + slot.index * column.byteLength, Deno.SeekMode.Start);
      writeFully(file, new Uint8Array(column.buffer));
    }
  }
  for (const { path, file } of files) {
    file.syncSync();
    file.close();
    Deno.renameSync(`${path}.partial`, path);
  }
  await removeFolder(gathered.folder);
}

function rowsByLabel(labels: Uint8Array) {
  const positives = labels.reduce((sum, label) => sum + label, 0);
  return { counts: [labels.length - positives, positives] };
}

/** One feature of all samples as sums over the full box. */
function readSums(
  { files, list, columns }: GatheredFeatures,
  slot: Feature,
  { job }: RunVolume,
  samples: number,
) {
  const slots = featureSlots(list, columns);
  const place = slots.findIndex(({ index }) => index === slot.index);
  const column = job.columns[slot.column];
  if (!column) throw new Error(`column ${slot.column} is missing`);
  const voxels = fullBoxVoxels(slot.pose, job.anisotropy);
  const sums = new Float64Array(samples);
  for (const { path } of files) {
    const file = openFeatureFile(path, slots.length);
    const means = new Float64Array(file.indices.length);
    file.read(place, place + 1, new Uint8Array(means.buffer));
    file.close();
    for (const [i, index] of file.indices.entries()) {
      sums[index] = (column.low + (means[i] ?? 0) / column.scale) * voxels;
    }
  }
  return sums;
}
