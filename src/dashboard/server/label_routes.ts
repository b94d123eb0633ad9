/** The routes of a labelling project, below `/api/label` (docs/api.md). They answer only where a project is shown. */
import { type Context, Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { validator } from "hono/validator";
import { exportProject } from "../../label/export.ts";
import type { Learner } from "../../label/learner.ts";
import type { LabelProject } from "../../label/project.ts";
import { isAnisotropy, isVoxelSize } from "../../label/project_file.ts";
import type { LabelPolarity, LabelStroke } from "../../label/state.ts";
import { supervoxelAt } from "../../label/grow.ts";
import { shapesBetween } from "../../label/interpolate.ts";
import type { Look } from "../../label/live.ts";
import { isPolarity } from "../../stages/training/polarity_answers.ts";
import { UserError } from "../../user_error.ts";
import { zipAxes, type Zyx } from "../../volume/region.ts";
import { eventStream } from "./events.ts";

/** Longest body of a stroke, bytes. */
export const MOST_STROKE = 1 << 20;

const FRESH = { "cache-control": "no-store" };

/**
 * Makes the routes.
 * @param project undefined where none is shown: every route answers 404
 * @param learner undefined where nothing is learned
 */
export function labelRoutes(project: LabelProject | undefined, learner: Learner | undefined) {
  const shown = () => {
    if (project) return project;
    throw new HTTPException(404, { message: "no labelling project is shown here" });
  };
  return new Hono()
    .use("*", async (_c, next) => {
      shown();
      await next();
    })
    .get("/", (c) => c.json(shown().state(), 200, FRESH))
    .get("/events", (c) => eventStream(shown(), c.req.header("last-event-id") ?? c.req.query("after") ?? ""))
    .post(
      "/strokes",
      validator("json", (body: unknown) => strokeOf(body)),
      async (c) => c.json(await shown().store.stroke(c.req.valid("json")), 200, FRESH),
    )
    .post("/undo", nothing, async (c) => c.json(await shown().store.undo(), 200, FRESH))
    .post("/redo", nothing, async (c) => c.json(await shown().store.redo(), 200, FRESH))
    .post(
      "/objects",
      validator("json", (body: unknown) => {
        const { name } = fieldsOf(body, ["name"]);
        return name === undefined ? {} : { name: textOf("name", name) };
      }),
      async (c) => c.json(await shown().store.addObject(c.req.valid("json").name), 200, FRESH),
    )
    .patch(
      "/objects/:id",
      validator("json", (body: unknown) => {
        const { name, polarity } = fieldsOf(body, ["name", "polarity"]);
        return {
          ...(name === undefined ? {} : { name: textOf("name", name) }),
          ...(polarity === undefined ? {} : { polarity: polarityOf(polarity) }),
        };
      }),
      async (c) => c.json(await shown().store.changeObject(idOf(c), c.req.valid("json")), 200, FRESH),
    )
    .delete("/objects/:id", async (c) => c.json(await shown().store.removeObject(idOf(c)), 200, FRESH))
    .post(
      "/settings",
      validator("json", (body: unknown) => {
        const { voxelSize, anisotropy } = fieldsOf(body, ["voxelSize", "anisotropy"]);
        if (voxelSize !== undefined && !isVoxelSize(voxelSize)) {
          throw new UserError("voxelSize: expected z, y and x in nm, each above 0");
        }
        if (anisotropy !== undefined && !isAnisotropy(anisotropy)) {
          throw new UserError("anisotropy: expected a number from 1 to 1000");
        }
        return {
          ...(voxelSize === undefined ? {} : { voxelSize }),
          ...(anisotropy === undefined ? {} : { anisotropy }),
        };
      }),
      async (c) => c.json(await shown().setScale(c.req.valid("json")), 200, FRESH),
    )
    .post(
      "/grow",
      validator("json", (body: unknown) => {
        const { id, at } = fieldsOf(body, ["id", "at"]);
        if (!isWhole(id, MOST_VALUE) || !isPlace(at, shown().raw.shape)) {
          throw new UserError("expected id, and at: z, y, x of a voxel of the stack");
        }
        return { id, at };
      }),
      async (c) => {
        const { id, at } = c.req.valid("json");
        const { raw, store, state } = shown();
        const runs = await supervoxelAt(raw, state().anisotropy ?? 1, at);
        return c.json(await store.stroke(ownStroke(id, runs)), 200, FRESH);
      },
    )
    .post(
      "/interpolate",
      validator("json", (body: unknown) => {
        const { id, from, to } = fieldsOf(body, ["id", "from", "to"]);
        const [depth] = shown().raw.shape;
        if (!isWhole(id, MOST_VALUE) || !isWhole(from, depth - 1) || !isWhole(to, depth - 1)) {
          throw new UserError("expected id, and from and to: slices of the stack");
        }
        return { id, from, to };
      }),
      async (c) => {
        const { id, from, to } = c.req.valid("json");
        const { store } = shown();
        const box = store.summary().objects.find((object) => object.id === id)?.box;
        if (!box) throw new UserError("nothing of this synapse is painted");
        const region = { start: box.begin, shape: zipAxes((end, begin) => end - begin, box.end, box.begin) };
        const runs = await store.still(() => shapesBetween(store.chunks.volume, id, region, from, to));
        return c.json(await store.stroke(ownStroke(id, runs)), 200, FRESH);
      },
    )
    .post("/export", nothing, async (c) => c.json(await exportProject(shown()), 200, FRESH))
    .post(
      "/look",
      validator("json", (body: unknown) => lookOf(body, shown().raw.shape)),
      (c) => {
        learner?.look(c.req.valid("json"));
        return c.json({ isLearning: learner !== undefined }, 200, FRESH);
      },
    );
}

/** A stroke that the server makes: it paints over nothing. */
function ownStroke(value: number, runs: readonly number[]): LabelStroke {
  return { stroke: crypto.randomUUID(), value, over: "unpainted", runs };
}

/** A body of `{}`. */
const nothing = validator("json", (body: unknown) => {
  fieldsOf(body, []);
  return {};
});

/** @throws {UserError} where a body is no object, or has other fields */
function fieldsOf<Name extends string>(
  body: unknown,
  names: readonly Name[],
): Partial<Record<Name, unknown>> {
  const isObject = typeof body === "object" && body !== null && !Array.isArray(body);
  const strange = isObject
    ? Object.keys(body).find((name) => !names.some((known) => known === name))
    : undefined;
  if (isObject && strange === undefined) return body;
  const expected = names.length === 0 ? "an empty JSON object" : `a JSON object with ${names.join(", ")}`;
  throw new UserError(
    `expected ${expected}${strange === undefined ? "" : `, not ${JSON.stringify(strange)}`}`,
  );
}

function textOf(name: string, value: unknown): string {
  if (typeof value === "string") return value;
  throw new UserError(`${name}: expected a text`);
}

function polarityOf(value: unknown): LabelPolarity {
  if (value === null || value === "cannot tell" || isPolarity(value)) return value;
  throw new UserError('polarity: expected three of -1, 0, 1, not all 0, or "cannot tell" or null');
}

function idOf(c: Context): number {
  const text = c.req.param("id") ?? "";
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new UserError(`the id of a synapse is a whole number, not ${JSON.stringify(text.slice(0, 40))}`);
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const MOST_VALUE = 2 ** 32 - 1;

function strokeOf(body: unknown): LabelStroke {
  const { stroke, value, over, runs } = fieldsOf(body, ["stroke", "value", "over", "runs"]);
  if (typeof stroke !== "string" || !UUID.test(stroke)) throw new UserError("stroke: expected a UUID");
  if (!isWhole(value, MOST_VALUE)) {
    throw new UserError("value: expected 0 (unsure), 1 (no synapse) or the id of a synapse");
  }
  const isRule = over === "all" || over === "unpainted";
  if (!isRule && !(Array.isArray(over) && over.every((one) => isWhole(one, MOST_VALUE)))) {
    throw new UserError('over: expected "all", "unpainted" or the values that may be replaced');
  }
  if (!Array.isArray(runs) || runs.length === 0 || runs.length % 4 !== 0 || !runs.every((n) => isWhole(n))) {
    throw new UserError("runs: expected z, y, x and length of one run after the other, in whole numbers");
  }
  if (runs.some((length: number, i) => i % 4 === 3 && length === 0)) {
    throw new UserError("runs: a run has at least one voxel");
  }
  return { stroke: stroke.toLowerCase(), value, over: over as LabelStroke["over"], runs: runs as number[] };
}

function lookOf(body: unknown, shape: Zyx): Look {
  const { at, box } = fieldsOf(body, ["at", "box"]);
  const { begin, end } = fieldsOf(box, ["begin", "end"]);
  if (!isPlace(at, shape) || !isPlace(begin, shape) || !isTriple(end)) {
    throw new UserError(
      "expected at, and box with begin and end: z, y, x in voxels of the stack, in whole numbers",
    );
  }
  if (end.some((to, axis) => to <= (begin[axis] ?? 0) || to > (shape[axis] ?? 0))) {
    throw new UserError("box: end lies beyond begin on each axis, and in the stack");
  }
  return { at, box: { start: begin, shape: zipAxes((to, from) => to - from, end, begin) } };
}

function isTriple(value: unknown): value is Zyx {
  return Array.isArray(value) && value.length === 3 && value.every((n) => isWhole(n));
}

function isPlace(value: unknown, shape: Zyx): value is Zyx {
  return isTriple(value) && value.every((at, axis) => at < (shape[axis] ?? 0));
}

function isWhole(value: unknown, most = 2 ** 31 - 1): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= most;
}
