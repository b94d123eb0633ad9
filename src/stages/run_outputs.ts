/** The files that a run leaves for its user. */
import type { Settings } from "../config/settings.ts";
import { usesSavedModel } from "./model.ts";
import { scoreFiles } from "./score/score_files.ts";
import { tableFiles } from "./synapses/run_synapses.ts";
import { trainingFiles } from "./training/train.ts";

/** Paths of the model, and of what is written of every test volume. */
export function runOutputs(settings: Settings): string[] {
  const training = usesSavedModel(settings) || settings.train === undefined ? [] : trainingFiles(settings);
  return [
    ...training.map(({ path }) => path),
    ...settings.test.flatMap((_, index) => [
      ...scoreFiles(settings, index),
      ...(settings.outputSynapses ? Object.values(tableFiles(settings, index)) : []),
    ]),
  ];
}
