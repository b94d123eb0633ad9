/** Whether a table that the command `synapses` lists can be right, as a run says of its own. */
import { readStumpFile } from "../boosting/mod.ts";
// not from mod.ts, which loads the server
import { labelledSizes } from "../dashboard/server/model_file.ts";
import { watchRun } from "../dashboard/server/watch.ts";
import { doubtsAbout, doubtText } from "../stages/synapses/doubts.ts";
import type { SynapseTable } from "../stages/synapses/synapses.ts";
import { UserError } from "../user_error.ts";
import type { Call } from "./command.ts";
import { runOfScores } from "./evaluate_kept.ts";
import { textOf } from "./flag_values.ts";

/** Warns where a table of some synapses can hardly be right; what to do where there is none is told with the table. */
export async function warnOfDoubts(call: Call, scores: string, csv: string, table: SynapseTable) {
  if (table.synapses.length === 0) return;
  const sizes = Float64Array.from(table.synapses, ({ voxels }) => voxels);
  const labelled = await labelledSize(call, scores);
  const doubt = doubtsAbout({ sizes, shape: table.shape }, labelled);
  if (doubt) call.reporter.warn(`${csv}: ${doubtText(doubt)}`);
}

/** Median voxels of the synapses that a model learned from: of the one that is named, else of the run that made the scores. */
async function labelledSize({ flags, reporter }: Call, scores: string): Promise<number | undefined> {
  const model = textOf(flags, "model");
  if (model !== undefined) return (await readStumpFile(model, { anisotropy: 1 })).labelledVoxels;
  const run = await runOfScores(scores);
  try {
    return run && (await labelledSizes(watchRun(run.work))() ?? undefined);
  } catch (cause) {
    if (!(cause instanceof UserError)) throw cause;
    reporter.warn(`${cause.message}; so the sizes of the synapses are not compared with those of the labels`);
    return undefined;
  }
}
