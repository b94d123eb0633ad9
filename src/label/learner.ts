/** Keeps the model of a project up to date with its labels: it learns half a second after the last stroke, and scores what is in sight. */
import { memoryPerWorker } from "../engine/mod.ts";
import type { Resources } from "../run/plan_stage.ts";
import { isPolarity } from "../stages/training/polarity_answers.ts";
import { UserError } from "../user_error.ts";
import type { Zyx } from "../volume/region.ts";
import { type LiveAnswer, type LiveRequest, type Look, SCORES_FOLDER, scoresName } from "./live.ts";
import { type LiveThreads, startLiveThreads } from "./live_threads.ts";
import { createPictures } from "./pictures.ts";
import type { LabelProject } from "./project.ts";
import { canJudgeSides, usedObjects } from "./project_settings.ts";
import type { LabelModel, LabelObject, PictureSubject, SettingPicture } from "./state.ts";

/** Milliseconds without a stroke after which something is learned. */
const PAUSE = 500;

/** Bytes for a picture of a setting: enough for any. They are those that blocks are learned and scored with. */
const MOST_FOR_PICTURE = 256 * 2 ** 20;

/** Learns for one project. */
export interface Learner {
  /** Says what is in sight. */
  look(look: Look): void;
  /** Learns with these from now on, in a new thread, so that what the one before had is free; undefined: waits until there are some. */
  share(resources: Resources | undefined): void;
  /** Shows what a setting does, when the training under way has ended. @throws {UserError} where it cannot be shown */
  picture(at: Zyx, subject: PictureSubject): Promise<SettingPicture>;
  /** Ends the thread. */
  close(): Promise<void>;
}

const NOTHING: LabelModel = {
  state: "waiting",
  seconds: null,
  trainedAt: null,
  strokes: 0,
  error: null,
  threshold: null,
  labelsScored: 0,
  scores: null,
  version: 0,
};

/** What is told while there is no memory to learn. */
const WAITING = "a search needs all of --memory; learning goes on when it has ended";
/** What is told of pictures then, and when a search begins or ends while one is computed. */
const PICTURE_LATER = "a search needs all of --memory; pictures of settings are shown when it has ended";
const NEW_SHARE = "the memory is divided anew, since a search begins or ends; look again";

