/** The routes of a labelling project, for tests, without a network. */
import { createApp } from "../../src/dashboard/server/app.ts";
import { watchRun } from "../../src/dashboard/server/watch.ts";
import type { FindAll } from "../../src/label/find_all.ts";
import { addStack } from "../../src/label/begin_stack.ts";
import { type LabelProject, openProject } from "../../src/label/project.ts";
import type { FindPlan, Searched } from "../../src/label/state.ts";
import type { Zyx } from "../../src/volume/region.ts";
import { createZarr } from "../../src/volume/zarr/mod.ts";
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
  const state = { isRunning: false, begun: null, error: null, otherChanges: 0 };
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

/** The routes of a further stack, below those of the first one. */
export const FURTHER = "/stacks/b";

/** Of the further stack. */
export const FURTHER_SHAPE: Zyx = [9, 40, 50];

/**
 * Runs a test with the routes over a project, without a network.
 * @param calls receives what the search is asked for
 * @param further whether the project has a further stack, `b`
 */
export function withLabels(
  test: (ask: Ask, folder: string, project: LabelProject) => Promise<void>,
  token = "",
  calls: FindCall[] = [],
  further = false,
): Promise<void> {
  return inTempFolder(async (given) => {
    const folder = await Deno.realPath(given);
    await makeProject(folder);
    await Deno.writeTextFile(`${folder}/index.html`, "<!doctype html>");
    const project = await openProject(folder);
    if (further) await addZarr(project, "b");
    const { root } = project.served;
    const app = createApp({
      watch: watchRun(root),
      pageFolder: folder,
      hosts: [HOST],
      token,
      viewers: ["https://viewer.example"],
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
        project,
      );
    } finally {
      await project.close();
    }
  });
}

/** Makes a Zarr array beside the first stack of a project. @returns its path */
export async function writeNear(folder: string, name: string, shape = FURTHER_SHAPE): Promise<string> {
  const path = `${folder}/${name}.zarr`;
  await createZarr(path, { shape, dtype: "uint8", storesAll: true });
  return path;
}

async function addZarr(project: LabelProject, name: string): Promise<void> {
  const path = await writeNear(project.folder, name);
  await addStack(project, path, { converting: {}, warn: () => {} });
}

/** Sends requests to the routes of labels. @param stack path of those of a further stack */
export function sender(ask: Ask, stack = "") {
  return async (method: string, path: string, body?: unknown) => {
    const text = body === undefined ? {} : { body: JSON.stringify(body) };
    return await ask(`/api/label${stack}${path}`, { method, headers: JSON_TYPE, ...text });
  };
}
