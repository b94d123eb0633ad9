/** Learns from labels and scores what is in sight, in a thread of its own, so that painting never waits. */
/// <reference lib="deno.worker" />
import { dirname, join } from "node:path";
import { createQueue, createReporter, openJournal } from "../engine/mod.ts";
import type { RunContext } from "../run/run_context.ts";
import { removeFolder } from "../run/work_folder.ts";
import type { RunVolume } from "../stages/inputs.ts";
import { matchPolarity } from "../stages/training/polarity.ts";
import { UserError } from "../user_error.ts";
import { openZarr, type ZarrVolume } from "../volume/zarr/mod.ts";
import type { Xyz } from "../config/settings_types.ts";
import { learnStumps, openStack } from "./learn.ts";
import { regionsAround } from "./known_samples.ts";
import { createLearnMemory, type LearnMemory } from "./learn_memory.ts";
import { learnValues } from "./learn_settings.ts";
import type { LearnTask, LiveAnswer, LiveRequest } from "./live.ts";
import { type LiveScores, openLiveScores } from "./live_scores.ts";
import { leadLiveTeam, type LiveTeam, teamResources } from "./live_team.ts";
import { pictureOf } from "./picture.ts";
import {
  canJudgeSides,
  labelAt,
  labelValues,
  polarityEntries,
  settingsOf,
  usedObjects,
} from "./project_settings.ts";
import { believedSides } from "./sides.ts";
import type { KnownLine } from "./state.ts";
import { type LabelTruth, makeTruth } from "./truth.ts";

const scope = globalThis as unknown as {
  onmessage: ((event: MessageEvent<LiveRequest>) => void) | null;
  postMessage(answer: LiveAnswer): void;
};

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

/** Of the threads that stay. */
let team: LiveTeam | undefined;
let memory: { readonly of: string; readonly known: LearnMemory } | undefined;
let scores: LiveScores | undefined;
/** What is known of each synapse that has samples, by the value of its labels, judged by the sides that are told now. */
type Lines = [id: number, known: KnownLine][];
let linesWith: ((objects: LearnTask["objects"]) => Promise<Lines>) | undefined;
/** Work folder of the model whose scores are shown. */
let shownFolder = "";
let stopping = new AbortController();
/** Ends what is scored out of sight. */
let pausing = new AbortController();
const inTurn = createQueue();

scope.onmessage = ({ data }) => {
  pausing.abort();
  if (data.kind === "pause") return;
  stopping.abort(); // ends what is being scored; a training goes on to its end
  const { signal } = stopping = new AbortController();
  const beside = pausing = new AbortController();
  void inTurn(async () => {
    try {
      if (data.kind === "begin") team = await leadLiveTeam(data.seat);
      else if (data.kind === "learn") await learn(begun(), data);
      else if (data.kind === "picture") await show(begun(), data);
      else if (data.kind === "sides") await judgeSides(data);
      else await scores?.score(data.look, signal, beside.signal, (told) => scope.postMessage(told));
    } catch (cause) {
      if (isStop(cause, signal) || isStop(cause, beside.signal)) return;
      const message = cause instanceof Error ? cause.message : String(cause);
      scope.postMessage({ kind: "failed", message, isUserError: cause instanceof UserError });
    }
  });
};

/** Whether something ended because it was told to. */
function isStop(cause: unknown, { aborted, reason }: AbortSignal): boolean {
  return aborted && (cause === reason || (cause instanceof Error && cause.cause === reason));
}

function begun(): LiveTeam {
  if (team) return team;
  throw new Error("the thread was asked for something before it began");
}

async function show(
  { kernels }: LiveTeam,
  { id, raw, task }: Extract<LiveRequest, { kind: "picture" }>,
): Promise<void> {
  const answer = { kind: "picture", id } as const;
  try {
    scope.postMessage({ ...answer, picture: await pictureOf(await openZarr(raw), task, kernels), error: "" });
  } catch (cause) {
    scope.postMessage({
      ...answer,
      picture: undefined,
      error: cause instanceof Error ? cause.message : String(cause),
    });
  }
}

/** What was learned of this stack before; nothing where something else about it has changed than its labels. */
async function memoryOf(folder: string, { job }: RunVolume): Promise<LearnMemory> {
  const of = JSON.stringify(job);
  if (memory?.of !== of) memory = { of, known: await createLearnMemory(join(folder, "live", "memory")) };
  return memory.known;
}

