/** The routes of reviews of tables, below `/api/review` (docs/api.md). */
import { Hono } from "hono";
import { validator } from "hono/validator";
import { LONGEST_COMMENT, MOST_PARTS } from "../../stages/synapses/review/actions.ts";
import type { Verdict } from "../../stages/synapses/review/records.ts";
import { UserError } from "../../user_error.ts";
import type { Zyx } from "../../volume/region.ts";
import { fieldsOf, isTriple, isWhole, textOf, UUID, volumeOf } from "./body_fields.ts";
import { FRESH } from "./fresh.ts";
import type { AskedReview, Reviews } from "./review.ts";

const MOST_ID = 2 ** 32 - 1;

/** Makes the routes. */
export function reviewRoutes(reviews: Reviews) {
  return new Hono()
    .get("/:volume", async (c) => c.json(await reviews.state(volumeOf(c.req.param("volume"))), 200, FRESH))
    .get("/:volume/items", async (c) => {
      return c.json(await reviews.items(volumeOf(c.req.param("volume"))), 200, FRESH);
    })
    .get("/:volume/at", validator("query", ({ z, y, x }) => ({ at: placeOf([z, y, x]) })), async (c) => {
      const volume = volumeOf(c.req.param("volume"));
      return c.json({ id: await reviews.at(volume, c.req.valid("query").at) }, 200, FRESH);
    })
    .post("/:volume", validator("json", actionOf), async (c) => {
      const volume = volumeOf(c.req.param("volume"));
      return c.json(await reviews.act(volume, c.req.valid("json")), 200, FRESH);
    });
}

/** Fields of each kind of action, besides `action` and `kind`. */
const FIELDS = {
  verdict: ["id", "verdict"],
  comment: ["id", "comment"],
  flip: ["id"],
  split: ["id", "seeds"],
  merge: ["ids"],
  add: ["id", "runs"],
  grow: ["id", "at"],
  undo: [],
  redo: [],
} as const satisfies Record<AskedReview["kind"], readonly string[]>;

const VERDICTS: readonly unknown[] = ["accepted", "rejected", "unsure", null];

/** @throws {UserError} where a body is no action */
function actionOf(body: unknown): AskedReview {
  const { kind: given } = (body ?? {}) as { readonly kind?: unknown };
  if (typeof given !== "string" || !Object.hasOwn(FIELDS, given)) {
    throw new UserError(`kind: expected ${Object.keys(FIELDS).join(", ")}`);
  }
  const kind = given as AskedReview["kind"];
  const known = fieldsOf(body, ["action", "kind", ...FIELDS[kind]]) as Readonly<Record<string, unknown>>;
  const { action } = known;
  if (typeof action !== "string" || !UUID.test(action)) throw new UserError("action: expected a UUID");
  return { action: action.toLowerCase(), ...detailsOf(kind, known) } as AskedReview;
}

function detailsOf(
  kind: AskedReview["kind"],
  { id, ids, verdict, comment, seeds, runs, at }: Readonly<Record<string, unknown>>,
) {
  switch (kind) {
    case "verdict":
      if (!VERDICTS.includes(verdict)) {
        throw new UserError('verdict: expected "accepted", "rejected", "unsure" or null');
      }
      return { kind, id: idOf(id), verdict: verdict as Verdict | null };
    case "comment": {
      const text = textOf("comment", comment);
      if (text.length > LONGEST_COMMENT) {
        throw new UserError(`a comment has at most ${LONGEST_COMMENT} characters`);
      }
      return { kind, id: idOf(id), comment: text };
    }
    case "flip":
      return { kind, id: idOf(id) };
    case "split":
      if (!Array.isArray(seeds) || seeds.length > MOST_PARTS || !seeds.every(isTriple)) {
        throw new UserError(`seeds: expected z, y, x of a voxel in each part, ${MOST_PARTS} parts at most`);
      }
      return { kind, id: idOf(id), seeds: seeds as Zyx[] };
    case "merge":
      if (!Array.isArray(ids) || ids.length > MOST_PARTS) {
        throw new UserError(`ids: expected the synapses that are one, ${MOST_PARTS} at most`);
      }
      return { kind, ids: ids.map(idOf) };
    case "add":
      return { kind, id: id === null ? null : idOf(id), runs: runsOf(runs) };
    case "grow":
      if (!isTriple(at)) throw new UserError("at: expected z, y, x of a voxel");
      return { kind, id: id === null ? null : idOf(id), at };
    case "undo":
    case "redo":
      return { kind };
  }
}

/** The number of a synapse; below 0 of one that was missed. */
function idOf(id: unknown): number {
  if (typeof id === "number" && isWhole(Math.abs(id), MOST_ID)) return id;
  throw new UserError("id: expected the number of a synapse");
}

/** @throws {UserError} where these are no runs of voxels */
function runsOf(runs: unknown): readonly number[] {
  const isRuns = Array.isArray(runs) && runs.length > 0 && runs.length % 4 === 0 &&
    runs.every((n) => isWhole(n));
  if (isRuns && runs.every((n, i) => i % 4 < 3 || n > 0)) return runs as number[];
  throw new UserError("runs: expected z, y, x and length of one run after the other, in whole numbers");
}

function placeOf(texts: readonly unknown[]): Zyx {
  const [z = NaN, y = NaN, x = NaN] = texts.map((text) =>
    typeof text === "string" && /^\d{1,9}$/.test(text) ? Number(text) : NaN
  );
  if ([z, y, x].every((n) => isWhole(n))) return [z, y, x];
  throw new UserError("expected z, y and x of a voxel");
}
