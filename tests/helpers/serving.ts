/** The program that shows a page, under way. */
import { CLI } from "./project.ts";

/** The program under way, and what it has said. */
export interface Running {
  readonly process: Deno.ChildProcess;
  readonly url: string;
}

export function deno(...args: readonly string[]): Deno.Command {
  return new Deno.Command(Deno.execPath(), { args: [...args], stdout: "piped", stderr: "inherit" });
}

/** Starts a command that shows a page, and waits for its address. */
export async function startServing(...args: readonly string[]): Promise<Running> {
  const process = deno(
    "run",
    "--no-prompt",
    "--no-check",
    "--allow-read",
    "--allow-write",
    "--allow-net=127.0.0.1",
    CLI,
    ...args,
  ).spawn();
  const reader = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`no address was told: ${text}`);
    text += value;
    const url = /open (http:\S+)/.exec(text)?.[1];
    if (url === undefined) continue;
    void drain(reader);
    return { process, url };
  }
}

async function drain(reader: ReadableStreamDefaultReader<string>): Promise<void> {
  while (!(await reader.read()).done);
}

export async function stop({ process }: Running): Promise<void> {
  process.kill("SIGINT");
  await process.status;
}

/** Sends JSON, and returns what is answered. @throws where it is refused */
export async function send<T>(url: string, method: string, path: string, body: unknown): Promise<T> {
  const answer = await fetch(new URL(path, url), {
    method,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return await answer.json() as T;
}

export async function ask<T>(url: string, path: string): Promise<T> {
  return await (await fetch(new URL(path, url))).json() as T;
}

/** Peak resident MiB of a process; undefined where the system does not tell. */
export async function peakOf({ process }: Running): Promise<number | undefined> {
  if (Deno.build.os !== "linux") return undefined;
  // Deno lets only who may do everything look at other processes
  const script = `Deno.stdout.writeSync(Deno.readFileSync("/proc/${process.pid}/status"))`;
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["eval", script] }).output();
  const status = new TextDecoder().decode(stdout);
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
}
