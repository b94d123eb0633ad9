/** The run of a labelling project on the server of the project: the same routes and the same page, below `/run/`. */
import type { createApp } from "./app.ts";
import type { ShownSearch } from "./find_routes.ts";

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
export function runOf({ find, watch }: ShownSearch) {
  return {
    watch,
    inPlace: find.inPlace,
    isOfProject: true,
    onStop: () => void find.stop(),
    onResume: () => void find.resume(),
  };
}

/** A request for a path below another without that one; undefined where it is not below. */
export function requestBelow(request: Request, path: string): Request | undefined {
  const url = new URL(request.url);
  if (path === "" || !`${url.pathname}/`.startsWith(`${path}/`)) return undefined;
  url.pathname = url.pathname.slice(path.length) || "/";
  return new Request(url, request);
}
