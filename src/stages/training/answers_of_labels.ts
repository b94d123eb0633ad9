/**
 * Answers on polarity belong to labels, and their files are named by places in the list of training volumes: where the list changes, files are
 * renamed, so that nobody's answers are taken for those of other synapses, and none are lost.
 */
import { join } from "node:path";
import { type Dependencies, dependenciesOf } from "../../engine/mod.ts";
import type { RunContext } from "../../run/run_context.ts";
import { exists } from "../../run/work_folder.ts";
import { suffixOf } from "../../run/volume_suffix.ts";
import { checksumText, crc32c } from "../../volume/crc32c.ts";
import { answersName } from "./polarity_answers.ts";

/** The stage that numbers the synapses of a volume, as which people see them when they answer. */
export const componentsStage = (index: number) => `components${suffixOf(index)}`;

/** Labels as the journal has them. */
interface KnownLabels {
  /** What their files hold. */
  readonly contents: string;
  /** Where these are. */
  readonly files: string;
}

/** What else than labels the numbers of synapses depend on. */
const OTHERS: ReadonlySet<string> = new Set(["erode", "minSize"]);

function knownLabels(dependsOn: Dependencies): KnownLabels {
  const entries = Object.entries(dependsOn).filter(([key]) => !OTHERS.has(key)).sort(([a], [b]) =>
    a < b ? -1 : 1
  );
  const isFile = (key: string) => key.startsWith("file ");
  return {
    contents: JSON.stringify(entries.map(([key, value]) => [isFile(key) ? "file" : key, value])),
    files: JSON.stringify(entries.map(([key]) => key).filter(isFile)),
  };
}

/** The labels whose synapses were numbered last in this place of the list. */
function labelsAt({ journal }: RunContext, index: number): KnownLabels | undefined {
  const stage = componentsStage(index);
  const last = journal.events.findLast((event) => event.event === "stage-started" && event.stage === stage);
  return last?.event === "stage-started" && last.dependsOn ? knownLabels(last.dependsOn) : undefined;
}

/** Where answers wait for the labels that they belong to. */
function waitingName({ contents }: KnownLabels): string {
  return `polarity-of-${checksumText(crc32c(new TextEncoder().encode(contents)))}.json`;
}

/** The other places of the list where these labels were before, and are no more. */
function formerPlaces(context: RunContext, index: number, labels: KnownLabels): number[] {
  const { events } = context.journal, { train } = context.settings;
  const places = new Set(
    events.flatMap((event) =>
      event.event === "stage-started" && /^components(-\d+)?$/.test(event.stage)
        ? [Number(event.stage.split("-")[1] ?? 0)]
        : []
    ),
  );
  return [...places].filter((place) =>
    place !== index && labelsAt(context, place)?.contents === labels.contents &&
    train[place]?.groundTruth !== train[index]?.groundTruth
  );
}

/**
 * Puts answers aside that belong to other labels than those that are in this place of the list now. To be called before the synapses are
 * numbered. Answers stay where labels were edited, and where the only labels were exchanged for such as never were used.
 * @param source what the labels are made of
 */
export async function putAnswersAside(context: RunContext, index: number, source: unknown): Promise<void> {
  const { workFolder, reporter, settings: { train } } = context;
  const path = join(workFolder, answersName(index));
  const before = labelsAt(context, index);
  if (before === undefined || !await exists(path)) return;
  const now = knownLabels(dependenciesOf({ labels: source }));
  if (before.contents === now.contents) return;
  const areKnown = formerPlaces(context, index, now).length > 0 ||
    await exists(join(workFolder, waitingName(now)));
  if (!areKnown && (before.files === now.files || train.length === 1)) return;
  await Deno.rename(path, join(workFolder, waitingName(before)));
  reporter.message(
    `${path} belongs to other labels than ${train[index]?.groundTruth}; it is kept as ${waitingName(before)}`,
  );
}

/** Takes up answers that were given to these labels when they were in another place of the list. To be called after the synapses are numbered. */
export async function takeUpAnswers(context: RunContext, index: number, source: unknown): Promise<void> {
  const { workFolder, reporter } = context;
  const path = join(workFolder, answersName(index));
  if (await exists(path)) return;
  const now = knownLabels(dependenciesOf({ labels: source }));
  for (const name of [waitingName(now), ...formerPlaces(context, index, now).map(answersName)]) {
    if (!await exists(join(workFolder, name))) continue;
    await Deno.rename(join(workFolder, name), path);
    reporter.message(`${name} belongs to ${context.settings.train[index]?.groundTruth}; it is now ${path}`);
    return;
  }
}
