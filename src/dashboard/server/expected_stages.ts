/** The stages that a run of some settings goes through, with what people read of them and how much of the work each is. */
import { basename } from "node:path";
import type { Settings, TestSettings } from "../../config/settings.ts";

/** A stage that a run will come to. */
export interface ExpectedStage {
  /** As the run reports it. */
  readonly title: string;
  readonly about: string;
  /** Share of the work, in any unit; measured on the demo. */
  readonly weight: number;
}

/** Seconds that each kind of stage took on the generated volumes of the demo, 300 rounds. */
const WEIGHT = {
  convert: 0.02,
  components: 0.1,
  samples: 0.6,
  gather: 1.5,
  bin: 1.7,
  boost: 1.1,
  threshold: 2,
  score: 2.9,
};
const USUAL_ROUNDS = 300;

/** Lists the stages in the order in which they run. */
export function expectedStages(settings: Settings): ExpectedStage[] {
  const stages = new Map<string, ExpectedStage>();
  const add = (title: string, about: string, weight: number) => {
    if (!stages.has(title)) stages.set(title, { title, about, weight });
  };
  const convert = (path: string) =>
    add(`convert ${basename(path)}`, "reads the file into chunks", WEIGHT.convert);
  const volume = ({ rawVolume, otherFeatures, orientEstimate }: TestSettings) => {
    if (!rawVolume.endsWith(".zarr")) convert(rawVolume);
    for (const channel of otherFeatures) if (channel.kind === "file") convert(channel.path);
    if (orientEstimate.kind === "file") convert(orientEstimate.path);
  };
  const { train, savedStumpsPath, relearnThresholds } = settings;
  if (train && (savedStumpsPath === "" || relearnThresholds)) {
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
      const rounds = settings.numStumps / USUAL_ROUNDS;
      add("boost", "learns what tells synapses apart", WEIGHT.boost * rounds);
    }
    add("threshold", "finds from which score on a place is a synapse", WEIGHT.threshold);
  }
  for (const [index, test] of settings.test.entries()) {
    volume(test);
    add(`score ${index}`, `looks for synapses in ${basename(test.rawVolume)}`, WEIGHT.score);
    const prefix = `${basename(settings.outFileName)}-${index}-`;
    const extension = settings.outputPlattScaling ? "tif" : "nrrd";
    const files = [`${prefix}ab-max.${extension}`, `${prefix}ab-min.${extension}`];
    if (settings.outputOrientationEstimate) files.push(`${prefix}-predOrient.nrrd`);
    for (const file of files) add(`write ${file}`, "writes the result", WEIGHT.components);
  }
  return [...stages.values()];
}
