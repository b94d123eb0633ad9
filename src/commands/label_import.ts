/** `ccboost label --import`: labels of another program as those of a stack. */
import { basename, join } from "node:path";
import type { CleftPolarity } from "../config/settings.ts";
import { PAINTED_LABELS } from "../config/label_values.ts";
import { callbackStage } from "../engine/mod.ts";
import { countImport, type ImportOptions, understandImport } from "../label/import.ts";
import { IMPORT_FOLDER, type LabelStack } from "../label/stack.ts";
import { removeFolder } from "../run/work_folder.ts";
import { describeMeaning, findMeaning, meaningMap } from "../stages/convert/labels.ts";
import { requirePainted } from "../stages/label_counts.ts";
import { voxelCount } from "../volume/region.ts";
import type { Call } from "./command.ts";
import { labelsFlag, textOf } from "./flag_values.ts";
import { withPolarities } from "./label_config.ts";
import { conversionMemory } from "./volumes.ts";

/** Takes what `--import` names, where it is given. @throws {UserError} where its values do not fit `--labels-are` */
export async function importInto(
  call: Call,
  stack: LabelStack,
  polarities: readonly CleftPolarity[],
): Promise<void> {
  const { flags, reporter, signal } = call;
  const given = textOf(flags, "import");
  if (given === undefined) return;
  const name = basename(given);
  const { raw: { shape }, store } = stack;
  const folder = join(stack.folder, IMPORT_FOLDER, "given");
  await removeFolder(folder);
  await Deno.mkdir(folder);
  const progress = callbackStage(reporter, `reading ${name}`, 2 * voxelCount(shape));
  const options: ImportOptions = {
    memory: conversionMemory(call),
    signal,
    onProgress: (done) => progress.onDone(Math.floor(done * voxelCount(shape))),
  };
  const found = await countImport(given, shape, folder, options);
  const rule = labelsFlag(flags);
  if (rule === PAINTED_LABELS) requirePainted(given, found);
  const meaning = rule === PAINTED_LABELS
    ? { negative: [0], positive: [255] }
    : findMeaning(given, rule, found);
  const understood = await understandImport(given, meaningMap(meaning), store.chunks.volume, folder, options);
  await store.takeLabels(
    understood,
    (objects, volume) => withPolarities(objects, volume, polarities, reporter),
  );
  progress.done();
  await removeFolder(folder);
  reporter.message(`${name}: ${understood.synapses} synapses; ${describeMeaning(meaning, found)}`);
}
