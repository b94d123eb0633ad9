/** Processes of their own, timed from start to end, and the most memory that they held. */
import { fileURLToPath } from "node:url";

/** How a process went. */
export interface FinishedProcess {
  readonly out: string;
  readonly seconds: number;
  /** VmHWM: the most resident bytes it ever had. Linux only. */
  readonly peakBytes: number | undefined;
}

const PROC = fileURLToPath(new URL("./proc.ts", import.meta.url));

/**
 * Runs a module with deno.
 * @param permissions such as `--allow-read`
 * @throws Error where it fails, with what it wrote to standard error
 */
export async function runModule(
  module: URL,
  permissions: readonly string[],
  args: readonly string[],
): Promise<FinishedProcess> {
  const begin = performance.now();
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", ...permissions, fileURLToPath(module), ...args],
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const peak = peakOf(process.pid);
  const output = await process.output();
  const seconds = (performance.now() - begin) / 1000;
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  const peakBytes = await peak;
  if (!output.success) {
    throw new Error(
      `${fileURLToPath(module)} ${args.join(" ")} ended with code ${output.code}:\n${text(output.stderr)}`,
    );
  }
  return { out: text(output.stdout), seconds, peakBytes };
}

/** The high-water mark of a process, once it has ended. Deno reads /proc in processes that may do everything alone. */
async function peakOf(pid: number): Promise<number | undefined> {
  if (Deno.build.os !== "linux") return undefined;
  const bytes = Number(await askProc("peak", String(pid)));
  return bytes > 0 ? bytes : undefined;
}

/** Name of the processor; the target that deno was built for where the system does not tell. */
export async function processorName(): Promise<string> {
  return (Deno.build.os === "linux" ? await askProc("processor") : "") || Deno.build.target;
}

async function askProc(...args: readonly string[]): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", PROC, ...args],
    stdout: "piped",
    stderr: "inherit",
  }).output();
  return new TextDecoder().decode(stdout).trim();
}
