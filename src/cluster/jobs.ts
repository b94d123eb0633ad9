/** The jobs that a run was submitted as, kept in its work folder. */
import { join } from "node:path";
import { sealJson } from "../engine/mod.ts";
import { readSealed, shardsFolder } from "../stages/shards/stage_plan.ts";
import { writeFileAtomic } from "../volume/file.ts";

/** A submitted job or array. */
export interface SubmittedJob {
  readonly id: string;
  readonly name: string;
  readonly stage: string;
  /** Tasks; 0: one process. */
  readonly tasks: number;
  /** Shard of its first task. */
  readonly from: number;
}

const JOBS = "jobs.json";

/** Keeps the jobs of the last submission. */
export async function writeJobs(workFolder: string, jobs: readonly SubmittedJob[]): Promise<void> {
  await writeFileAtomic(join(shardsFolder(workFolder), JOBS), sealJson({ jobs }));
}

/** The jobs of the last submission; none where there was none. */
export async function readJobs(workFolder: string): Promise<readonly SubmittedJob[]> {
  const kept = await readSealed(join(shardsFolder(workFolder), JOBS)) as
    | { jobs?: readonly SubmittedJob[] }
    | undefined;
  return kept?.jobs ?? [];
}
