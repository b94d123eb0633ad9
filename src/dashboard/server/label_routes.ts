/** The routes of a labelling project, below `/api/label` (docs/api.md). They answer only where a project is shown. */
import { Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { validator } from "hono/validator";
import { createQueue } from "../../engine/mod.ts";
import { exportProject } from "../../label/export.ts";
import { supervoxelAt } from "../../label/grow.ts";
import { createImporter } from "../../label/importer.ts";
import { shapesBetween } from "../../label/interpolate.ts";
import { createJudge } from "../../label/judge.ts";
import type { Learner } from "../../label/learner.ts";
import type { LabelProject } from "../../label/project.ts";
import type { LabelStroke } from "../../label/state.ts";
import { UserError } from "../../user_error.ts";
import { regionBetween } from "../../volume/region.ts";
import { eventStream } from "./events.ts";
import { findRoutes, type ShownSearch } from "./find_routes.ts";
import { FRESH } from "./fresh.ts";
import {
  growthOf,
  idOf,
  importOf,
  limitsOf,
  lookOf,
  newObjectOf,
  nothingOf,
  objectChangeOf,
  pictureOf,
  searchedOf,
  settingsOf,
  slicesOf,
  strokeOf,
  takenOf,
  verdictOf,
} from "./label_bodies.ts";

/** Longest body of a stroke, bytes. */
export const MOST_STROKE = 1 << 20;

/** What of a labelling project is shown. */
export interface ShownProject {
  /** Undefined where none is shown: every route answers 404. */
  readonly label?: LabelProject | undefined;
  /** Undefined where nothing is learned. */
  readonly learner?: Learner | undefined;
  /** Undefined where its stack cannot be searched. */
  readonly search?: ShownSearch | undefined;
}

/** Makes the routes. */
export function labelRoutes({ label: project, learner, search }: ShownProject) {
  const shown = () => ofProject(project);
  const judge = project && createJudge(project);
  const importer = project && createImporter(project);
  const oneByOne = createQueue();
  const searchedIn = (body: unknown) => searchedOf(body, shown().raw.shape);
  const importOneByOne = createQueue();
  return new Hono()
    .use("*", async (_c, next) => {
      shown();
      await next();
    })
    .get("/", (c) => c.json(shown().state(), 200, FRESH))
    .get("/events", (c) => eventStream(shown(), c.req.header("last-event-id") ?? c.req.query("after") ?? ""))
    .post(
      "/strokes",
      validator("json", strokeOf),
      async (c) => c.json(await shown().store.stroke(c.req.valid("json")), 200, FRESH),
    )
    .post(
      "/undo",
      validator("json", nothingOf),
      async (c) => c.json(await shown().store.undo(), 200, FRESH),
    )
    .post(
      "/redo",
      validator("json", nothingOf),
      async (c) => c.json(await shown().store.redo(), 200, FRESH),
    )
    .post(
      "/objects",
      validator("json", newObjectOf),
      async (c) => c.json(await shown().store.addObject(c.req.valid("json").name), 200, FRESH),
    )
    .patch(
      "/objects/:id",
      validator("json", objectChangeOf),
      async (c) => {
        const id = idOf(c.req.param("id"));
        return c.json(await shown().store.changeObject(id, c.req.valid("json")), 200, FRESH);
      },
    )
    .delete(
      "/objects/:id",
      async (c) => c.json(await shown().store.removeObject(idOf(c.req.param("id"))), 200, FRESH),
    )
    .post(
      "/settings",
      validator("json", settingsOf),
      async (c) => c.json(await shown().set(c.req.valid("json")), 200, FRESH),
    )
    .post(
      "/grow",
      validator("json", (body: unknown) => growthOf(body, shown().raw.shape)),
      async (c) => {
        const { id, at } = c.req.valid("json");
        const { raw, store, state } = shown();
        const { anisotropy, learning } = state();
        const runs = await supervoxelAt(raw, anisotropy ?? 1, learning.supervoxel, at);
        return c.json(await store.stroke(ownStroke(id, runs)), 200, FRESH);
      },
    )
    .post(
      "/interpolate",
      validator("json", (body: unknown) => slicesOf(body, shown().raw.shape)),
      async (c) => {
        const { id, from, to } = c.req.valid("json");
        const { store } = shown();
        const box = store.summary().objects.find((object) => object.id === id)?.box;
        if (!box) throw new UserError("nothing of this synapse is painted");
        const region = regionBetween(box.begin, box.end);
        const runs = await store.still(() => shapesBetween(store.chunks.volume, id, region, from, to));
        return c.json(await store.stroke(ownStroke(id, runs)), 200, FRESH);
      },
    )
    .get("/found", validator("query", limitsOf), async (c) => {
      const { threshold, minSize } = c.req.valid("query");
      const found = await oneByOne(() => ofProject(judge).found(Number(threshold), Number(minSize)));
      return c.json(found, 200, FRESH);
    })
    .get("/candidates", validator("query", limitsOf), async (c) => {
      const { threshold, minSize } = c.req.valid("query");
      const found = await oneByOne(() => ofProject(judge).candidates(Number(threshold), Number(minSize)));
      return c.json(found, 200, FRESH);
    })
    .post("/judge", validator("json", verdictOf), async (c) => {
      const { id, verdict } = c.req.valid("json");
      return c.json(await oneByOne(() => ofProject(judge).judge(id, verdict)), 200, FRESH);
    })
    .post("/picture", validator("json", (body: unknown) => pictureOf(body, shown().raw.shape)), async (c) => {
      const { at, subject } = c.req.valid("json");
      if (!learner) throw new UserError("nothing is learned here, so no setting can be shown");
      return c.json(await learner.picture(at, subject), 200, FRESH);
    })
    .get("/import", (c) => c.json(ofProject(importer).state(), 200, FRESH))
    .post("/import/look", validator("json", importOf), async (c) => {
      const { path, means } = c.req.valid("json");
      const { signal } = c.req.raw;
      return c.json(await importOneByOne(() => ofProject(importer).look(path, means, signal)), 200, FRESH);
    })
    .post("/import/take", validator("json", takenOf), async (c) => {
      const { version } = c.req.valid("json");
      return c.json(await importOneByOne(() => ofProject(importer).take(version)), 200, FRESH);
    })
    .post(
      "/export",
      validator("json", nothingOf),
      async (c) => c.json(await oneByOne(() => exportProject(shown())), 200, FRESH),
    )
    .post(
      "/look",
      validator("json", (body: unknown) => lookOf(body, shown().raw.shape)),
      (c) => {
        learner?.look(c.req.valid("json"));
        return c.json({ isLearning: learner !== undefined }, 200, FRESH);
      },
    )
    .route("/find", findRoutes(search, searchedIn, oneByOne));
}

/** What there is where a project is shown. */
function ofProject<T>(part: T | undefined): T {
  if (part !== undefined) return part;
  throw new HTTPException(404, { message: "no labelling project is shown here" });
}

/** A stroke that the server makes: it paints over nothing. */
function ownStroke(value: number, runs: readonly number[]): LabelStroke {
  return { stroke: crypto.randomUUID(), value, over: "unpainted", runs };
}
