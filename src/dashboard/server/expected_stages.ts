/** The stages that a run of some settings goes through, with what people read of them and how much of the work each is. */
import { basename } from "node:path";
import type { Settings, TestSettings } from "../../config/settings.ts";
import { crossFits, mayRefine, roundsOf, trains } from "../../stages/refine/expected.ts";
import { inputName } from "../../stages/input_files.ts";
import { titleOf } from "../../run/volume_suffix.ts";
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

/** Takes stages in the order in which they run; of one title the first counts. */
interface StageSink {
  add(title: string, about: string, weight: number, doubt?: ExpectedStage["doubt"]): void;
  /** What is converted of a volume. */
  volume(given: TestSettings): void;
  convert(path: string): void;
}

/**
 * Lists the stages in the order in which they run.
 * @param isUndivided whether the training volumes are known not to be divided, as where they have too few synapses
 */
export function expectedStages(settings: Settings, isUndivided = false): ExpectedStage[] {
  const stages = new Map<string, ExpectedStage>();
  const add: StageSink["add"] = (title, about, weight, doubt) => {
    if (!stages.has(title)) stages.set(title, { title, about, weight, ...(doubt ? { doubt } : {}) });
  };
  const convert = (path: string) =>
    add(`convert ${inputName(settings, path)}`, "reads the file and stores it as Zarr", WEIGHT.convert);
  const volume = ({ rawVolume, otherFeatures, orientEstimate }: TestSettings) => {
    if (!rawVolume.endsWith(".zarr")) convert(rawVolume);
    for (const channel of otherFeatures) if (channel.kind === "file") convert(channel.path);
    if (orientEstimate.kind === "file") convert(orientEstimate.path);
  };
  if (trains(settings)) addTraining(settings, isUndivided, { add, volume, convert });
  for (const [index, test] of settings.test.entries()) {
    volume(test);
    const name = inputName(settings, test.rawVolume);
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

function addTraining(settings: Settings, isUndivided: boolean, { add, volume, convert }: StageSink): void {
  const { train, relearnThresholds } = settings;
  const isDivided = crossFits(settings) && !isUndivided;
  const isSimple = crossFits(settings) && isUndivided && settings.autoContext;
  const ofEach = (title: string, about: string, weight: number, doubt?: ExpectedStage["doubt"]) => {
    for (const [index, { rawVolume }] of train.entries()) {
      const where = train.length > 1 ? `${about} (${inputName(settings, rawVolume)})` : about;
      add(titleOf(title, index), where, weight, doubt);
    }
  };
  for (const [index, given] of train.entries()) {
    volume(given);
    if (!given.groundTruth.endsWith(".zarr")) convert(given.groundTruth);
    if (given.groundTruthErodeRadius > 0) {
      add(titleOf("erode ground truth", index), "erodes the labels", WEIGHT.components);
    }
    add(titleOf("components", index), "counts the labelled synapses", WEIGHT.components);
  }
  ofEach("samples", "finds training samples", WEIGHT.samples);
  // as many samples of several volumes as of one
  ofEach("gather", "measures the surroundings of each training sample", WEIGHT.gather / train.length);
  add("bin", "sorts these measurements into a table", WEIGHT.bin);
  if (!relearnThresholds) {
    const about = isDivided
      ? `trains several models, each without a part of the ${train.length > 1 ? "volumes" : "volume"}`
      : isSimple
      ? "trains several models"
      : "trains the model";
    add("boost", about, WEIGHT.boost * roundsOf(settings) / USUAL_ROUNDS);
  }
  if (isDivided) {
    const about = "scores each part of the training volume with the model that has not seen it";
    ofEach("cross-fit", about, WEIGHT.crossFit, "likely");
  } else if (isSimple) {
    ofEach("training scores", "scores the volume around the labelled synapses", WEIGHT.crossFit, "likely");
  }
  const hasScores = isDivided || isSimple;
  if (hasScores) ofEach("cells", "collects the scores around each place", WEIGHT.cells, "likely");
  if (hasScores && settings.autoContext) {
    add("second stage", "trains the second stage on these scores", WEIGHT.secondStage, "likely");
  }
  ofEach("threshold", "finds the best threshold", WEIGHT.threshold, hasScores ? "unlikely" : undefined);
}
