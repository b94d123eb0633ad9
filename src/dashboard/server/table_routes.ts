/** The routes of tables of synapses, below `/api/tables` (docs/api.md). */
import { Hono } from "hono";
import { validator } from "hono/validator";
import { UserError } from "../../user_error.ts";
import { volumeOf } from "./body_fields.ts";
import { sendFile } from "./files.ts";
import { FRESH } from "./fresh.ts";
import type { Tables } from "./tables.ts";

const MOST_SIZE = 2 ** 50;

/** Makes the routes. */
export function tableRoutes(tables: Tables) {
  return new Hono()
    .get("/columns/:name", async (c) => {
      const file = await tables.columns(c.req.path.slice(c.req.path.lastIndexOf("/") + 1));
      return file ? await sendFile(c.req.raw, file) : c.notFound();
    })
    .get("/labelled", async (c) => c.json({ voxels: await tables.labelled() }, 200, FRESH))
    .get(
      "/choice/:volume",
      async (c) => c.json(await tables.choice(volumeOf(c.req.param("volume"))), 200, FRESH),
    )
    .post("/choice/:volume", validator("json", chosenOf), async (c) => {
      const index = volumeOf(c.req.param("volume"));
      const chosen = c.req.valid("json");
      if (chosen === "count") await tables.count(index);
      else if (chosen === "stop") tables.stop();
      else await tables.list(index, chosen);
      return c.json(await tables.choice(index), 200, FRESH);
    });
}

/** What is asked for: a table for a threshold, the counts at many, or to stop either. */
function chosenOf(body: unknown) {
  const { threshold, minSize, action } = (body ?? {}) as Readonly<Record<string, unknown>>;
  if (action === "count" || action === "stop") return action;
  if (typeof threshold !== "number" || !Number.isFinite(threshold)) {
    throw new UserError("expected threshold, a number, and minSize, or action: count or stop");
  }
  if (typeof minSize !== "number" || !Number.isSafeInteger(minSize) || minSize < 1 || minSize > MOST_SIZE) {
    throw new UserError("minSize is the least size of a synapse in voxels: expected a whole number from 1");
  }
  return { threshold, minSize };
}
