/** `ccboost serve`, and `--serve` of a run: the dashboard. */
import { UserError } from "../user_error.ts";
import type { DashboardOptions } from "../dashboard/mod.ts";
import { programName } from "../program_name.ts";
import { MissingPolarityError } from "../stages/training/polarity.ts";
import { lacksAnswers } from "../stages/training/polarity_answers.ts";
import { runCcboost, type RunOptions, type RunReport } from "../stages/run.ts";
import { type Call, type Command, operandAt } from "./command.ts";
import { numberOf, textOf } from "./flag_values.ts";
import type { FlagName } from "./flag_table.ts";
import { describeRun, jsonOfRun } from "./run_text.ts";
import { serveTarget } from "./serve_target.ts";
import { makeFolder } from "./volumes.ts";

/** Flags that say where and to whom the page is shown. */
export const SERVE_FLAGS: readonly FlagName[] = ["port", "host", "viewer", "proxy"];

export const serveCommand: Command = {
  name: "serve",
  summary: "show a run or a volume on a web page",
  operands: [{ name: "work folder", help: "work folder of a run, or a volume to view" }],
  flags: [...SERVE_FLAGS, "voxel-size", "work", "memory"],
  flagHelp: { work: "folder for the converted volume (default: <name>-view next to it)" },
  description:
    "Shows a run in the browser: its progress, volumes and results, and asks for the polarity of synapses.\n" +
    "The run may be finished, running or on another machine. A volume that is not Zarr is first\n" +
    "converted, to <name>-view next to it or to --work. Numbered synapses are shown on top of the stack\n" +
    "of their run, if that is in the same folder. Ctrl-C ends the server.",
  examples: [
    "serve out-work",
    "serve volume.tif",
    "serve out-0-synapses.zarr",
    "serve out-work --port 9000",
    "serve out-work --host 0.0.0.0",
  ],
  run: serve,
};

const USUAL_PORT = 8080;
const PORTS_TRIED = 20;

/** What the server takes beside the run, measured with a hundred pages, and with a table of a million synapses. */
const SERVER_MEMORY = 128 * 2 ** 20;

async function serve(call: Call): Promise<void> {
  const given = operandAt(call, 0);
  dashboardOptions(call, given); // wrong flags are told before a volume is converted
  const { folder, isVolume = false, ...shown } = await serveTarget(call, given);
  const options = { ...dashboardOptions(call, folder), isVolume, ...shown };
  const { startDashboard } = await loadDashboard(call);
  const dashboard = await onFreePort(options, startDashboard);
  tellAddress(call, isVolume ? `${dashboard.url}#/view` : dashboard.url);
  await stopped(call.signal);
  await dashboard.close();
}

/**
 * Runs, and shows the run meanwhile and afterwards, until the user ends it. Where synapses lack their polarity it waits until they are
 * answered on the page and continues. The page can stop the run, which it then goes on showing.
 */
export async function runWithDashboard(call: Call, options: RunOptions): Promise<void> {
  const { workFolder, resources } = options;
  const { startDashboardThread } = await loadDashboard(call);
  await makeFolder(workFolder);
  const onLost = (reason: string) => call.reporter.warn(`the page was closed, the run continues: ${reason}`);
  const stopping = new AbortController();
  const onStop = () => {
    call.reporter.message("stopping, as requested on the page; this takes at most 5 seconds");
    stopping.abort();
  };
  const start = (options: DashboardOptions) =>
    startDashboardThread({ ...options, canStop: true }, { onLost, onStop });
  const dashboard = await onFreePort(dashboardOptions(call, workFolder), start);
  const signal = AbortSignal.any([call.signal, stopping.signal]);
  const stay = async () => {
    call.reporter.message(`the page remains at ${dashboard.url} until you press Ctrl-C`);
    await stopped(call.signal);
  };
  try {
    tellAddress(call, dashboard.url);
    const memory = Math.max(1, resources.memory - SERVER_MEMORY);
    const asked = { ...options, signal, resources: { ...resources, memory } };
    const report = await runOrAsk(call, asked, dashboard.url);
    call.reporter.result(describeRun(report, dashboard.url), jsonOfRun(report));
    await stay();
  } catch (cause) {
    if (call.signal.aborted) throw cause;
    const message = cause instanceof Error ? cause.message : String(cause);
    if (stopping.signal.aborted) {
      call.reporter.message("stopped; finished work is kept. Run the same command again to resume");
    } else call.reporter.error(message);
    await stay();
    throw cause;
  } finally {
    await dashboard.close();
  }
}

