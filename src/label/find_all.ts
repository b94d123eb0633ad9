/** Finds all synapses of a project's stack, or of a part of it: the run of what the project exports, while labelling goes on. */
import { join } from "node:path";
import { isAbandoned, liveOwner } from "../engine/mod.ts";
import { programFile } from "../program_file.ts";
import type { Resources } from "../run/plan_stage.ts";
import { exists, removeFolder } from "../run/work_folder.ts";
import { freeBytes } from "../stages/free_space.ts";
import type { PlannedTraining } from "../stages/run.ts";
import { UserError } from "../user_error.ts";
import { writeFileAtomic } from "../volume/file.ts";
import { regionBetween } from "../volume/region.ts";
import { runCommand } from "./export.ts";
import { FIND_FILE, type FindFile, findFileText, readFindFile } from "./find_file.ts";
import { located, PART, prepareSearch, stackNamed } from "./find_prepare.ts";
import type { FindAnswer, FindRequest, FindTask } from "./find_task.ts";
import type { Learner } from "./learner.ts";
import { sharesOf } from "./memory_shares.ts";
import type { LabelProject } from "./project.ts";
import { boxOf } from "./regions.ts";
import type { FindBegun, FindPlan, FindState, Searched } from "./state.ts";

/** Searches in one project. */
export interface FindAll {
  /** Of the run. */
  readonly workFolder: string;
  /** Zarr arrays that the run may use where they are: the stacks, the part of one or the other volume that is searched. */
  inPlace(): readonly string[];
  /** @param stack whose page is told, by its id; default: the first one */
  state(stack?: string): FindState;
  /**
   * Says what a search would take, while none is under way.
   * @throws {UserError} where there is nothing to learn from, the volume cannot be read, or there is too little memory
   */
  plan(where?: Searched): Promise<FindPlan>;
  /** Begins one; what was found before is removed. @throws {UserError} as `plan`, and while one is under way */
  start(where?: Searched): Promise<FindState>;
  /** Goes on with the one that was begun last. @throws {UserError} where there is none, or this server works on it */
  resume(): FindState;
  /** Stops it; finished work is kept. @throws {UserError} where this server has none under way */
  stop(): FindState;
  /** Stops it and waits for its end. */
  close(): Promise<void>;
}

const MODULE = programFile("./find_thread.ts", import.meta.url);
const FOLDER = "run";
/** Where a search is prepared. */
const NEXT = "run.next";
const CONFIG = "config.cfg";
const WORK = "out-work";

/** Milliseconds in which a run stops. */
const STOP_TIME = 6000;

/**
 * Opens the search of a project.
 * @param learner gives a part of its memory to the run while that works
 * @param resources what both may take
 */
export async function openFindAll(
  project: LabelProject,
  learner: Pick<Learner, "share">,
  resources: Resources,
): Promise<FindAll> {
  const [folder, next] = [join(project.folder, FOLDER), join(project.folder, NEXT)];
  const workFolder = join(folder, WORK);
  const config = join(folder, CONFIG);
  const shares = sharesOf(resources);
  await removeFolder(next);
  await Deno.mkdir(workFolder, { recursive: true });
  let begun: FindFile | null = await readFindFile(folder);
  let error: string | null = null;
  let running: Running | undefined;
  let isStarting = false;
  const state = (id = ""): FindState => ({
    isRunning: running !== undefined,
    begun: begun && toldTo(project, id, begun),
    error,
    otherChanges: begun ? otherChanges(project, id, begun) : 0,
  });
  const requireIdle = () => {
    if (running || isStarting) throw new UserError("a search is under way; stop it first");
  };
  const launch = (what: FindFile) => {
    error = null;
    learner.share(shares.learning);
    const { box, polarity } = what;
    const { raw } = stackNamed(project, what.stack ?? "");
    const part = box === null ? {} : {
      part: { path: join(folder, PART), raw: raw.path, region: regionBetween(box.begin, box.end) },
    };
    const command = runCommand(config, polarity);
    const task: FindTask = {
      kind: "run",
      config,
      workFolder,
      polarity,
      command,
      resources: shares.run,
      ...part,
    };
    running = startThread(task, (why) => {
      running = undefined;
      error = why;
      learner.share(resources);
    });
    return state();
  };
  return {
    workFolder,
    inPlace() {
      const others = project.stacks().slice(1).map(({ raw }) => raw.path);
      return [project.raw.path, join(folder, PART), ...(begun?.volume ? [begun.volume] : []), ...others];
    },
    state,
    async plan(where = {}) {
      requireIdle();
      try {
        const { exported: { synapses }, disk, training, seconds } = await prepareSearch(
          project,
          next,
          located(project, where),
          shares.run,
        );
        const { memory, workers } = shares.run;
        return {
          seconds,
          memory,
          workers,
          learnsMeanwhile: shares.learning !== undefined,
          disk,
          free: freeBytes(project.folder) ?? null,
          synapses,
          leastSynapses: leastFor(training, synapses),
        };
      } finally {
        await removeFolder(next);
      }
    },
    async start(given = {}) {
      requireIdle();
      isStarting = true;
      try {
        await requireUnowned(workFolder);
        const where = located(project, given);
        const { exported } = await prepareSearch(project, next, where, shares.run);
        const { seqs, polarity, settings } = exported;
        const at = new Date().toISOString();
        const { region, volume = null, stack: id = "", all } = where;
        const stack = all ? null : id;
        const what = { at, seqs, stack, box: region ? boxOf(region) : null, volume, polarity, settings };
        await writeFileAtomic(join(next, FIND_FILE), findFileText(what));
        await putAway(folder, at);
        begun = null;
        await Deno.rename(next, folder);
        await Deno.mkdir(workFolder);
        begun = what;
      } finally {
        isStarting = false;
        await removeFolder(next);
      }
      return launch(begun);
    },
    resume() {
      requireIdle();
      if (begun === null) throw new UserError("nothing was begun yet; start a search");
      return launch(begun);
    },
    stop() {
      if (!running) throw new UserError("this server has no search under way");
      running.stop();
      return state();
    },
    async close() {
      await running?.close();
    },
  };
}

