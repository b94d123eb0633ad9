/** What every stage of a run shares. */
import type { Settings } from "../config/settings.ts";
import type { Block, BlockPlan, Journal, Reporter, WorkerModule } from "../engine/mod.ts";
import type { Resources } from "./plan_stage.ts";
import type { Telemetry } from "./telemetry.ts";

/** What workers are told once: plain data that names its stage. What else there is, the stage and its workers know. */
export interface WorkerJob {
  readonly stage: string;
}

/** The modules of a stage's workers. */
export interface WorkerModules {
  /** Computes tasks. */
  readonly worker: URL;
  /** Helps a worker with the loops of its block. */
  readonly helper: URL;
  /** Loads the module of the workers into the main thread, to compute there. */
  readonly load: () => Promise<WorkerModule>;
}

/** A stage of blocks as other processes can compute it. */
export interface HandedStage {
  readonly name: string;
  readonly title: string;
  readonly fingerprint: string;
  readonly job: WorkerJob;
  readonly plan: BlockPlan;
  /** Blocks to compute, at least one. */
  readonly pending: readonly Block[];
}

/** Ends a run where the blocks of some stages were left to other processes; not an error of anybody. */
export class HandedOver extends Error {
  override name = "HandedOver";
  constructor(readonly stages: readonly string[]) {
    super(`${stages.join(", ")} left to shards`);
  }
}

/** A run in its work folder. */
export interface RunContext {
  readonly settings: Settings;
  /** `none`: train with the signs of e3 as estimated. */
  readonly polarity: "config" | "none";
  /** Scores lower than this need not be complete; what reaches it is exact. */
  readonly leastScore?: number | undefined;
  readonly resources: Resources;
  readonly workerModules: WorkerModules;
  /** Absolute path. */
  readonly workFolder: string;
  readonly journal: Journal;
  readonly reporter: Reporter;
  readonly signal?: AbortSignal | undefined;
  /** Records how the run goes, for people who watch it. */
  readonly telemetry?: Telemetry | undefined;
  /** Leaves a stage's blocks to other processes; answers false where they are for this one. */
  readonly handOver?: ((stage: HandedStage) => Promise<boolean>) | undefined;
}
