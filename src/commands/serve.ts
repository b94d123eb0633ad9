/** `ccboost serve`, and `--serve` of a run: the dashboard. */
import { resolve } from "node:path";
import { UserError } from "../config/user_error.ts";
import type { DashboardOptions } from "../dashboard/mod.ts";
import { MissingPolarityError, type NamedComponent } from "../stages/training/polarity.ts";
import { lacksAnswers } from "../stages/training/polarity_answers.ts";
import { runCcboost, type RunOptions, type RunReport } from "../stages/run.ts";
import { exists } from "../stages/work_folder.ts";
import { type Call, type Command, operandAt } from "./command.ts";
import { numberOf, textOf } from "./flag_values.ts";
import type { FlagName } from "./flags.ts";
import { makeFolder } from "./volumes.ts";

/** Flags that say where and to whom the page is shown. */
export const SERVE_FLAGS: readonly FlagName[] = ["port", "host", "viewer", "proxy"];

export const serveCommand: Command = {
  name: "serve",
  summary: "show a run on a web page",
  operands: [{ name: "work folder", help: "work folder of a finished, failed or running run" }],
  flags: SERVE_FLAGS,
  description:
    "Shows progress, the volumes and the results of a run in the browser, also of one that was started\n" +
    "elsewhere, and asks for the polarity of synapses. Ctrl-C ends it.",
  examples: ["serve out-work", "serve out-work --port 9000", "serve out-work --host 0.0.0.0"],
  run: serve,
};

const USUAL_PORT = 8080;
const PORTS_TRIED = 20;

/** What the server takes beside the run, measured with a hundred pages. */
const SERVER_MEMORY = 96 * 2 ** 20;

async function serve(call: Call): Promise<void> {
  const workFolder = resolve(operandAt(call, 0));
  if (!await exists(workFolder)) {
    throw new UserError(`${workFolder}: there is no such folder; name the work folder of a run`);
  }
  const options = dashboardOptions(call, workFolder);
  await requireNetwork(call, "deno task serve");
  const { startDashboard } = await import("../dashboard/mod.ts");
  const dashboard = await onFreePort(options, startDashboard);
  tellAddress(call, dashboard.url);
  await stopped(call.signal);
  await dashboard.close();
}

/**
 * Runs, and shows the run meanwhile and afterwards, until the user ends it. Where synapses lack their polarity it waits until they are
 * answered on the page and goes on.
 */
export async function runWithDashboard(call: Call, options: RunOptions): Promise<RunReport> {
  const { workFolder, resources } = options;
  await requireNetwork(call, "deno task ccboost:serve");
  await makeFolder(workFolder);
  const { startDashboardThread } = await import("../dashboard/mod.ts");
  const onLost = (reason: string) => call.reporter.warn(`the page has ended, the run goes on: ${reason}`);
  const start = (options: DashboardOptions) => startDashboardThread(options, onLost);
  const dashboard = await onFreePort(dashboardOptions(call, workFolder), start);
  try {
    tellAddress(call, dashboard.url);
    const memory = Math.max(1, resources.memory - SERVER_MEMORY);
    const report = await runOrAsk(call, { ...options, resources: { ...resources, memory } }, dashboard.url);
    call.reporter.message(`the page stays at ${dashboard.url} until Ctrl-C`);
    await stopped(call.signal);
    return report;
  } finally {
    await dashboard.close();
  }
}

async function runOrAsk(call: Call, options: RunOptions, url: string): Promise<RunReport> {
  for (;;) {
    try {
      return await runCcboost(options);
    } catch (cause) {
      if (call.signal.aborted) throw cause;
      const message = cause instanceof Error ? cause.message : String(cause);
      if (!(cause instanceof MissingPolarityError)) {
        call.reporter.error(message);
        call.reporter.message(`the page stays at ${url} until Ctrl-C`);
        await stopped(call.signal);
        throw cause;
      }
      call.reporter.warn(message);
      call.reporter.message(`say where the vesicles are at ${url}#/polarity; the run goes on by itself then`);
      await answersComplete(options.workFolder, cause.components, call.signal);
    }
  }
}

const ANSWER_INTERVAL = 1000;

/** Waits until every one of the components has an answer. */
async function answersComplete(
  workFolder: string,
  components: readonly NamedComponent[],
  signal: AbortSignal,
): Promise<void> {
  while (await lacksAnswers(workFolder, components)) {
    signal.throwIfAborted();
    await new Promise((done) => setTimeout(done, ANSWER_INTERVAL));
  }
}

function dashboardOptions({ flags }: Call, workFolder: string): DashboardOptions {
  const port = numberOf(flags, "port", { from: 0, to: 65535, isWhole: true });
  const viewers = (flags.get("viewer") ?? []).map((text) => {
    const url = URL.parse(text);
    if (url && /^https?:$/.test(url.protocol)) return url.origin;
    throw new UserError(`--viewer is ${JSON.stringify(text)}; expected a site such as https://example.org`);
  });
  const proxies = (flags.get("proxy") ?? []).map((text) => {
    const url = URL.parse(text);
    if (url && /^https?:$/.test(url.protocol)) return url.href;
    throw new UserError(
      `--proxy is ${
        JSON.stringify(text)
      }; expected the address at which it shows the page, such as https://hub.example.org`,
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
async function onFreePort<T>(
  options: DashboardOptions,
  start: (options: DashboardOptions) => Promise<T>,
): Promise<T> {
  for (let tried = 1;; tried++) {
    try {
      return await start({ ...options, port: options.port + tried - 1 });
    } catch (cause) {
      const isTaken = cause instanceof UserError && /is taken/.test(cause.message);
      if (!isTaken || options.isPortFixed || tried === PORTS_TRIED) throw cause;
    }
  }
}

/** Told before any work. @param task the one that has the permission */
async function requireNetwork(call: Call, task: string): Promise<void> {
  const host = hostOf(call.flags);
  const { state } = await Deno.permissions.query({ name: "net", host });
  if (state === "granted") return;
  throw new UserError(
    `a page needs the permission to listen on ${host}, which Deno grants at the start only; use ${task}, or add ` +
      `--allow-net=${host} to deno run`,
  );
}

function tellAddress({ reporter, flags }: Call, url: string): void {
  const isElsewhere = hostOf(flags) === "0.0.0.0";
  const advice = isElsewhere ? " (from elsewhere with this machine's name instead of 0.0.0.0)" : "";
  reporter.result(`open ${url}${advice}`, { url });
}

function stopped(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) done();
    else signal.addEventListener("abort", () => done(), { once: true });
  });
}
