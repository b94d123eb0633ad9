/** What people read of a stage, on the terminal and on the page. */

/** Names of stages by their beginnings; `$1` is what follows. */
const NAMES: readonly (readonly [title: RegExp, name: string])[] = [
  [/^convert (.+)$/, "reading $1"],
  [/^erode ground truth$/, "eroding the labels"],
  [/^erode ground truth (\d+)$/, "eroding the labels of training volume $1"],
  [/^components$/, "counting the labelled synapses"],
  [/^components (\d+)$/, "counting the labelled synapses of training volume $1"],
  [/^samples$/, "finding training samples"],
  [/^samples (\d+)$/, "finding training samples of training volume $1"],
  [/^gather$/, "measuring the surroundings of samples"],
  [/^gather (\d+)$/, "measuring the surroundings of samples of training volume $1"],
  [/^bin$/, "sorting the measurements"],
  [/^boost$/, "training"],
  [/^cross-fit$/, "scoring parts that models have not seen"],
  [/^cross-fit (\d+)$/, "scoring parts of training volume $1 that models have not seen"],
  [/^training scores (\d+)(.*)$/, "scoring training volume $1$2"],
  [/^training scores(.*)$/, "scoring the training volume$1"],
  [/^cells$/, "collecting scores for the second stage"],
  [/^cells (\d+)$/, "collecting scores of training volume $1 for the second stage"],
  [/^second stage$/, "training the second stage"],
  [/^threshold (\d+)(.*)$/, "finding the threshold in training volume $1$2"],
  [/^threshold(.*)$/, "finding the threshold$1"],
  [/^score (\d+)$/, "scoring test volume $1"],
  [/^refine (\d+)$/, "refining the scores of test volume $1"],
  [/^results (\d+)(.*)$/, "writing the scores of test volume $1$2"],
  [/^synapses (\d+)$/, "listing the synapses of test volume $1"],
  [/^synapse labels (\d+)$/, "writing the numbers of the synapses of test volume $1"],
  [/^train (.+)$/, "training $1"],
  [/^evaluate$/, "comparing with the labels"],
  [/^verify$/, "checking the files"],
  [/^synapses$/, "measuring the synapses"],
  [/^write (.+)$/, "writing $1"],
  [/^send (.+)$/, "sending $1"],
];

/** A message that begins with the title of a stage, with its name instead. */
export function withStageName(text: string): string {
  const end = text.indexOf(": ");
  return end < 0 ? text : stageName(text.slice(0, end)) + text.slice(end);
}

/** What is said of a finished stage; that all of its blocks were computed goes without saying. */
export function stageSummary(summary: string): string {
  return /^(\d+) of \1 blocks$/.test(summary) ? "" : summary;
}

/** The name of a stage as people read it; one that is not known keeps its title. */
export function stageName(title: string): string {
  const found = NAMES.find(([kind]) => kind.test(title));
  return found ? title.replace(found[0], found[1]) : title;
}
