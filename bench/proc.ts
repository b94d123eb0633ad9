/**
 * What Linux tells about processes, for which Deno asks for all permissions; so it is read here, and nothing else is done:
 *
 *     proc.ts peak <pid>     waits for the process to end and prints the most resident bytes that it had
 *     proc.ts processor      prints the processor's name
 */

/** Between two readings. The mark never falls, so that only what the last moments added can be missed. */
const INTERVAL_MS = 25;

function field(path: string, name: string): string | undefined {
  try {
    const line = Deno.readTextFileSync(path).split("\n").find((line) => line.startsWith(name));
    return line?.slice(line.indexOf(":") + 1).trim();
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound || cause instanceof Deno.errors.NotCapable) return undefined;
    if (cause instanceof Error && "code" in cause && cause.code === "ESRCH") return undefined; // it ended just now
    throw cause;
  }
}

async function peak(pid: string): Promise<number> {
  let bytes = 0;
  for (;;) {
    const mark = field(`/proc/${pid}/status`, "VmHWM");
    if (mark === undefined) return bytes; // a process that has ended, waited for or not, has no memory
    bytes = Math.max(bytes, parseInt(mark) * 1024);
    await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));
  }
}

if (import.meta.main) {
  const [what, pid = ""] = Deno.args;
  const answer = what === "peak" ? String(await peak(pid)) : field("/proc/cpuinfo", "model name") ?? "";
  await Deno.stdout.write(new TextEncoder().encode(`${answer}\n`));
}
