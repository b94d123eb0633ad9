/** Blocks, workers, journal, memory budget and progress: how a stage's work is divided, done, recorded and shown. */
export { type ReportMode, wrapped } from "./displays.ts";
export * from "./callback_stage.ts";
export * from "./default_limits.ts";
export * from "./done.ts";
export * from "./changes.ts";
export * from "./fingerprint.ts";
export * from "./format.ts";
export * from "./journal.ts";
export {
  DEAD,
  hostName,
  isAbandoned,
  liveOwner,
  lockFolder,
  timeOf,
  tryLockAgain,
  waitForOwner,
} from "./lock.ts";
export { lookAtMachine } from "./machine.ts";
export * from "./memory.ts";
export { createMainPool } from "./main_pool.ts";
export * from "./block_plan.ts";
export * from "./pool.ts";
export { startTeam } from "./pool_worker.ts";
export * from "./progress.ts";
export * from "./seal.ts";
export * from "./tail.ts";
export * from "./team_plan.ts";
export * from "./queue.ts";
export * from "./record_log.ts";
export * from "./turn.ts";
export * from "./worker.ts";
