/** Runs the child over many inputs, with an eye on its time, memory and death. */
import { fileURLToPath } from "node:url";
import type { Report } from "./child.ts";
import { type Kind, KINDS } from "./seeds.ts";

export interface FuzzOptions {
  readonly inputs: number;
  readonly seed: number;
  /** Number of the first input, default 0. */
  readonly first?: number;
  /** Milliseconds that an input may take. */
  readonly patience: number;
  /** Most resident memory of the child, MiB. */
  readonly budget: number;
  /** Reads the inputs of one kind alone. */
  readonly only?: Kind;
  /** Told of every report. */
  readonly onReport?: (report: Report) => void;
}

/** An input that was neither read nor rejected with an error for users. */
export interface Finding {
  readonly index: number;
  readonly kind: Kind | "unknown";
  readonly what: "crash" | "hang" | "over-budget";
  readonly text: string;
}

export interface FuzzResult {
  readonly read: number;
  readonly rejected: number;
  readonly findings: readonly Finding[];
}

const CHILD = fileURLToPath(new URL("child.ts", import.meta.url));

/** Milliseconds that a child may take to start on a busy machine. */
const START = 60_000;

/** Findings after which there is no point in going on. */
const MOST_FINDINGS = 200;

/** Inputs of one child: the library for HDF5 loses memory with every error, and rejects everything, or hangs, after some hundred. */
const MOST_A_CHILD = 200;

/** Reads inputs `first` ... `first + inputs - 1` of a seed. What hangs is read once more: the machine may have been busy with other work. */
export async function runFuzz(options: FuzzOptions): Promise<FuzzResult> {
  const { inputs, first = 0, only } = options;
  const most = MOST_A_CHILD * (only === undefined ? 1 : KINDS.length);
  const findings: Finding[] = [];
  const counts = { read: 0, rejected: 0 };
  let left = "";
  for (let next = first; next < first + inputs && findings.length < MOST_FINDINGS;) {
    const some = Math.min(most, first + inputs - next);
    const ended = await runChild({ ...options, first: next, inputs: some }, left, counts);
    ({ next, left } = ended);
    const hangs = ended.findings.filter(({ what }) => what === "hang");
    findings.push(...ended.findings.filter(({ what }) => what !== "hang"));
    for (const { index } of hangs) {
      const again = await runChild({ ...options, first: index, inputs: 1 }, left, counts);
      findings.push(...again.findings);
      ({ left } = again);
    }
  }
  if (left !== "") await runChild({ ...options, inputs: 0, patience: START }, left, counts);
  return { ...counts, findings };
}

/**
 * Runs one child until it is through, dies, or is killed.
 * @param leftBefore folder that an earlier child left behind, which this one removes
 */
async function runChild(
  { inputs, seed, first = 0, patience, budget, only, onReport }: FuzzOptions,
  leftBefore: string,
  counts: { read: number; rejected: number },
): Promise<{ findings: Finding[]; next: number; left: string }> {
  const end = first + inputs;
  const args = [seed, first, end, budget, leftBefore, only ?? ""].map(String);
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", "--allow-all", CHILD, ...args], // all, for /proc and /dev/shm
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const findings: Finding[] = [];
  let current: { readonly index: number; readonly kind: Kind | "unknown" } = {
    index: first,
    kind: "unknown",
  };
  let folder = "";
  let isHanging = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const watch = (time: number) => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      isHanging = true;
      process.kill("SIGKILL");
    }, time);
  };
  watch(START);
  const said = new Response(process.stderr).text();
  for await (const report of reportsOf(process.stdout)) {
    watch(patience);
    onReport?.(report);
    const { index, kind, event, text = "" } = report;
    if (event === "folder") {
      folder = text;
      continue;
    }
    current = { index, kind };
    if (event === "read" || event === "rejected") counts[event]++;
    if (event === "crash" || event === "over-budget") findings.push({ index, kind, what: event, text });
  }
  clearTimeout(timer);
  const { success } = await process.status;
  const stderr = await said;
  const { index, kind } = current;
  if (isHanging) findings.push({ index, kind, what: "hang", text: `no answer within ${patience} ms` });
  else if (!success) {
    findings.push({ index, kind, what: "crash", text: `the process died: ${stderr.slice(0, 2000)}` });
  } else if (stderr !== "") {
    findings.push({ index, kind, what: "crash", text: `it printed: ${stderr.slice(0, 2000)}` });
  }
  // A child that dies before its first input would be started for ever.
  if (folder === "" && !success) {
    throw new Error(`the fuzzer's child does not start: ${stderr}`);
  }
  return { findings, next: index + 1, left: isHanging || !success ? folder : "" };
}

async function* reportsOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<Report> {
  let rest = "";
  for await (const part of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + part).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) yield JSON.parse(line) as Report;
  }
}