/** Begins to learn. What is learned is told by the project. */
export async function startLearner(project: LabelProject, given: Resources): Promise<Learner> {
  let resources: Resources | undefined = given;
  /** What the next training has: more than what the thread has now. */
  let more: Resources | undefined;
  let threads: LiveThreads | undefined;
  let model = NOTHING;
  let look: Look | undefined;
  /** The thread trains. */
  let isTraining = false;
  /** `seq` of the labels that were learned from last, or could not be. */
  let known = -1;
  /** `seq` of the last change of voxels. */
  let painted = project.state().seq;
  /** What of the labels the last model has learned, and what the thread learns now. */
  let learned = "", asked = "";
  /** The told sides that open ones were judged by last. */
  let judgedBy = "";
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tell = (news: Partial<LabelModel>, scored?: readonly string[]) => {
    model = { ...model, ...news };
    project.tellModel(model, scored);
  };
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
  const answered = (answer: LiveAnswer) => {
    switch (answer.kind) {
      case "trained": {
        isTraining = false;
        learned = asked;
        project.setLines(new Map(answer.lines));
        const { version, seconds, seq: strokes } = answer;
        const scores = `${project.served.scores}/${scoresName(version)}`;
        const trainedAt = new Date().toISOString();
        const state = look ? "scoring" : "ready";
        const isNew = { threshold: null, labelsScored: 0, error: null } as const;
        tell({ state, version, seconds, strokes, trainedAt, scores, ...isNew });
        if (isBehind()) learnSoon();
        if (look) ask({ kind: "score", look });
        return;
      }
      case "sides":
        if (answer.version !== model.version || isTraining) return;
        project.setLines(new Map(answer.lines));
        tell({});
        return scoreOn();
      case "scored":
        if (answer.version !== model.version) return;
        return tell({ threshold: answer.threshold }, answer.chunks);
      case "picture":
        pictures.take(answer);
        return scoreOn();
      case "ready":
        if (answer.version === model.version && !isTraining) {
          tell({ state: "ready", labelsScored: answer.labelsScored });
        }
        return;
      case "failed":
        return failed(answer.isUserError ? "waiting" : "failed", answer.message);
    }
  };
  /** Goes on with what was interrupted. */
  const scoreOn = () => {
    const isUnderWay = model.state === "scoring" || (model.state === "ready" && model.labelsScored < 1);
    if (look && isUnderWay) ask({ kind: "score", look });
  };
  const failed = (state: LabelModel["state"], error: string) => {
    isTraining = false;
    learned = ""; // the next change is tried, whatever it is
    tell({ state, error });
    if (isBehind()) learnSoon();
  };
  const isBehind = () => project.state().seq !== known;
  const learn = () => {
    if (!resources || isTraining || !isBehind()) return; // after a training it is looked at again
    const { seq, objects, notVoxels, anisotropy, learning } = project.state();
    known = seq;
    try {
      if (anisotropy === null) throw new UserError("say how large the voxels are, to learn from labels");
      asked = JSON.stringify([painted, anisotropy, learning, ...whatCounts(objects, notVoxels)]);
      const objectsNow = objects.map(({ id, voxels, polarity }) => ({ id, voxels, polarity }));
      const sides = JSON.stringify(canJudgeSides(objects) ? toldSides(objects) : []);
      const isSame = sides === judgedBy;
      judgedBy = sides;
      if (asked === learned) {
        tell({ strokes: seq });
        if (isSame) return scoreOn();
        return void ask({ kind: "sides", version: model.version, objects: objectsNow });
      }
      if (more) renewThreads(more);
      isTraining = true;
      tell({ state: "training", error: null });
      ask({
        kind: "learn",
        folder: project.folder,
        raw: project.raw.path,
        labels: project.store.chunks.volume.path,
        anisotropy,
        learning,
        painted: project.store.chunks.painted(),
        objects: objectsNow,
        notVoxels,
        seq,
        version: Date.now(),
        resources,
      });
    } catch (cause) {
      if (!(cause instanceof UserError)) throw cause;
      tell({ state: "waiting", error: cause.message });
    }
  };
  const renewThreads = (given: Resources | undefined) => {
    [resources, more] = [given, undefined];
    threads?.end();
    threads = undefined;
    pictures.drop(NEW_SHARE);
  };
  const learnSoon = () => {
    ask({ kind: "pause" }); // the thread has started until there is something to learn
    clearTimeout(timer);
    timer = setTimeout(learn, PAUSE);
  };
  await clearScores(project.folder);
  project.setLines(new Map());
  const unlisten = await project.listen("", (news) => {
    if (news.stroke && news.stroke.chunks.length > 0) painted = news.stroke.seq;
    if (news.stroke) learnSoon();
  });
  project.onSet(() => {
    known = -1;
    learnSoon();
  });
  learn();
  return {
    look(seen) {
      look = seen;
      if (!resources || model.scores === null || isTraining) return;
      tell({ state: "scoring" });
      ask({ kind: "score", look });
    },
    share(next) {
      if (next && resources && threads && next.memory >= resources.memory && learned !== "") {
        more = next; // what the thread knows is good as long as nothing is to be learned
        return;
      }
      renewThreads(next);
      isTraining = false;
      known = -1;
      learned = ""; // by a thread that is gone
      if (next) learnSoon();
      else tell({ state: "waiting", error: WAITING });
    },
    async picture(at, subject) {
      if (!resources) throw new UserError(PICTURE_LATER);
      const memory = Math.min(MOST_FOR_PICTURE, memoryPerWorker(resources.memory, 1, resources.workers));
      const anisotropy = project.state().anisotropy ?? 1;
      return await pictures.ask(project.raw.path, { at, subject, anisotropy, memory });
    },
    close() {
      pictures.drop("the page is being closed");
      clearTimeout(timer);
      unlisten();
      threads?.end();
      return Promise.resolve();
    },
  };
}

/**
 * What is learned depends on besides the voxels: not on names, nor, as long as one is open, on sides.
 * @throws {UserError} as `usedObjects`
 */
function whatCounts(objects: readonly LabelObject[], notVoxels: number): unknown[] {
  const { used, polarity } = usedObjects(objects, notVoxels);
  return [used, polarity, polarity === "config" ? toldSides(objects) : []];
}

/** The sides by which open ones are judged, or a model learns. */
function toldSides(objects: readonly LabelObject[]): unknown[] {
  return objects.filter(({ voxels, polarity }) => voxels > 0 && isPolarity(polarity))
    .map(({ id, polarity }) => [id, polarity]);
}

/** Scores of a process before belong to a model that is gone. */
async function clearScores(folder: string): Promise<void> {
  const scores = `${folder}/${SCORES_FOLDER}`;
  await Deno.remove(scores, { recursive: true });
  await Deno.mkdir(scores);
}
