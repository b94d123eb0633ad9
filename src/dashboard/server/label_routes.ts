/** The routes of a stack of a labelling project, below `/api/label` (docs/api.md). They answer only where a project is shown. */
import { Hono } from "hono";
import { validator } from "hono/validator";
import { exportProject } from "../../label/export.ts";
import { supervoxelAt } from "../../label/grow.ts";
import { shapesBetween } from "../../label/interpolate.ts";
import type { LabelStroke } from "../../label/state.ts";
import { UserError } from "../../user_error.ts";
import { regionBetween } from "../../volume/region.ts";
import { eventStream } from "./events.ts";
import { findRoutes } from "./find_routes.ts";
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
  settingsOf,
  slicesOf,
  strokeOf,
  takenOf,
  verdictOf,
} from "./label_bodies.ts";
import type { ShownStacks } from "./shown_stacks.ts";

/** Longest body of a stroke, bytes. */
export const MOST_STROKE = 1 << 20;

/** Makes the routes of a stack: of the first one, or of the one that the parameter `stack` of the path they are under names. */
export function labelRoutes({ of, learner, search, oneByOne, importOneByOne }: ShownStacks) {
  return new Hono()
    .use("*", async (c, next) => {
      of(c);
      await next();
    })
    .get("/", (c) => c.json(of(c).stack.state(), 200, FRESH))
    .get(
      "/events",
      (c) => eventStream(of(c).stack, c.req.header("last-event-id") ?? c.req.query("after") ?? ""),
    )
    .post(
      "/strokes",
      validator("json", strokeOf),
      async (c) => c.json(await of(c).stack.store.stroke(c.req.valid("json")), 200, FRESH),
    )
    .post(
      "/undo",
      validator("json", nothingOf),
      async (c) => c.json(await of(c).stack.store.undo(), 200, FRESH),
    )
    .post(
      "/redo",
      validator("json", nothingOf),
      async (c) => c.json(await of(c).stack.store.redo(), 200, FRESH),
    )
    .post(
      "/objects",
      validator("json", newObjectOf),
      async (c) => c.json(await of(c).stack.store.addObject(c.req.valid("json").name), 200, FRESH),
    )
    .patch(
      "/objects/:id",
      validator("json", objectChangeOf),
      async (c) => {
        const id = idOf(c.req.param("id"));
        return c.json(await of(c).stack.store.changeObject(id, c.req.valid("json")), 200, FRESH);
      },
    )
    .delete(
      "/objects/:id",
      async (c) => c.json(await of(c).stack.store.removeObject(idOf(c.req.param("id"))), 200, FRESH),
    )
    .post(
      "/settings",
      validator("json", settingsOf),
      async (c) => c.json(await of(c).stack.set(c.req.valid("json")), 200, FRESH),
    )
    .post(
      "/grow",
      validator("json", (body: unknown, c) => growthOf(body, of(c).stack.raw.shape)),
      async (c) => {
        const { id, at } = c.req.valid("json");
        const { raw, store, state } = of(c).stack;
        const { anisotropy, learning } = state();
        const runs = await supervoxelAt(raw, anisotropy ?? 1, learning.supervoxel, at);
        return c.json(await store.stroke(ownStroke(id, runs)), 200, FRESH);
      },
    )
    .post(
      "/interpolate",
      validator("json", (body: unknown, c) => slicesOf(body, of(c).stack.raw.shape)),
      async (c) => {
        const { id, from, to } = c.req.valid("json");
        const { store } = of(c).stack;
        const box = store.summary().objects.find((object) => object.id === id)?.box;
        if (!box) throw new UserError("nothing of this synapse is painted");
        const region = regionBetween(box.begin, box.end);
        const runs = await store.still(() => shapesBetween(store.chunks.volume, id, region, from, to));
        return c.json(await store.stroke(ownStroke(id, runs)), 200, FRESH);
      },
    )
    .get("/found", validator("query", limitsOf), async (c) => {
      const { threshold, minSize } = c.req.valid("query");
      const found = await oneByOne(() => of(c).judge.found(Number(threshold), Number(minSize)));
      return c.json(found, 200, FRESH);
    })
    .get("/candidates", validator("query", limitsOf), async (c) => {
      const { threshold, minSize } = c.req.valid("query");
      const found = await oneByOne(() => of(c).judge.candidates(Number(threshold), Number(minSize)));
      return c.json(found, 200, FRESH);
    })
    .post("/judge", validator("json", verdictOf), async (c) => {
      const { id, verdict } = c.req.valid("json");
      return c.json(await oneByOne(() => of(c).judge.judge(id, verdict)), 200, FRESH);
    })
    .post(
      "/picture",
      validator("json", (body: unknown, c) => pictureOf(body, of(c).stack.raw.shape)),
      async (c) => {
        const { at, subject } = c.req.valid("json");
        if (!learner) throw new UserError("nothing is learned here, so no setting can be shown");
        return c.json(await learner.picture(at, subject, of(c).stack), 200, FRESH);
      },
    )
    .get("/import", (c) => c.json(of(c).importer.state(), 200, FRESH))
    .post("/import/look", validator("json", importOf), async (c) => {
      const { path, means } = c.req.valid("json");
      const { signal } = c.req.raw;
      return c.json(await importOneByOne(() => of(c).importer.look(path, means, signal)), 200, FRESH);
    })
    .post("/import/take", validator("json", takenOf), async (c) => {
      const { version } = c.req.valid("json");
      return c.json(await importOneByOne(() => of(c).importer.take(version)), 200, FRESH);
    })
    .post(
      "/export",
      validator("json", nothingOf),
      async (c) => c.json(await oneByOne(() => exportProject(of(c).project)), 200, FRESH),
    )
    .post(
      "/look",
      validator("json", (body: unknown, c) => lookOf(body, of(c).stack.raw.shape)),
      (c) => {
        learner?.look(c.req.valid("json"), of(c).stack);
        return c.json({ isLearning: learner !== undefined }, 200, FRESH);
      },
    )
    .route("/find", findRoutes(search, of, oneByOne));
}

/** A stroke that the server makes: it paints over nothing. */
function ownStroke(value: number, runs: readonly number[]): LabelStroke {
  return { stroke: crypto.randomUUID(), value, over: "unpainted", runs };
}
