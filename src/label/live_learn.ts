/** What the thread of a page learns: one model of the labels of all stacks, and its scores. */
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { TrainSettings, Xyz } from "../config/settings.ts";
import { createReporter, openJournal } from "../engine/mod.ts";
import type { RunContext } from "../run/run_context.ts";
import { suffixOf } from "../run/volume_suffix.ts";
import { removeFolder } from "../run/work_folder.ts";
import type { RunVolume } from "../stages/inputs.ts";
import { matchPolarity } from "../stages/training/polarity.ts";
import { numbersBefore } from "../stages/training/training_volume.ts";
import type { Zyx } from "../volume/region.ts";
import { openZarr, type ZarrVolume } from "../volume/zarr/mod.ts";
import { regionsAround } from "./known_samples.ts";
import { type LearnedLabels, learnStumps, openStack } from "./learn.ts";
import { createLearnMemory, type LearnMemory } from "./learn_memory.ts";
import { learnValues } from "./learn_settings.ts";
import type { LearnTask, LiveAnswer, LiveStack, ScoreTask, SidesTask, StackLines } from "./live.ts";
import { type LiveScores, openLiveScores } from "./live_scores.ts";
import { type LiveTeam, teamResources } from "./live_team.ts";
import {
  canJudgeSides,
  isLearnedFrom,
  labelAt,
  labelValues,
  polarityEntries,
  settingsOf,
  usedInStacks,
} from "./project_settings.ts";
import { believedSides } from "./sides.ts";
import type { KnownLine } from "./state.ts";
import type { ThresholdFinder } from "./threshold.ts";
import { type LabelTruth, makeTruth, requirePieces } from "./truth.ts";

/** Learns and scores. */
export interface LiveLearning {
  /** @throws {UserError} where there is nothing to learn from */
  learn(task: LearnTask): Promise<LiveAnswer>;
  /** Judges open sides by those that are told now; undefined where nothing was learned yet. */
  judgeSides(task: SidesTask): Promise<StackLines | undefined>;
  /**
   * Scores what is in sight of a stack with the last model, and a chunk with a synapse where there is none, tells that it is ready, and then
   * scores chunks with labels that are out of sight, of all stacks, so that the threshold is of all labels.
   */
  score(task: ScoreTask, signals: ScoreSignals, tell: (answer: LiveAnswer) => void): Promise<void>;
}

/** What ends scoring. */
interface ScoreSignals {
  /** All of it, after the blocks under way. */
  readonly signal: AbortSignal;
  /** What is out of sight, after the chunk under way. */
  readonly beside: AbortSignal;
}

/** Milliseconds without anything else to do after which chunks out of sight are scored: who steps through slices waits for none. */
const BESIDE_PAUSE = 1000;

/** Where stacks that nobody looks at are scored first. */
const START: Zyx = [0, 0, 0];

/** Small enough for an answer within seconds; what a run learns with is in its configuration. */
const LIVE = {
  numStumps: 200,
  candidatePoses: 300,
  numWLToExplorePerIter: 4000,
  maxTrainingSamples: 25_000,
  crossFitFolds: 1,
  autoContext: false,
} as const;

/**
 * Where voxels are about as long as wide. Large boxes, and those far to the side, learn from a few synapses what happens to lie around these
 * (docs/scales.md). In thick slices small boxes see one slice alone, and the same limits do harm.
 */
const LIVE_IN_SPACE = { largestBox: 8, largestAngle: 35 } as const;

/** A stack as it is opened for a training. */
interface OpenedStack {
  readonly id: string;
  readonly folder: string;
  readonly volume: RunVolume;
  readonly labels: ZarrVolume;
  readonly truth: LabelTruth;
  readonly settings: TrainSettings;
  readonly memory: LearnMemory;
}

/** What was found in a stack, as long as nothing about it but its labels is another. */
interface Remembered {
  readonly of: string;
  readonly known: LearnMemory;
}

