/** The routes of the dashboard (docs/api.md). Reading apart, it does two things: keep answers on polarity, and stop a run that it was started with. */
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { HTTPException } from "hono/http-exception";
import { validator } from "hono/validator";
import { formatSettings } from "../../config/settings.ts";
import { UserError } from "../../user_error.ts";
import { isLeftOutReason, isPolarity } from "../../stages/training/polarity_answers.ts";
import { chunksOfLayer, listArrays } from "./arrays.ts";
import { eventStream } from "./events.ts";
import { containedFile, sendFile } from "./files.ts";
import { guard, type GuardOptions } from "./guard.ts";
import { type Answer, answerPolarity, polarityState } from "./polarity.ts";
import { listResults, resultFile } from "./results.ts";
import type { Watch } from "./watch.ts";

/** What the routes need. */
export interface AppOptions extends GuardOptions {
  readonly watch: Watch;
  /** Folder of the built page. */
  readonly pageFolder: string;
  /** The only array that is shown, a path below the folder; empty: all. */
  readonly only?: string | undefined;
  /** Whether a volume is shown, and no run. */
  readonly isVolume?: boolean | undefined;
  /** Stops the run; absent where the server cannot. */
  readonly onStop?: (() => void) | undefined;
}

/** Longest body that is taken, bytes. An answer has about 60. */
const MOST_BODY = 4096;

/** The type of the routes, from which the page's client is derived. */
export type App = ReturnType<typeof createApp>;

/** Makes the routes. */
export function createApp(options: AppOptions) {
  const { watch, pageFolder, only = "", onStop, isVolume = false } = options;
  const { workFolder } = watch;
  return new Hono()
    .onError((error, c) => {
      if (error instanceof UserError) return c.json({ error: error.message }, 400);
      if (error instanceof HTTPException) return c.json({ error: error.message }, error.status);
      return c.json({ error: `internal failure: ${error.message}` }, 500);
    })
    .notFound((c) => c.json({ error: "there is nothing here" }, 404))
    .use(guard(options))
    .use(bodyLimit({
      maxSize: MOST_BODY,
      onError: (c) => c.json({ error: `a body may have ${MOST_BODY} bytes` }, 413),
    }))
    .get(
      "/api/run",
      async (c) => c.json({ ...await watch.snapshot(), canStop: onStop !== undefined, isVolume }, 200, FRESH),
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
      return c.json(await listArrays(workFolder, (await watch.model()).settings(), only), 200, FRESH);
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
        const isShown = only === "" || path === only || path.startsWith(`${only}/`);
        const chunks = isShown ? await chunksOfLayer(workFolder, urlPath, layer, component) : undefined;
        return c.json({ chunks: chunks ?? null }, 200, FRESH);
      },
    )
    .get("/api/results", async (c) => c.json(await listResults(workFolder), 200, FRESH))
    .get(
      "/api/polarity",
      async (c) => c.json(await polarityState(workFolder, await watch.model()), 200, FRESH),
    )
    .post(
      "/api/polarity",
      validator("json", (body: unknown) => {
        const { id, polarity } = (body ?? {}) as { readonly id?: unknown; readonly polarity?: unknown };
        const isAnswer = polarity === null || isPolarity(polarity) || isLeftOutReason(polarity);
        if (typeof id !== "number" || !Number.isSafeInteger(id) || !isAnswer) {
          throw new UserError(
            'expected id, and polarity: three of -1, 0, 1, not all 0, or "cannot tell", "no synapse" or null',
          );
        }
        return { id, polarity: polarity as Answer };
      }),
      async (c) => {
        const { id, polarity } = c.req.valid("json");
        const model = await watch.model();
        await answerPolarity(workFolder, model, id, polarity);
        return c.json(await polarityState(workFolder, model), 200, FRESH);
      },
    )
    .post("/api/stop", validator("json", () => ({})), (c) => {
      if (!onStop) {
        throw new UserError("this page only looks on; stop the run where it was started, with Ctrl-C");
      }
      onStop();
      return c.json({ isStopping: true }, 200, FRESH);
    })
    .get("/files/:name", async (c) => {
      const name = new URL(c.req.url).pathname.slice("/files/".length);
      const file = await resultFile(workFolder, name);
      if (!file) return c.notFound();
      const disposition = `attachment; filename*=UTF-8''${encodeURIComponent(decodeURIComponent(name))}`;
      return await sendFile(c.req.raw, file, { "content-disposition": disposition });
    })
    .get("/zarr/*", async (c) => {
      const path = new URL(c.req.url).pathname.slice("/zarr/".length);
      const isShown = only === "" || path.startsWith(`${encodeURIComponent(only)}/`);
      const file = isShown ? await containedFile(workFolder, path) : undefined;
      return file ? await sendFile(c.req.raw, file) : c.notFound();
    })
    .get("/*", async (c) => {
      const { pathname } = new URL(c.req.url);
      const file = await containedFile(pageFolder, pathname === "/" ? "index.html" : pathname.slice(1));
      return file ? await sendFile(c.req.raw, file) : c.notFound();
    });
}

const FRESH = { "cache-control": "no-store" };

function wholeNumber(name: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new UserError(`${name} is ${JSON.stringify(text)}; expected a whole number from 0`);
}