/** What the page of a stack is told of a search. */
function toldTo(project: LabelProject, id: string, { seqs, settings, ...others }: FindFile): FindBegun {
  // the voxel size that was noted is that of the first stack
  const voxelSize = id === "" ? settings?.voxelSize ?? null : stackNamed(project, id).file().voxelSize;
  return { ...others, seq: seqs[id] ?? 0, settings: settings && { ...settings, voxelSize } };
}

function otherChanges(project: LabelProject, id: string, { seqs }: FindFile): number {
  return project.stacks().filter((other) => other.id !== id)
    .reduce((sum, other) => sum + other.store.seq() - (seqs[other.id] ?? 0), 0);
}

/** A run under way. */
interface Running {
  stop(): void;
  /** Stops it, if need be at once. */
  close(): Promise<void>;
}

/** @param onEnd is told why it ended; null where that is known from its journal */
function startThread(task: FindTask, onEnd: (error: string | null) => void): Running {
  const worker = new Worker(MODULE, { type: "module" });
  const say = (request: FindRequest) => worker.postMessage(request);
  let ended = (_error: string | null) => {};
  const end = new Promise<void>((done) => {
    ended = (error) => {
      worker.terminate();
      ended = () => {};
      onEnd(error);
      done();
    };
  });
  worker.onmessage = ({ data }: MessageEvent<FindAnswer>) => ended(data.error);
  worker.onerror = (event) => {
    event.preventDefault();
    ended(event.message);
  };
  say(task);
  return {
    stop: () => say({ kind: "stop" }),
    async close() {
      say({ kind: "stop" });
      const timer = setTimeout(() => ended(null), STOP_TIME);
      await end;
      clearTimeout(timer);
    },
  };
}

/** How many synapses would be better; null where there are enough. A run counts each piece as one, as far as it can tell beforehand. */
function leastFor(training: PlannedTraining | undefined, synapses: number): number | null {
  const { synapses: pieces = synapses, leastSynapses = 0 } = training ?? {};
  return pieces < leastSynapses ? leastSynapses : null;
}

/** Removes what was found before; what a person has reviewed is kept under another name. */
async function putAway(folder: string, at: string): Promise<void> {
  if (await exists(join(folder, WORK, "review"))) {
    await Deno.rename(folder, `${folder}-${at.replaceAll(":", "")}`);
  } else await removeFolder(folder);
}

/** @throws {UserError} where another process does the run that would be removed */
async function requireUnowned(workFolder: string): Promise<void> {
  const owner = await liveOwner(workFolder);
  const isLive = owner !== undefined && !await isAbandoned(workFolder, join(workFolder, "journal.jsonl"));
  if (isLive) throw new UserError(`${owner} works on the search before; stop it first`);
}
