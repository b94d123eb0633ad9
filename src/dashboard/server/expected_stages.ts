/** The stages that a run of some settings goes through, with what people read of them and how much of the work each is. */
import { basename } from "node:path";
import type { Settings, TestSettings } from "../../config/settings.ts";
import { crossFits, mayRefine, roundsOf, trains } from "../../stages/refine/expected.ts";
import { scoreFiles } from "../../stages/score/score_files.ts";

/** A stage that a run will come to. */
export interface ExpectedStage {
  /** As the run reports it. */
  readonly title: string;
  readonly about: string;
  /** Share of the work, in any unit; measured on the demo. */
  readonly weight: number;
  /**
   * Of a stage that may not come: `likely` ones are shown until a later one has begun without them, `unlikely` ones only when they have
   * begun.
   */
  readonly doubt?: "likely" | "unlikely";
}

/** Seconds that each kind of stage took on generated volumes of the size of the demo's, 300 rounds a model and four models. */
const WEIGHT = {
  convert: 0.02,
  components: 0.1,
  samples: 0.6,
  gather: 1.5,
  bin: 1.7,
  boost: 1.1,
  threshold: 2,
  crossFit: 2,
  cells: 0.8,
  secondStage: 2.4,
  score: 2.9,
  refine: 0.5,
};
const USUAL_ROUNDS = 1200;

/**
 * Lists the stages in the order in which they run.
 * @param isUndivided whether the training volume is known not to be divided, as where it has too few synapses
 */
export function expectedStages(settings: Settings, isUndivided = false): ExpectedStage[] {
  const stages = new Map<string, ExpectedStage>();
  const add = (title: string, about: string, weight: number, doubt?: ExpectedStage["doubt"]) => {
    if (!stages.has(title)) stages.set(title, { title, about, weight, ...(doubt ? { doubt } : {}) });
  };
  const convert = (path: string) =>
    add(`convert ${basename(path)}`, "reads the file and stores it as Zarr", WEIGHT.convert);
  const volume = ({ rawVolume, otherFeatures, orientEstimate }: TestSettings) => {
    if (!rawVolume.endsWith(".zarr")) convert(rawVolume);
    for (const channel of otherFeatures) if (channel.kind === "file") convert(channel.path);
    if (orientEstimate.kind === "file") convert(orientEstimate.path);
  };
  const { train, relearnThresholds } = settings;
  const isDivided = crossFits(settings) && !isUndivided;
  const isSimple = crossFits(settings) && isUndivided && settings.autoContext;
  if (trains(settings)) {
    for (const given of train) {
      volume(given);
      if (!given.groundTruth.endsWith(".zarr")) convert(given.groundTruth);
    }
    if (train.some(({ groundTruthErodeRadius }) => groundTruthErodeRadius > 0)) {
      add("erode ground truth", "erodes the labels", WEIGHT.components);
    }
    add("components", "counts the labelled synapses", WEIGHT.components);
    add("samples", "finds training samples", WEIGHT.samples);
    add("gather", "measures the surroundings of each training sample", WEIGHT.gather);
    add("bin", "sorts these measurements into a table", WEIGHT.bin);
    if (!relearnThresholds) {
      const about = isDivided
        ? "trains several models, each without a part of the volume"
        : isSimple
        ? "trains several models"
        : "trains the model";
      add("boost", about, WEIGHT.boost * roundsOf(settings) / USUAL_ROUNDS);
    }
    if (isDivided) {
      add(
        "cross-fit",
        "scores each part of the training volume with the model that has not seen it",
        WEIGHT.crossFit,
        "likely",
      );
    } else if (isSimple) {
      add("training scores", "scores the volume around the labelled synapses", WEIGHT.crossFit, "likely");
    }
    if (isDivided || isSimple) add("cells", "collects the scores around each place", WEIGHT.cells, "likely");
    if ((isDivided || isSimple) && settings.autoContext) {
      add("second stage", "trains the second stage on these scores", WEIGHT.secondStage, "likely");
    }
    add(
      "threshold",
      "finds the best threshold",
      WEIGHT.threshold,
      isDivided || isSimple ? "unlikely" : undefined,
    );
  }
  for (const [index, test] of settings.test.entries()) {
    volume(test);
    const name = basename(test.rawVolume);
    add(`score ${index}`, `scores ${name}`, WEIGHT.score);
    if (mayRefine(settings)) {
      add(`refine ${index}`, `refines the scores of ${name}`, WEIGHT.refine, "likely");
    }
    const files = scoreFiles(settings, index).map((path) => basename(path));
    if (settings.outputOrientationEstimate) {
      files.push(`${basename(settings.outFileName)}-${index}--predOrient.nrrd`);
    }
    for (const file of files) add(`write ${file}`, "writes the result", WEIGHT.components);
    if (settings.outputSynapses) {
      add(`synapses ${index}`, `lists the synapses of ${name}`, WEIGHT.components, "likely");
      add(`synapse labels ${index}`, "writes their label volume", WEIGHT.components, "likely");
    }
  }
  return [...stages.values()];
}
