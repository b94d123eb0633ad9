/** The routes of the dashboard (docs/api.md). Reading apart, it keeps answers on polarity and labels, and stops a run that it was started with. */
import { Hono, type MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { HTTPException } from "hono/http-exception";
import { validator } from "hono/validator";
import { formatSettings } from "../../config/settings.ts";
import { isDirection } from "../../stages/training/directions.ts";
import type { LabelProject } from "../../label/project.ts";
import { UserError } from "../../user_error.ts";
import { shownPath } from "../../volume/shown_path.ts";
import { isLeftOutReason, isPolarity } from "../../stages/training/polarity_answers.ts";
import { chunksOfLayer, listArrays, placeOf } from "./arrays.ts";
import { evaluationReport } from "./evaluations.ts";
import { createExports } from "./exports.ts";
import { eventStream } from "./events.ts";
import { containedFile, sendFile } from "./files.ts";
import { FRESH } from "./fresh.ts";
import { guard, type GuardOptions } from "./guard.ts";
import { labelRoutes, MOST_STROKE } from "./label_routes.ts";
import { type Answer, answerPolarity, polarityState } from "./polarity.ts";
import { listResults, resultFile } from "./results.ts";
import { type ShownProject, shownStacks } from "./shown_stacks.ts";
import { stacksRoutes } from "./stacks_routes.ts";
import { createReviews } from "./review.ts";
import { reviewRoutes } from "./review_routes.ts";
import { tableRoutes } from "./table_routes.ts";
import { createTables, type Tables } from "./tables.ts";
import { runFacts } from "../report/run_facts.ts";
import { runReport } from "../report/run_report.ts";
import type { Watch } from "./watch.ts";

/** What the routes need. */
export interface AppOptions extends GuardOptions, ShownProject {
  readonly watch: Watch;
  /** Tables of synapses; made where they are left out. */
  readonly tables?: Tables;
  /** Folder of the built page. */
  readonly pageFolder: string;
  /** The only arrays that are shown, paths below the folder; all of them where it is left out, but of a labelling project its own. */
  readonly only?: readonly string[] | undefined;
  /** Voxel size in z over voxel size in x and y, for arrays that do not tell and have no run. */
  readonly anisotropy?: number | undefined;
  /** Whether a volume is shown, and no run. */
  readonly isVolume?: boolean | undefined;
  /** Stops the run; absent where the server cannot. */
  readonly onStop?: (() => void) | undefined;
  /** Goes on with the run; absent where the server cannot. */
  readonly onResume?: (() => void) | undefined;
  /** Zarr arrays elsewhere that may be shown where the run uses them. */
  readonly inPlace?: () => readonly string[];
  /** Whether the run is that of a labelling project, whose page is one level above. */
  readonly isOfProject?: boolean;
}

/** Longest body that is taken, bytes. An answer has about 60. */
const MOST_BODY = 4096;

/** Whether bodies for a path are strokes or synapses that were missed. */
function hasVoxels(path: string, isLabel: boolean): boolean {
  return isLabel && /^\/api\/label(\/stacks\/[^/]+)?\/strokes$/.test(path) ||
    /^\/api\/review\/\d+$/.test(path);
}

/** Takes bodies of a length that is told beforehand, and no longer ones. */
function limitBody(maxSize: number): MiddlewareHandler {
  const limit = bodyLimit({
    maxSize,
    onError: (c) => c.json({ error: `a request body may have at most ${maxSize} bytes` }, 413),
  });
  return (c, next) => {
    if (c.req.header("transfer-encoding") !== undefined) {
      return Promise.resolve(c.json({ error: "the length of a request body must be told" }, 411));
    }
    // Nothing is read of what is asked to be deleted, and without a length there is nothing to read.
    const hasNone = c.req.method === "DELETE" && c.req.header("content-length") === undefined;
    return hasNone ? next() : limit(c, next);
  };
}

/** The type of the routes, from which the page's client is derived. */
export type App = ReturnType<typeof createApp>;

/** Makes the routes. */
export function createApp(options: AppOptions) {
  const { watch, pageFolder, anisotropy, onStop, onResume, label } = options;
  const { isVolume = false, inPlace = label?.inPlace ?? (() => []), isOfProject = false } = options;
  const { workFolder } = watch;
  const { tables = createTables(watch) } = options;
  const limitStroke = limitBody(MOST_STROKE), limitOther = limitBody(MOST_BODY);
  const exports = createExports(workFolder);
  const only = () => label ? servedOf(label) : options.only;
  const isShown = (path: string) => {
    const paths = only()?.concat(inPlace().map((_, number) => shownPath(inPlace(), number)));
    return !paths || paths.some((one) => path === one || path.startsWith(`${one}/`));
  };
  const stacks = shownStacks(options);
  return new Hono()
    .onError((error, c) => {
      if (error instanceof UserError) return c.json({ error: error.message }, 400);
      if (error instanceof HTTPException) return c.json({ error: error.message }, error.status);
      return c.json({ error: `internal error: ${error.message}` }, 500);
    })
    .notFound((c) => c.json({ error: "not found" }, 404))
    .use(guard(options))
    .use((c, next) => (hasVoxels(c.req.path, label !== undefined) ? limitStroke : limitOther)(c, next))
    .route("/api/label", labelRoutes(stacks))
    .route("/api/label/stacks", stacksRoutes(stacks))
    .route("/api/label/stacks/:stack", labelRoutes(stacks))
    .route("/api/review", reviewRoutes(createReviews(watch)))
    .get(
      "/api/run",
      async (c) => {
        const can = { canStop: onStop !== undefined, canResume: onResume !== undefined };
        const shown = { isVolume, isLabel: label !== undefined, isOfProject };
        return c.json({ ...await watch.snapshot(), ...can, ...shown }, 200, FRESH);
      },
    )
    .get(
      "/api/events",
      (c) => eventStream(watch, c.req.header("last-event-id") ?? c.req.query("after") ?? ""),
    )
    .get("/api/settings", async (c) => {
      const settings = (await watch.model()).settings();
      return c.json(
        { text: settings ? formatSettings(settings) : "", settings: settings ?? null },
        200,
        FRESH,
      );
    })
    .get("/api/log", async (c) => c.json((await watch.model()).log(), 200, FRESH))
    .get("/api/blocks/:stage", async (c) => {
      const map = (await watch.model()).blocks.map(c.req.param("stage"));
      return c.json(map ?? null, 200, FRESH);
    })
    .get("/api/arrays", async (c) => {
      return c.json(
        await listArrays(workFolder, (await watch.model()).settings(), {
          only: only(),
          anisotropy,
          inPlace: inPlace(),
        }),
        200,
        FRESH,
      );
    })
    .get(
      "/api/chunks",
      validator("query", ({ path, layer, component }) => {
        if (typeof path === "string" && typeof layer === "string" && typeof component !== "object") {
          return { path, layer, ...(component === undefined ? {} : { component }) };
        }
        throw new UserError("expected path, layer and perhaps component");
      }),
      async (c) => {
        const { path, ...query } = c.req.valid("query");
        const layer = wholeNumber("layer", query.layer);
        const component = query.component === undefined
          ? undefined
          : wholeNumber("component", query.component);
        const urlPath = path.split("/").map(encodeURIComponent).join("/");
        const place = placeOf(workFolder, inPlace(), urlPath);
        const chunks = isShown(path)
          ? await chunksOfLayer(place.folder, place.urlPath, layer, component)
          : undefined;
        return c.json({ chunks: chunks ?? null }, 200, FRESH);
      },
    )
    .route("/api/tables", tableRoutes(tables))
    .get("/api/results", async (c) => c.json(await listResults(workFolder), 200, FRESH))
    .get(
      "/api/polarity",
      async (c) => c.json(await polarityState(workFolder, await watch.model()), 200, FRESH),
    )
    .post(
      "/api/polarity",
      validator("json", (body: unknown) => {
        const { volume = 0, id, polarity, line } = (body ?? {}) as Readonly<Record<string, unknown>>;
        const isAnswer = polarity === null || isPolarity(polarity) || isLeftOutReason(polarity);
        if (typeof id !== "number" || !Number.isSafeInteger(id) || !isAnswer) {
          throw new UserError(
            'expected id, and polarity: three of -1, 0, 1, not all 0, or "cannot tell", "no synapse" or null',
          );
        }
        if (typeof volume !== "number" || !Number.isSafeInteger(volume) || volume < 0) {
          throw new UserError("volume is the place of the training volume in their list: expected 0, 1, ...");
        }
        if (line !== undefined && !isDirection(line)) {
          throw new UserError("line is the line that was shown: expected x, y, z of a direction of length 1");
        }
        return { volume, id, answer: polarity as Answer, ...(line === undefined ? {} : { line }) };
      }),
      async (c) => {
        const model = await watch.model();
        await answerPolarity(workFolder, model, c.req.valid("json"));
        return c.json(await polarityState(workFolder, model), 200, FRESH);
      },
    )
    .post("/api/stop", validator("json", () => ({})), (c) => {
      if (!onStop) {
        throw new UserError("this page can only watch; stop the run where it was started, with Ctrl-C");
      }
      onStop();
      return c.json({ isStopping: true }, 200, FRESH);
    })
    .post("/api/resume", validator("json", () => ({})), (c) => {
      if (!onResume) {
        throw new UserError(
          "this page can only watch; run the same command again, where the run was started",
        );
      }
      onResume();
      return c.json({ isResuming: true }, 200, FRESH);
    })
    .get("/files/:name", async (c) => {
      const name = new URL(c.req.url).pathname.slice("/files/".length);
      const file = await resultFile(workFolder, name);
      if (!file) return c.notFound();
      return await sendFile(c.req.raw, file, attachment(name));
    })
    .post(
      "/api/exports",
      validator("json", (body: unknown) => {
        const { name } = (body ?? {}) as { readonly name?: unknown };
        if (typeof name !== "string") throw new UserError("expected name, such as out-0-synapses.stl");
        return { name };
      }),
      async (c) => c.json(await exports.make(c.req.valid("json").name), 200, FRESH),
    )
    .get("/exports/:name", async (c) => {
      const name = new URL(c.req.url).pathname.slice("/exports/".length);
      const file = await exports.file(name);
      return file ? await sendFile(c.req.raw, file, attachment(name)) : c.notFound();
    })
    .get("/report.html", async (c) => {
      return c.html(runReport(await runFacts(workFolder)), 200, { ...FRESH, ...REPORT });
    })
    .get("/evaluation/:name", async (c) => {
      const file = await evaluationReport(workFolder, c.req.param("name"));
      return file ? await sendFile(c.req.raw, file, REPORT) : c.notFound();
    })
    .get("/zarr/*", async (c) => {
      const path = new URL(c.req.url).pathname.slice("/zarr/".length);
      const { folder, urlPath } = placeOf(workFolder, inPlace(), path);
      const file = isShown(decoded(path)) ? await containedFile(folder, urlPath) : undefined;
      return file ? await sendFile(c.req.raw, file) : c.notFound();
    })
    .get("/*", async (c) => {
      const { pathname } = new URL(c.req.url);
      const file = await containedFile(pageFolder, pathname === "/" ? "index.html" : pathname.slice(1));
      return file ? await sendFile(c.req.raw, file) : c.notFound();
    });
}

/** What of the folder is shown of a project: the stacks, the labels, the scores and labels that are looked at. */
function servedOf(project: LabelProject): string[] {
  const elsewhere = project.inPlace();
  return project.stacks().flatMap(({ raw, served }) => [
    ...(elsewhere.includes(raw.path) ? [] : [served.raw]),
    served.labels,
    served.scores,
    served.imports,
  ]);
}

/** A path of an address as people write it; one that is damaged names nothing. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch (cause) {
    if (cause instanceof URIError) return "";
    throw cause;
  }
}

/** @param name encoded, of a file that is there */
function attachment(name: string): Record<string, string> {
  return {
    "content-disposition": `attachment; filename*=UTF-8''${encodeURIComponent(decodeURIComponent(name))}`,
  };
}

/** A report brings its own style, and pictures within itself. */
const REPORT = {
  "content-security-policy":
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; frame-ancestors 'none'",
};

function wholeNumber(name: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new UserError(`${name} is ${JSON.stringify(text)}; expected a whole number from 0`);
}
