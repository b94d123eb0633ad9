/** The routes of a labelling project, for tests, without a network. */
import { createApp } from "../../src/dashboard/server/app.ts";
import { watchRun } from "../../src/dashboard/server/watch.ts";
import type { FindAll } from "../../src/label/find_all.ts";
import { openProject } from "../../src/label/project.ts";
import type { FindPlan, Searched } from "../../src/label/state.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";
import { makeProject } from "../label/project.ts";
import { HOST } from "./folder.ts";

export const JSON_TYPE = { "content-type": "application/json" };

export type Ask = (
  path: string,
  init?: RequestInit & { headers?: Record<string, string> },
) => Promise<Response>;

/** What a search was asked for. */
export type FindCall = readonly [what: "plan" | "start" | "resume" | "stop", where?: Searched];

/** A search that notes what it is asked for. */
function fakeFind(folder: string, calls: FindCall[]): FindAll {
  const state = { isRunning: false, begun: null, error: null };
  const note = (...call: FindCall) => {
    calls.push(call);
    return state;
  };
  return {
    workFolder: `${folder}/run/out-work`,
    inPlace: () => [],
    state: () => state,
    plan: (where) => Promise.resolve(note("plan", where) as unknown as FindPlan),
    start: (where) => Promise.resolve(note("start", where)),
    resume: () => note("resume"),
    stop: () => note("stop"),
    close: () => Promise.resolve(),
  };
}

/** Runs a test with the routes over a project, without a network. @param calls receives what the search is asked for */
export function withLabels(
  test: (ask: Ask, folder: string) => Promise<void>,
  token = "",
  calls: FindCall[] = [],
): Promise<void> {
  return inTempFolder(async (given) => {
    const folder = await Deno.realPath(given);
    await makeProject(folder);
    await Deno.writeTextFile(`${folder}/index.html`, "<!doctype html>");
    const project = await openProject(folder);
    const { root, raw, labels, scores, imports } = project.served;
    const app = createApp({
      watch: watchRun(root),
      pageFolder: folder,
      hosts: [HOST],
      token,
      viewers: ["https://viewer.example"],
      only: [raw, labels, scores, imports],
      isVolume: true,
      label: project,
      search: { find: fakeFind(folder, calls), watch: watchRun(`${folder}/run/out-work`) },
    });
    try {
      await test(
        (path, init = {}) =>
          Promise.resolve(
            app.request(`http://${HOST}${path}`, { ...init, headers: { host: HOST, ...init.headers } }),
          ),
        folder,
      );
    } finally {
      await project.close();
    }
  });
}

/** Sends requests to the routes of labels. */
export function sender(ask: Ask) {
  return async (method: string, path: string, body?: unknown) => {
    const text = body === undefined ? {} : { body: JSON.stringify(body) };
    return await ask(`/api/label${path}`, { method, headers: JSON_TYPE, ...text });
  };
}