/** Begins without a model. */
export function createLiveLearning({ kernels, workerModules }: LiveTeam): LiveLearning {
  const memories = new Map<string, Remembered>();
  /** Of the last model, by the stack. */
  let scores: ReadonlyMap<string, LiveScores> = new Map();
  /** What is known of each synapse, judged by the sides of these stacks. */
  let linesWith: ((objects: SidesTask["objects"]) => Promise<StackLines>) | undefined;
  /** Its work folder. */
  let shownFolder = "";
  const memoryOf = async ({ id, folder }: LiveStack, index: number, { job }: RunVolume) => {
    const of = JSON.stringify([index, job]);
    const before = memories.get(id);
    if (before?.of === of) return before.known;
    const known = await createLearnMemory(join(folder, "live", "memory"));
    memories.set(id, { of, known });
    return known;
  };
  /** Makes what is learned from a stack, in a folder of its own. */
  const opened = async (
    context: RunContext,
    stack: LiveStack,
    settings: TrainSettings,
    { index, used }: { readonly index: number; readonly used: readonly number[] },
  ): Promise<OpenedStack> => {
    const { id, folder, painted, objects } = stack;
    const labels = await openZarr(stack.labels);
    const volume = openStack(context, settings, await openZarr(stack.raw));
    const memory = await memoryOf(stack, index, volume);
    const own = join(context.workFolder, `labels${suffixOf(index)}`);
    await Deno.mkdir(own);
    const truth = await makeTruth({
      before: memory.samples.before(),
      labels,
      painted,
      used: new Set(used),
      minSize: context.settings.minPosRegionSize,
      mayLackSynapses: true,
      folder: own,
    });
    const labelled = regionsAround(volume, painted.map(({ box }) => box));
    const ccPolarity = await polarityEntries(truth, labels, objects);
    return {
      id,
      folder,
      volume,
      labels,
      truth: { ...truth, labelled },
      settings: { ...settings, ccPolarity },
      memory,
    };
  };
  const learn = async (task: LearnTask, context: RunContext, plan: LearnPlan): Promise<LiveAnswer> => {
    const begin = performance.now();
    const { version } = task;
    const stacks: OpenedStack[] = [];
    for (const [index, { stack, used }] of [...plan.learned, ...plan.others].entries()) {
      const settings = { ...settingsAt(context, plan, index), rawVolume: stack.raw };
      stacks.push(await opened(context, stack, settings, { index, used }));
    }
    const from = stacks.slice(0, plan.learned.length);
    requirePieces(from.map(({ truth }) => truth), context.settings.minPosRegionSize);
    const learned = await learnStumps(context, from, kernels);
    const judged = async (objects: SidesTask["objects"]) => {
      const isJudged = context.polarity === "none" && canJudgeSides([...objects.values()].flat());
      if (!isJudged) return new Map<number, Xyz>();
      const told = await toldSides(from, objects);
      return await inOwnFolder(context, "judged", (own) => believedSides(own, from, learned, told, kernels));
    };
    const linesOfAll = async (objects: SidesTask["objects"]) =>
      await linesOf(from, learned, await judged(objects));
    const lines = await linesOfAll(new Map(task.stacks.map(({ id, objects }) => [id, objects])));
    const next = new Map<string, LiveScores>();
    const thresholds: ThresholdFinder[] = [];
    for (const { id, folder, volume, truth } of stacks) {
      const own = { ...context, workFolder: dirname(truth.labels.path) };
      const scored = { kernels, folder, id, version, volume, model: learned.model, thresholds };
      const labelled = truth.painted.map(({ at }) => at);
      const synapses = truth.list.components.map(({ position }) => position);
      next.set(id, await openLiveScores(own, { ...scored, truth: truth.labels, labelled, synapses }));
    }
    scores = next;
    linesWith = linesOfAll;
    shownFolder = context.workFolder;
    const seconds = Math.round(performance.now() - begin) / 1000;
    return { kind: "trained", version, seconds, lines };
  };
  return {
    async learn(task) {
      const plan = planOf(task);
      const workFolder = join(task.folder, "live", "work", String(task.version));
      await Deno.mkdir(workFolder, { recursive: true });
      const journal = await openJournal(workFolder);
      try {
        return await learn(task, {
          settings: liveSettings(task, plan, workFolder),
          polarity: plan.polarity,
          resources: teamResources(task.resources),
          workerModules,
          workFolder,
          journal,
          reporter: createReporter({ mode: "quiet", write: () => {} }),
        }, plan);
      } finally {
        await journal.close();
        const known = Array.from(memories.values(), ({ known }) => known.samples.before()?.labels.path ?? "");
        await removeUnused(dirname(workFolder), [shownFolder, ...known]);
      }
    },
    judgeSides: async ({ objects }) => await linesWith?.(objects),
    async score({ stack, look, number }, { signal, beside }, tell) {
      const of = scores;
      await of.get(stack)?.score(look, signal, tell);
      const stacks = [...of].sort(([a], [b]) => Number(b === stack) - Number(a === stack))
        .map(([id, own]) => ({ own, at: id === stack ? look.at : START }));
      for (const { own, at } of stacks) await own.scoreForThreshold(at, signal, tell);
      const ready = () => tell({ kind: "ready", number, labelsScored: labelsScored([...of.values()]) });
      ready();
      await delay(BESIDE_PAUSE, undefined, { signal: beside });
      let isMore = false;
      for (const { own, at } of stacks) {
        if (await own.scoreLabelled(at, beside, tell)) isMore = true;
      }
      if (isMore) ready();
    },
  };
}