async function learn({ kernels, workerModules }: LiveTeam, task: LearnTask): Promise<void> {
  const begin = performance.now();
  const { folder, version, seq, resources, anisotropy } = task;
  const { used, polarity } = usedObjects(task.objects, task.notVoxels);
  const workFolder = join(folder, "live", "work", String(version));
  await Deno.mkdir(workFolder, { recursive: true });
  const { raw: rawVolume, labels: groundTruth } = task;
  const { volume: learning, ...others } = learnValues(task.learning);
  const settings = settingsOf({
    ...LIVE,
    ...(anisotropy < 2 ? LIVE_IN_SPACE : {}),
    ...others,
    outFileName: "live",
    train: { rawVolume, groundTruth, labels: labelValues(used), zAnisotropyFactor: anisotropy, ...learning },
  }, workFolder);
  const [train] = settings.train;
  if (!train) throw new Error("the settings are without training");
  const journal = await openJournal(workFolder);
  try {
    const context: RunContext = {
      settings,
      polarity,
      resources: teamResources(resources),
      workerModules,
      workFolder,
      journal,
      reporter: createReporter({ mode: "quiet", write: () => {} }),
    };
    const labels = await openZarr(groundTruth);
    const volume = openStack(context, train, await openZarr(rawVolume));
    const known = await memoryOf(folder, volume);
    const truth = await makeTruth({
      before: known.samples.before(),
      labels,
      painted: task.painted,
      used: new Set(used),
      minSize: settings.minPosRegionSize,
      folder: workFolder,
    });
    const labelled = regionsAround(volume, task.painted.map(({ box }) => box));
    const ccPolarity = await polarityEntries(truth, labels, task.objects);
    const learned = await learnStumps(
      context,
      volume,
      { ...truth, labelled },
      { ...train, ccPolarity },
      known,
      kernels,
    );
    const judged = async (objects: LearnTask["objects"]) => {
      if (polarity !== "none" || !canJudgeSides(objects)) return new Map<number, Xyz>();
      const told = await matchPolarity(await polarityEntries(truth, labels, objects), truth.components);
      return await inOwnFolder(
        context,
        "judged",
        (own) => believedSides(own, volume, learned, told, known.sides, kernels),
      );
    };
    const linesOfAll = async (objects: LearnTask["objects"]) =>
      await linesOf(truth, labels, learned.normals, await judged(objects));
    const lines = await linesOfAll(task.objects);
    scores = await openLiveScores(context, {
      kernels,
      folder,
      version,
      volume,
      model: learned.model,
      truth: truth.labels,
      labelled: task.painted.map(({ at }) => at),
    });
    linesWith = linesOfAll;
    const seconds = Math.round(performance.now() - begin) / 1000;
    scope.postMessage({ kind: "trained", version, seq, seconds, lines });
    shownFolder = workFolder;
  } finally {
    await journal.close();
    await removeUnused(dirname(workFolder));
  }
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

async function judgeSides({ version, objects }: Extract<LiveRequest, { kind: "sides" }>): Promise<void> {
  if (linesWith) scope.postMessage({ kind: "sides", version, lines: await linesWith(objects) });
}

/** What was learned of each synapse that has samples, by the value of its labels. */
async function linesOf(
  { list }: LabelTruth,
  labels: ZarrVolume,
  normals: ReadonlyMap<number, Xyz>,
  sides: ReadonlyMap<number, Xyz>,
): Promise<Lines> {
  const lines: Lines = [];
  for (const { id, position } of list.components) {
    const line = normals.get(id);
    if (line) lines.push([await labelAt(labels, position), { line, believed: sides.get(id) ?? null }]);
  }
  return lines;
}

/** Removes work folders but that of the model that is shown, and that of the truth to compare the next one with. */
async function removeUnused(folder: string): Promise<void> {
  const inUse = [shownFolder, dirname(memory?.known.samples.before()?.labels.path ?? "")];
  for (const { name } of [...Deno.readDirSync(folder)]) {
    const path = join(folder, name);
    if (!inUse.includes(path)) await removeFolder(path);
  }
}
