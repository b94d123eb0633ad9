/** The ground truth of a run: converted, eroded where wanted, its components numbered. */
import { join } from "node:path";
import { PAINTED_LABELS } from "../../config/label_values.ts";
import type { TrainSettings } from "../../config/settings.ts";
import { callbackStage, type Json } from "../../engine/mod.ts";
import { zarrBytes, zarrSink } from "../../analysis/voxel_source.ts";
import { createZarr, defaultChunk, openZarr, type ZarrVolume } from "../../volume/zarr/mod.ts";
import { type Components, findComponents } from "../components.ts";
import { erodeGroundTruth } from "../erode_dilate.ts";
import { requireLabels, requireShape } from "../input_checks.ts";
import { convertInput } from "../inputs.ts";
import { countBytes, describeValues, labelAdvice, type LabelValues, looksLikeIds } from "../label_counts.ts";
import type { RunContext } from "../../run/run_context.ts";
import { once } from "../../run/once.ts";
import { suffixOf, titleOf } from "../../run/volume_suffix.ts";
import { componentsStage, putAnswersAside, takeUpAnswers } from "./answers_of_labels.ts";
import { labelCounts, type TrainingVolume } from "./training_volume.ts";
import { type Region, voxelCount, type Zyx } from "../../volume/region.ts";

/** Labels with their components. */
export interface GroundTruth {
  readonly labels: ZarrVolume;
  /** uint32: the component of each voxel, 0 for none. */
  readonly components: ZarrVolume;
  readonly list: Components;
  readonly identity: unknown;
  /** Disjoint regions that hold all supervoxels with a label; absent where these may be anywhere. */
  readonly labelled?: readonly Region[];
}

/** Prepares the ground truth of a training volume, whose shape it must have. @param index place in the list of training volumes */
export async function openGroundTruth(
  context: RunContext,
  train: TrainSettings,
  shape: Zyx,
  index = 0,
): Promise<GroundTruth> {
  const { settings, workFolder, signal, reporter } = context;
  const { volume: given, source } = await convertInput(context, train.groundTruth, "labels", {
    labels: train.labels,
  });
  const isPainted = train.labels === PAINTED_LABELS;
  requireShape(train.groundTruth, given.shape, shape);
  const identity = {
    labels: source,
    erode: train.groundTruthErodeRadius,
    minSize: settings.minPosRegionSize,
  };
  await putAnswersAside(context, index, source);
  const suffix = suffixOf(index);
  const folder = join(workFolder, `ground-truth${suffix}`);
  await Deno.mkdir(folder, { recursive: true });
  const chunk = defaultChunk(shape, train.zAnisotropyFactor);
  let labels = given;
  if (train.groundTruthErodeRadius > 0) {
    const path = join(folder, "eroded.zarr");
    const erode = async () => {
      const stage = callbackStage(reporter, titleOf("erode ground truth", index), voxelCount(shape));
      const eroded = await createZarr(path, { shape, chunk, dtype: "uint8", codec: "zstd", storesAll: true });
      const control = { signal, onProgress: stage.onShare };
      await erodeGroundTruth(zarrBytes(given), zarrSink(eroded), train.groundTruthErodeRadius, control);
      stage.done();
      return null;
    };
    await once(context, { stage: `erode${suffix}`, dependsOn: identity, made: [path], run: erode });
    labels = await openZarr(path);
  }
  const path = join(folder, "components.zarr");
  const number = async () => {
    const stage = callbackStage(reporter, titleOf("components", index), voxelCount(shape));
    const components = await createZarr(path, { shape, chunk, dtype: "uint32", storesAll: true });
    const found = await findComponents(zarrBytes(labels), zarrSink(components), {
      minSize: settings.minPosRegionSize,
      signal,
      onProgress: stage.onShare,
    });
    if (isPainted && found.counts.ignored > 0) await warnOfIds(context, train, given);
    stage.done(`${found.components.length} with at least ${settings.minPosRegionSize} voxels`);
    return found as unknown as Json;
  };
  const stage = componentsStage(index);
  const done = await once(context, { stage, dependsOn: identity, made: [path], run: number });
  await takeUpAnswers(context, index, source);
  const list = done as unknown as Components;
  return { labels, components: await openZarr(path), list, identity };
}

/**
 * Checks that there is something to learn from.
 * @throws {UserError} where a label that training needs is in none of the training volumes
 */
export async function requireBothLabels(
  context: RunContext,
  volumes: readonly Pick<TrainingVolume, "truth" | "settings">[],
): Promise<void> {
  const counts = labelCounts(volumes);
  const names: string[] = [];
  for (const { settings: { groundTruth, groundTruthErodeRadius: radius } } of volumes) {
    names.push(`${groundTruth}${radius > 0 ? `, eroded by ${radius},` : ""}`);
  }
  const [only, ...others] = volumes;
  const isLacking = counts.negative === 0 || counts.positive === 0;
  let values: LabelValues | undefined;
  if (only && others.length === 0 && isLacking && only.settings.labels === PAINTED_LABELS) {
    const { groundTruth, labels } = only.settings;
    const { volume } = await convertInput(context, groundTruth, "labels", { labels });
    values = await countBytes(zarrBytes(volume), context.signal);
  }
  requireLabels(names.join(" and "), counts, values);
  for (const [place, { truth: { list } }] of volumes.entries()) {
    if (list.counts.negative + list.counts.positive === 0) {
      requireLabels(names[place] ?? "", list.counts, undefined);
    }
  }
}

/** Warns where labels that count for nothing are so many that they may be identities. */
async function warnOfIds(
  { reporter, signal }: RunContext,
  { groundTruth }: TrainSettings,
  labels: ZarrVolume,
): Promise<void> {
  const found = await countBytes(zarrBytes(labels), signal);
  if (!looksLikeIds(found)) return;
  reporter.warn(
    `${groundTruth}: its labels are ${describeValues(found)}; all except 0 and 255 are ignored. If that ` +
      `is wrong, ${labelAdvice(found)}`,
  );
}
