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

/** Lists the stages in the order in which they run. */
export function expectedStages(settings: Settings): ExpectedStage[] {
  const stages = new Map<string, ExpectedStage>();
  const add = (title: string, about: string, weight: number, doubt?: ExpectedStage["doubt"]) => {
    if (!stages.has(title)) stages.set(title, { title, about, weight, ...(doubt ? { doubt } : {}) });
  };
  const convert = (path: string) =>
    add(`convert ${basename(path)}`, "reads the file into chunks", WEIGHT.convert);
  const volume = ({ rawVolume, otherFeatures, orientEstimate }: TestSettings) => {
    if (!rawVolume.endsWith(".zarr")) convert(rawVolume);
    for (const channel of otherFeatures) if (channel.kind === "file") convert(channel.path);
    if (orientEstimate.kind === "file") convert(orientEstimate.path);
  };
  const { train, relearnThresholds } = settings;
  if (train && trains(settings)) {
    volume(train);
    if (!train.groundTruth.endsWith(".zarr")) convert(train.groundTruth);
    if (train.groundTruthErodeRadius > 0) {
      add("erode ground truth", "takes the rim off the labels", WEIGHT.components);
    }
    add("components", "counts the annotated synapses", WEIGHT.components);
    add("samples", "finds the places to learn from", WEIGHT.samples);
    add("gather", "looks at the context of each place", WEIGHT.gather);
    add("bin", "sorts what was seen into a table", WEIGHT.bin);
    if (!relearnThresholds) {
      const about = crossFits(settings)
        ? "learns what tells synapses apart, several times, each time without a part of the volume"
        : "learns what tells synapses apart";
      add("boost", about, WEIGHT.boost * roundsOf(settings) / USUAL_ROUNDS);
    }
    if (crossFits(settings)) {
      add("cross-fit", "scores each part by what was learned without it", WEIGHT.crossFit, "likely");
      add("cells", "looks at the scores around each place", WEIGHT.cells, "likely");
      if (settings.autoContext) {
        add("second stage", "learns how scores lie around synapses", WEIGHT.secondStage, "likely");
      }
    }
    add(
      "threshold",
      "finds from which score on a place is a synapse",
      WEIGHT.threshold,
      crossFits(settings) ? "unlikely" : undefined,
    );
  }
  for (const [index, test] of settings.test.entries()) {
    volume(test);
    const name = basename(test.rawVolume);
    add(`score ${index}`, `looks for synapses in ${name}`, WEIGHT.score);
    if (mayRefine(settings)) {
      add(`refine ${index}`, `judges each score in ${name} by those around it`, WEIGHT.refine, "likely");
    }
    const files = scoreFiles(settings, index).map((path) => basename(path));
    if (settings.outputOrientationEstimate) {
      files.push(`${basename(settings.outFileName)}-${index}--predOrient.nrrd`);
    }
    for (const file of files) add(`write ${file}`, "writes the result", WEIGHT.components);
  }
  return [...stages.values()];
}
