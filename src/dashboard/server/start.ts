/** Starts the dashboard's server over a work folder. */
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { FindAll } from "../../label/find_all.ts";
import type { Learner } from "../../label/learner.ts";
import type { LabelProject } from "../../label/project.ts";
import { UserError } from "../../user_error.ts";
import { programName } from "../../program_name.ts";
import { programFile } from "../../program_file.ts";
import { exists } from "../../run/work_folder.ts";
import { createApp } from "./app.ts";
import { LOOPBACK } from "./guard.ts";
import { listen, type ListenOptions } from "./listen.ts";
import { createTables } from "./tables.ts";
import { watchRun } from "./watch.ts";
import type { ShownSearch } from "./shown_stacks.ts";
import { fileState } from "../../volume/file.ts";

/** What to show, and to whom. */
export interface DashboardOptions extends ListenOptions {
  readonly workFolder: string;
  /** Origins of viewers elsewhere that may read the arrays. */
  readonly viewers: readonly string[];
  /** Addresses at which proxies in front of the server show it, such as `https://hub.example.org/node/c1/8080`. */
  readonly proxies?: readonly string[];
  /** Whether no other port may be taken where this one is. */
  readonly isPortFixed?: boolean;
  /** The only arrays that are shown, paths below the folder; all of them where it is left out. */
  readonly only?: readonly string[];
  /** Voxel size in z over voxel size in x and y, for arrays that do not tell and have no run. */
  readonly anisotropy?: number;
  /** Whether a volume is shown, and no run. */
  readonly isVolume?: boolean;
  /** Stops the run that is shown; absent where the server cannot. */
  readonly onStop?: () => void;
  /** The labelling project to show. */
  readonly label?: LabelProject;
  /** What learns from its labels; absent where nothing does. */
  readonly learner?: Learner;
  /** Searches its stack; absent where nothing does. The run of the search is shown below `/run/`. */
  readonly find?: FindAll;
  /** Folder of the built page; by default where `deno task page` puts it. */
  readonly pageFolder?: string;
}

/** A running dashboard. */
export interface Dashboard {
  /** Address to open, with the token where one is needed. */
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

/** Where `deno task page` puts the built page. */
export const PAGE_FOLDER = fileURLToPath(programFile("../../../work/page", import.meta.url));

/**
 * Starts it. On addresses other than this machine's own it answers only who has the token.
 * @throws {UserError} where there is no work folder, the page is not built, or it cannot listen
 */
export async function startDashboard(options: DashboardOptions): Promise<Dashboard> {
  const { hostname, viewers, pageFolder = PAGE_FOLDER, only, anisotropy, onStop, isVolume, label, learner } =
    options;
  const { find } = options;
  const workFolder = resolve(options.workFolder);
  if (!await exists(workFolder)) {
    throw new UserError(`${workFolder}: no such folder; give the work folder of a run`);
  }
  if (!await exists(join(pageFolder, "index.html"))) {
    throw new UserError(
      `${pageFolder}: the page is not built; run deno task page once, or start the program as ${programName()}, which builds it`,
    );
  }
  const isLocal = LOOPBACK.includes(hostname) || hostname === "::1";
  const token = isLocal ? "" : randomToken();
  const hosts: string[] = [];
  const proxies = (options.proxies ?? []).map((address) => new URL(address));
  const watch = watchRun(workFolder);
  const tables = createTables(watch);
  const guarded = { pageFolder, token, viewers, hosts, proxies };
  const search = find && { find, watch: watchRun(find.workFolder) };
  const ofSearch = search && { ...runOf(search), tables: createTables(search.watch) };
  const shown = { only, anisotropy, isVolume, label, learner, search };
  const app = createApp({ ...guarded, watch, tables, onStop, ...shown });
  const answer = ofSearch ? withRun(app, createApp({ ...guarded, ...ofSearch })) : app.fetch;
  const { port, close } = await listen((request) => answer(withoutPrefix(request, proxies)), options);
  if (isLocal) hosts.push(...LOOPBACK.map((name) => `${name}:${port}`));
  return {
    url: `http://${bracketed(hostname)}:${port}/${token === "" ? "" : `?token=${token}`}`,
    port,
    async close() {
      await tables.close();
      await ofSearch?.tables.close();
      await close();
    },
  };
}

/** A request without the path under which a proxy shows the server, where the proxy leaves it in. */
export function withoutPrefix(request: Request, proxies: readonly URL[]): Request {
  for (const { pathname } of proxies) {
    const below = requestBelow(request, pathname.replace(/\/+$/, ""));
    if (below) return below;
  }
  return request;
}

function bracketed(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

function randomToken(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(18));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

type Routes = Pick<ReturnType<typeof createApp>, "fetch">;

/** Where the run is shown. */
const RUN_PATH = "/run";

/** Answers what is asked below `/run/` by the routes of the run, and the rest by those of the project. */
export function withRun(project: Routes, run: Routes): (request: Request) => Response | Promise<Response> {
  return (request) => {
    const below = requestBelow(request, RUN_PATH);
    return below ? run.fetch(below) : project.fetch(request);
  };
}

/** What the routes of the run show. */
function runOf({ find, watch }: ShownSearch) {
  return {
    watch,
    inPlace: find.inPlace,
    isOfProject: true,
    onStop: () => void find.stop(),
    onResume: () => void find.resume(),
  };
}

/** A request for a path below another without that one; undefined where it is not below. */
function requestBelow(request: Request, path: string): Request | undefined {
  const url = new URL(request.url);
  if (path === "" || !`${url.pathname}/`.startsWith(`${path}/`)) return undefined;
  url.pathname = url.pathname.slice(path.length) || "/";
  return new Request(url, request);
}

/** Whether one of the sources is newer than the page; not where the program is bundled, with the page that belongs to it. */
export function isPageOld(): boolean {
  if (!/\.ts$/.test(import.meta.url)) return false;
  const built = modified(join(PAGE_FOLDER, "main.js"));
  return built !== undefined && newestIn(join(dirname(fileURLToPath(import.meta.url)), "..")) > built;
}

function newestIn(folder: string): number {
  let newest = 0;
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    const path = join(folder, name);
    newest = Math.max(newest, isDirectory ? newestIn(path) : modified(path) ?? 0);
  }
  return newest;
}

function modified(path: string): number | undefined {
  return fileState(path)?.mtime;
}
