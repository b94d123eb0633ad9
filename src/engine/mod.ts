/** Blocks, workers, journal, memory budget and progress: how a stage's work is divided, done, recorded and shown. */
export * from "./atomic.ts";
export { type DisplayOptions, type ReportMode, type StageState, wrapped } from "./displays.ts";
export * from "./done.ts";
export * from "./changes.ts";
export * from "./fingerprint.ts";
export * from "./format.ts";
export * from "./journal.ts";
export { DEAD, hostName, isAbandoned, liveOwner, timeOf, waitForOwner } from "./lock.ts";
export * from "./memory.ts";
export * from "./plan.ts";
export * from "./pool.ts";
export * from "./progress.ts";
export * from "./seal.ts";
export * from "./tail.ts";
export * from "./turn.ts";
export * from "./worker.ts";
