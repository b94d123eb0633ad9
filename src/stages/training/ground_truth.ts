/** The ground truth of a run: converted, eroded where wanted, its components numbered. */
import { join } from "node:path";
import { PAINTED_LABELS } from "../../config/label_values.ts";
import type { TrainSettings } from "../../config/settings.ts";
import { callbackStage, type Json } from "../../engine/mod.ts";
import { zarrBytes, zarrSink } from "../../analysis/voxel_source.ts";
import { createZarr, defaultChunk, openZarr, type ZarrVolume } from "../../volume/zarr/mod.ts";
import { type Components, findComponents } from "../components.ts";
import { erodeGroundTruth } from "../erode_dilate.ts";
import { requireShape } from "../input_checks.ts";
import { convertInput } from "../inputs.ts";
import { countBytes, describeValues, labelAdvice, looksLikeIds } from "../label_counts.ts";
import type { RunContext } from "../../run/run_context.ts";
import { once } from "../../run/once.ts";
import { suffixOf, titleOf } from "../../run/volume_suffix.ts";
import { componentsStage, putAnswersAside, takeUpAnswers } from "./answers_of_labels.ts";
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
  requireShape(train.groundTruth, given.shape, train.rawVolume, shape);
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
