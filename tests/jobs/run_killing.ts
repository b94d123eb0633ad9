/** Runs that kill themselves with SIGKILL, as processes of their own. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

/** When to kill. */
export interface Killing {
  /** What the reporter calls the stage. */
  readonly stage: string;
  /** After so many steps forward of it. */
  readonly advances: number;
  /** `z,y,x` of blocks, or bytes of memory. */
  readonly limit: string;
  /** Default: 0, none but the main thread. */
  readonly workers?: number;
  readonly set?: readonly string[];
}

/** Runs `<folder>/job.cfg` until it kills itself. */
export async function runKilled(
  folder: string,
  work: string,
  { stage, advances, limit, workers = 0, set = [] }: Killing,
): Promise<void> {
  const script = fileURLToPath(new URL("./run_killed.ts", import.meta.url));
  const { signal, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--no-prompt", "--no-check", "--allow-read", "--allow-write", "--allow-run", script],
      ...[folder, work, stage, `${advances}`, `${workers}`, limit, ...set],
    ],
  }).output();
  assert.equal(signal, "SIGKILL", new TextDecoder().decode(stderr));
}
