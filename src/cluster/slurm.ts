/** Slurm's commands. */
import { programName } from "../program_name.ts";
import { UserError } from "../user_error.ts";

/** The commands that the program calls. */
const SLURM_COMMANDS = ["sbatch", "squeue", "sacct", "scancel", "scontrol", "sinfo"];

/** A job or a task of an array, as Slurm knows it. */
export interface SlurmJob {
  /** Of an array the id of all its tasks. */
  readonly id: string;
  /** Number of the task; tasks that wait may stand together, such as `3-7`; empty for jobs that are no array. */
  readonly task: string;
  /** `PENDING`, `RUNNING`, ... */
  readonly state: string;
  /** Why it waits, or the nodes that it runs on. */
  readonly reason: string;
}

/** @throws {UserError} where the command cannot be run */
async function run(command: string, args: readonly string[]) {
  try {
    const { code, stdout, stderr } = await new Deno.Command(command, { args: [...args], stdin: "null" })
      .output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
    return { code, out: text(stdout), err: text(stderr) };
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) {
      throw new UserError(
        `there is no command ${command} here; submit from a machine of a Slurm cluster, or use --engine shell`,
        { cause },
      );
    }
    if (cause instanceof Deno.errors.NotCapable) {
      throw new UserError(
        `the program may not run ${command}; start it as ${programName()}, which grants it, or add ` +
          `--allow-run=${SLURM_COMMANDS.join(",")} to deno run`,
        { cause },
      );
    }
    throw cause;
  }
}

/** Whether the permissions allow to ask Slurm, without asking somebody for them. */
export function maySlurm(): boolean {
  return SLURM_COMMANDS.every((command) =>
    Deno.permissions.querySync({ name: "run", command }).state === "granted"
  );
}

/**
 * Submits a script.
 * @param after ids of the jobs that must have ended well before
 * @returns the job's id
 */
export async function sbatch(script: string, after: readonly string[]): Promise<string> {
  const dependency = after.length > 0 ? [`--dependency=afterok:${after.join(":")}`] : [];
  const { code, out, err } = await run("sbatch", ["--parsable", ...dependency, script]);
  const id = submittedId(out);
  if (code === 0 && id !== undefined) return id;
  throw new UserError(`sbatch rejected ${script}: ${err || out}; see docs/clusters.md for its options`);
}

/** The id that sbatch prints on a line of its own, `123` or `123;cluster`; sites print greetings before and after it. */
export function submittedId(out: string): string | undefined {
  return out.split(/\r?\n/).map((line) => /^\s*(\d+)(?:;[\w.-]*)?\s*$/.exec(line)?.[1])
    .findLast((id) => id !== undefined);
}

/** The jobs of these ids that have not ended. */
export async function squeue(ids: readonly string[]): Promise<SlurmJob[]> {
  if (ids.length === 0) return [];
  const { code, out, err } = await run("squeue", [
    "--noheader",
    "--format=%F|%K|%T|%R",
    `--jobs=${ids.join(",")}`,
  ]);
  if (code !== 0) {
    // jobs that ended a while ago are not known any more
    if (/invalid job id/i.test(err)) {
      // One of several may be the reason, which hides the others.
      return ids.length === 1 ? [] : (await Promise.all(ids.map((id) => squeue([id])))).flat();
    }
    throw new UserError(`squeue failed: ${err || out}; try again later`);
  }
  return out.split("\n").filter((line) => line !== "").map((line) => {
    const [id = "", task = "", state = "", reason = ""] = line.split("|");
    return { id, task: task === "N/A" ? "" : task, state, reason: reason.replace(/^\((.*)\)$/, "$1") };
  });
}

/** Tasks that ended otherwise than well, as accounting has them; none where there is no accounting. */
export async function sacctFailures(ids: readonly string[]): Promise<SlurmJob[]> {
  if (ids.length === 0) return [];
  const { code, out } = await run("sacct", [
    "--noheader",
    "--parsable2",
    "--allocations",
    "--format=JobID,State,NodeList",
    `--jobs=${ids.join(",")}`,
  ]);
  if (code !== 0) return [];
  return out.split("\n").filter((line) => line !== "").flatMap((line) => {
    const [name = "", state = "", reason = ""] = line.split("|");
    const [id = "", task = ""] = name.split("_");
    return /FAILED|TIMEOUT|OUT_OF_MEMORY|NODE_FAIL|CANCELLED|PREEMPTED|BOOT_FAIL/.test(state)
      ? [{ id, task, state, reason }]
      : [];
  });
}

/** Ends jobs. */
export async function scancel(ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  const { code, out, err } = await run("scancel", [...ids]);
  if (code !== 0) throw new UserError(`scancel failed: ${err || out}`);
}

/** Tasks that an array may have: Slurm's default where it does not tell. */
const USUAL_ARRAY = 1001;

/** Tasks that an array of this cluster may have. */
export async function mostArrayTasks(): Promise<number> {
  const { out } = await run("scontrol", ["show", "config"]);
  const size = Number(/^MaxArraySize\s*=\s*(\d+)/m.exec(out)?.[1] ?? USUAL_ARRAY);
  if (size < 2) {
    throw new UserError(
      `this cluster does not allow job arrays (MaxArraySize = ${size}); use --engine shell`,
    );
  }
  return size;
}
