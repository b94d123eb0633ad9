/** Keeps the model of a project up to date with the labels of its stacks: it learns half a second after the last stroke, and scores what is in sight. */
import { memoryPerWorker } from "../engine/mod.ts";
import type { Resources } from "../run/plan_stage.ts";
import { isPolarity } from "../stages/training/polarity_answers.ts";
import { UserError } from "../user_error.ts";
import type { Zyx } from "../volume/region.ts";
import {
  type LiveAnswer,
  type LiveRequest,
  type LiveStack,
  type Look,
  SCORES_FOLDER,
  type ScoreTask,
} from "./live.ts";
import { type LiveThreads, startLiveThreads } from "./live_threads.ts";
import { createPictures } from "./pictures.ts";
import type { LabelProject } from "./project.ts";
import { canJudgeSides, usedInStacks } from "./project_settings.ts";
import type { LabelStack } from "./stack.ts";
import { createStackModels } from "./stack_models.ts";
import type { LabelModel, PictureSubject, SettingPicture } from "./state.ts";

/** Milliseconds without a stroke after which something is learned. */
const PAUSE = 500;

/** Bytes for a picture of a setting: enough for any. They are those that blocks are learned and scored with. */
const MOST_FOR_PICTURE = 256 * 2 ** 20;

/** Learns for one project. */
export interface Learner {
  /** Says what is in sight, of which stack; default: the first one. */
  look(look: Look, stack?: LabelStack): void;
  /** Learns with these from now on, in a new thread, so that what the one before had is free; undefined: waits until there are some. */
  share(resources: Resources | undefined): void;
  /** Shows what a setting does, when the training under way has ended. @throws {UserError} where it cannot be shown */
  picture(at: Zyx, subject: PictureSubject, stack?: LabelStack): Promise<SettingPicture>;
  /** Ends the thread. */
  close(): Promise<void>;
}

/** What is told while there is no memory to learn. */
const WAITING = "a search needs all of --memory; learning goes on when it has ended";
/** What is told of pictures then, and when a search begins or ends while one is computed. */
const PICTURE_LATER = "a search needs all of --memory; pictures of settings are shown when it has ended";
const NEW_SHARE = "the memory is divided anew, since a search begins or ends; look again";