async function runOrAsk(call: Call, options: RunOptions, url: string): Promise<RunReport> {
  for (;;) {
    try {
      return await runCcboost(options);
    } catch (cause) {
      if (options.signal?.aborted || !(cause instanceof MissingPolarityError)) throw cause;
      const count = cause.components.length;
      call.reporter.message(
        `waiting for you: ${count} ${count === 1 ? "synapse needs" : "synapses need"} an answer. Where ` +
          `are the vesicles? Answer at ${url}#/polarity; then the run continues by itself`,
      );
      await answersComplete(options.workFolder, cause, options.signal ?? call.signal);
    }
  }
}

const ANSWER_INTERVAL = 1000;

/** Waits until every one of the components has an answer. */
async function answersComplete(
  workFolder: string,
  { components }: MissingPolarityError,
  signal: AbortSignal,
): Promise<void> {
  for (const [volume, own] of Map.groupBy(components, ({ volume }) => volume)) {
    while (await lacksAnswers(workFolder, own, volume)) {
      signal.throwIfAborted();
      await new Promise((done) => setTimeout(done, ANSWER_INTERVAL));
    }
  }
}

/** Where and to whom the page is shown. @throws {UserError} where a flag is wrong */
export function dashboardOptions({ flags }: Call, workFolder: string): DashboardOptions {
  const port = numberOf(flags, "port", { from: 0, to: 65535, isWhole: true });
  const viewers = (flags.get("viewer") ?? []).map((text) => {
    const url = URL.parse(text);
    if (url && /^https?:$/.test(url.protocol)) return url.origin;
    throw new UserError(
      `--viewer is ${JSON.stringify(text)}; expected the address of a site, such as https://example.org`,
    );
  });
  const proxies = (flags.get("proxy") ?? []).map((text) => {
    const url = URL.parse(text);
    if (url && /^https?:$/.test(url.protocol)) return url.href;
    throw new UserError(
      `--proxy is ${JSON.stringify(text)}; expected the address at which the proxy shows the page, such ` +
        "as https://hub.example.org",
    );
  });
  return {
    workFolder,
    proxies,
    hostname: hostOf(flags),
    port: port ?? USUAL_PORT,
    viewers,
    isPortFixed: port !== undefined,
  };
}

function hostOf(flags: Call["flags"]): string {
  return textOf(flags, "host") ?? "127.0.0.1";
}

/** Where no port was named, takes the next that is free. */
export async function onFreePort<T>(
  options: DashboardOptions,
  start: (options: DashboardOptions) => Promise<T>,
): Promise<T> {
  for (let tried = 1;; tried++) {
    try {
      return await start({ ...options, port: options.port + tried - 1 });
    } catch (cause) {
      const isTaken = cause instanceof UserError && cause.code === "port-taken";
      if (!isTaken || options.isPortFixed || tried === PORTS_TRIED) throw cause;
    }
  }
}

/** Loads what only a page needs, before any work. @throws {UserError} where it may not listen */
export async function loadDashboard(call: Call) {
  await requireNetwork(call);
  const dashboard = await import("../dashboard/mod.ts");
  if (dashboard.isPageOld()) {
    call.reporter.warn("the page was built from an older version of the sources; deno task page rebuilds it");
  }
  return dashboard;
}

/** On a terminal Deno asks its user. */
async function requireNetwork(call: Call): Promise<void> {
  const host = hostOf(call.flags);
  const { state } = await Deno.permissions.request({ name: "net", host });
  if (state === "granted") return;
  throw new UserError(
    `the page needs permission to listen on ${host}; start the program as ${programName()}, which grants it, ` +
      `or add --allow-net=${host} to deno run`,
  );
}

/** Tells what to open. */
export function tellAddress({ reporter, flags }: Call, url: string): void {
  const isElsewhere = hostOf(flags) === "0.0.0.0";
  const advice = isElsewhere ? " (on other computers, with this machine's name instead of 0.0.0.0)" : "";
  reporter.result(`open ${url}${advice}`, { url });
}

/** Waits until the user stops the program. */
export function stopped(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) done();
    else signal.addEventListener("abort", () => done(), { once: true });
  });
}