/** The part of the labelled chunks of all stacks that is scored. */
function labelsScored(scores: readonly LiveScores[]): number {
  const labelled = scores.map((own) => own.labelled());
  const all = labelled.reduce((sum, own) => sum + own.all, 0);
  return all === 0 ? 1 : labelled.reduce((sum, own) => sum + own.scored, 0) / all;
}

/** Does what a run does in a folder and with a journal that are gone afterwards: what was learned may be asked for more later. */
async function inOwnFolder<T>(
  context: RunContext,
  name: string,
  work: (own: RunContext) => Promise<T>,
): Promise<T> {
  const workFolder = join(context.workFolder, name);
  await Deno.mkdir(workFolder, { recursive: true });
  const journal = await openJournal(workFolder);
  try {
    return await work({ ...context, workFolder, journal });
  } finally {
    await journal.close();
    await removeFolder(workFolder);
  }
}

/** Which stacks are learned from, and by what. */
interface LearnPlan {
  readonly learned: readonly PlannedStack[];
  /** Those without labels. */
  readonly others: readonly PlannedStack[];
  readonly polarity: "config" | "none";
}

interface PlannedStack {
  readonly stack: LiveStack;
  readonly used: readonly number[];
}

function planOf({ stacks }: LearnTask): LearnPlan {
  const { used, polarity } = usedInStacks(stacks);
  const all = stacks.map((stack, i) => ({ stack, used: used[i] ?? [] }));
  const isLearned = ({ stack, used }: PlannedStack) => isLearnedFrom(used, stack);
  return {
    learned: all.filter(isLearned),
    others: all.filter((one) => !isLearned(one)),
    polarity,
  };
}

function liveSettings({ anisotropy, learning }: LearnTask, { learned }: LearnPlan, folder: string) {
  const { volume, ...others } = learnValues(learning);
  return settingsOf({
    ...LIVE,
    ...(anisotropy < 2 ? LIVE_IN_SPACE : {}),
    ...others,
    outFileName: "live",
    train: learned.map(({ stack: { raw: rawVolume, labels: groundTruth, objects }, used }) => ({
      rawVolume,
      groundTruth,
      labels: labelValues(used, objects),
      zAnisotropyFactor: anisotropy,
      ...volume,
    })),
  }, folder);
}

/** The settings of a stack; one that is not learned from has those of the first one. */
function settingsAt(
  { settings: { train } }: RunContext,
  { learned }: LearnPlan,
  index: number,
): TrainSettings {
  const settings = index < learned.length ? train[index] : train[0];
  if (settings) return settings;
  throw new Error("the settings are without training");
}

/** The sides that are told, by component among those of all stacks. */
async function toldSides(
  stacks: readonly OpenedStack[],
  objects: SidesTask["objects"],
): Promise<Map<number, Xyz>> {
  const before = numbersBefore(stacks);
  const told = new Map<number, Xyz>();
  for (const [i, { id: stack, truth, labels }] of stacks.entries()) {
    const entries = await polarityEntries(truth, labels, objects.get(stack) ?? []);
    for (const [id, side] of await matchPolarity(entries, truth.components)) {
      told.set(id + (before[i] ?? 0), side);
    }
  }
  return told;
}

/** What was learned of each synapse that has samples, by the stack and the value of its labels. */
async function linesOf(
  stacks: readonly OpenedStack[],
  { normals }: LearnedLabels,
  sides: ReadonlyMap<number, Xyz>,
): Promise<Map<string, Map<number, KnownLine>>> {
  const before = numbersBefore(stacks);
  const lines = new Map<string, Map<number, KnownLine>>();
  for (const [i, { id: stack, truth: { list }, labels }] of stacks.entries()) {
    const own = new Map<number, KnownLine>();
    for (const { id, position } of list.components) {
      const number = id + (before[i] ?? 0);
      const line = normals.get(number);
      if (line) own.set(await labelAt(labels, position), { line, believed: sides.get(number) ?? null });
    }
    lines.set(stack, own);
  }
  return lines;
}

/** Removes work folders but those with a path that is in use: of the model that is shown, and of the truths to compare the next ones with. */
async function removeUnused(folder: string, inUse: readonly string[]): Promise<void> {
  for (const { name } of [...Deno.readDirSync(folder)]) {
    const path = join(folder, name);
    if (!inUse.some((one) => `${one}/`.startsWith(`${path}/`))) await removeFolder(path);
  }
}