/** Begins to learn. What is learned is told by the stacks. */
export function startLearner(project: LabelProject, given: Resources): Learner {
  let resources: Resources | undefined = given;
  /** What the next training has: more than what the thread has now. */
  let more: Resources | undefined;
  let threads: LiveThreads | undefined;
  const models = createStackModels(project);
  /** What is in sight of each stack, the last one that somebody looked at last. */
  const looks = new Map<string, Look>();
  /** Stacks of which the last model has scored what is in sight. */
  const scored = new Set<string>();
  /** What was asked for last. */
  let scoring: Pick<ScoreTask, "stack" | "number"> = { stack: "", number: 0 };
  /** The thread trains. */
  let isTraining = false;
  /** The labels that were learned from last, or could not be: the last change of each stack. */
  let known = "";
  /** The last changes of voxels. */
  const painted = new Map<string, number>();
  /** What of the labels the last model has learned, and what the thread learns now, with the last changes that it knows. */
  let learned = "", asked = "";
  let askedSeqs: ReadonlyMap<string, number> = new Map();
  /** The told sides that open ones were judged by last. */
  let judgedBy = "";
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** Undefined while there is no memory. */
  const started = () => {
    if (resources) {
      threads ??= startLiveThreads(resources, answered, (message) => {
        threads = undefined;
        pictures.drop(message);
        failed("failed", message);
      });
    }
    return threads;
  };
  const ask = (request: LiveRequest) => started()?.ask(request);
  const pictures = createPictures(ask);
  /** Whether what is in sight of a stack is scored: of the one that was looked at last, and of others that pages show. */
  const isWanted = (id: string) => {
    const isLast = id === [...looks.keys()].at(-1);
    const isShown = project.stacks().some((stack) => stack.id === id && stack.watchers() > 0);
    return looks.has(id) && !scored.has(id) && models.canScore(id) && (isLast || isShown);
  };
  const askScore = (stack: string, look: Look) => {
    scoring = { stack, number: scoring.number + 1 };
    ask({ kind: "score", look, ...scoring });
  };
  /** Scores what is in sight of the next stack, the one that was looked at last first. Returns whether there is one. */
  const scoreNext = (): boolean => {
    const [next] = [...looks].reverse().filter(([id]) => isWanted(id));
    if (!next) return false;
    const [stack, look] = next;
    models.tell(stack, { state: "scoring" });
    askScore(stack, look);
    return true;
  };
  /** Goes on with what was interrupted: what is in sight, and else labels out of sight. */
  const scoreOn = () => {
    if (isTraining || scoreNext()) return;
    const last = [...looks].at(-1);
    if (last && models.isPartly(last[0])) askScore(...last);
  };
  const answered = (answer: LiveAnswer) => {
    switch (answer.kind) {
      case "trained":
        isTraining = false;
        learned = asked;
        scored.clear();
        models.trained(answer, askedSeqs, isWanted);
        if (isBehind()) learnSoon();
        return void scoreNext();
      case "sides":
        if (!isTraining && models.sides(answer)) scoreOn();
        return;
      case "scored":
        return models.scored(answer);
      case "picture":
        pictures.take(answer);
        return scoreOn();
      case "ready":
        if (answer.number !== scoring.number || isTraining) return;
        scored.add(scoring.stack);
        models.tellAll({ labelsScored: answer.labelsScored });
        models.tell(scoring.stack, { state: "ready" });
        return void scoreNext();
      case "failed":
        return failed(answer.isUserError ? "waiting" : "failed", answer.message);
    }
  };
  const failed = (state: LabelModel["state"], error: string) => {
    isTraining = false;
    learned = ""; // the next change is tried, whatever it is
    models.tellAll({ state, error });
    if (isBehind()) learnSoon();
  };
  const seqs = () => new Map(project.stacks().map(({ id, store }) => [id, store.seq()]));
  const isBehind = () => JSON.stringify([...seqs()]) !== known;
  const learn = () => {
    if (!resources || isTraining || !isBehind()) return; // after a training it is looked at again
    const { anisotropy, learning } = project.state();
    const now = seqs();
    known = JSON.stringify([...now]);
    try {
      if (anisotropy === null) throw new UserError("say how large the voxels are, to learn from labels");
      const stacks = project.stacks().map(liveStackOf);
      asked = JSON.stringify([[...painted], anisotropy, learning, ...whatCounts(stacks)]);
      const sides = JSON.stringify(
        canJudgeSides(stacks.flatMap(({ objects }) => objects)) ? toldSides(stacks) : [],
      );
      const isSame = sides === judgedBy;
      judgedBy = sides;
      if (asked === learned) {
        models.know(now);
        if (isSame) return scoreOn();
        const objects = new Map(stacks.map((stack) => [stack.id, stack.objects]));
        return void ask({ kind: "sides", version: models.version(), objects });
      }
      if (more) renewThreads(more);
      isTraining = true;
      askedSeqs = now;
      models.tellAll({ state: "training", error: null });
      const { folder } = project;
      ask({ kind: "learn", folder, anisotropy, learning, stacks, version: Date.now(), resources });
    } catch (cause) {
      if (!(cause instanceof UserError)) throw cause;
      models.tellAll({ state: "waiting", error: cause.message });
    }
  };
  const renewThreads = (given: Resources | undefined) => {
    [resources, more] = [given, undefined];
    threads?.end();
    threads = undefined;
    models.forget();
    pictures.drop(NEW_SHARE);
  };
  const learnSoon = () => {
    ask({ kind: "pause" }); // the thread has started until there is something to learn
    clearTimeout(timer);
    timer = setTimeout(learn, PAUSE);
  };
  const unfollow: (() => void)[] = [];
  project.eachStack((stack) => {
    clearScores(stack.folder);
    stack.setLines(new Map());
    painted.set(stack.id, stack.store.seq());
    unfollow.push(stack.follow((news) => {
      if (news.stroke && news.stroke.chunks.length > 0) painted.set(stack.id, news.stroke.seq);
      if (news.stroke) learnSoon();
    }));
  });
  project.onSet(() => {
    known = "";
    learnSoon();
  });
  learn();
  return {
    look(seen, { id } = project) {
      looks.delete(id);
      looks.set(id, seen);
      scored.delete(id);
      if (resources && !isTraining) scoreNext();
    },
    share(next) {
      if (next && resources && threads && next.memory >= resources.memory && learned !== "") {
        more = next; // what the thread knows is good as long as nothing is to be learned
        return;
      }
      renewThreads(next);
      isTraining = false;
      known = "";
      learned = ""; // by a thread that is gone
      if (next) learnSoon();
      else models.tellAll({ state: "waiting", error: WAITING });
    },
    async picture(at, subject, { raw } = project) {
      if (!resources) throw new UserError(PICTURE_LATER);
      const memory = Math.min(MOST_FOR_PICTURE, memoryPerWorker(resources.memory, 1, resources.workers));
      const anisotropy = project.state().anisotropy ?? 1;
      return await pictures.ask(raw.path, { at, subject, anisotropy, memory });
    },
    close() {
      pictures.drop("the page is being closed");
      clearTimeout(timer);
      unfollow.forEach((end) => end());
      threads?.end();
      return Promise.resolve();
    },
  };
}

function liveStackOf({ id, folder, raw, store }: LabelStack): LiveStack {
  const { objects, notVoxels } = store.summary();
  return {
    id,
    folder,
    raw: raw.path,
    labels: store.chunks.volume.path,
    painted: store.chunks.painted(),
    objects: objects.map(({ id, voxels, polarity }) => ({ id, voxels, polarity })),
    notVoxels,
  };
}

/**
 * What is learned depends on besides the voxels: not on names, nor, as long as one is open, on sides.
 * @throws {UserError} as `usedInStacks`
 */
function whatCounts(stacks: readonly LiveStack[]): unknown[] {
  const { used, polarity } = usedInStacks(stacks);
  return [used, polarity, polarity === "config" ? toldSides(stacks) : []];
}

/** The sides by which open ones are judged, or a model learns. */
function toldSides(stacks: readonly LiveStack[]): unknown[] {
  return stacks.map(({ objects }) =>
    objects.filter(({ voxels, polarity }) => voxels > 0 && isPolarity(polarity))
      .map(({ id, polarity }) => [id, polarity])
  );
}

/** Scores of a process before belong to a model that is gone. */
function clearScores(folder: string): void {
  const scores = `${folder}/${SCORES_FOLDER}`;
  Deno.removeSync(scores, { recursive: true });
  Deno.mkdirSync(scores);
}
