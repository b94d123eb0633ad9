/** The routes by which stacks of a labelling project are searched for synapses, below `/api/label/find` (docs/api.md). */
import { type Context, Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { validator } from "hono/validator";
import type { createQueue } from "../../engine/mod.ts";
import type { Searched } from "../../label/state.ts";
import type { FoundSoFar } from "../found.ts";
import { FRESH } from "./fresh.ts";
import { nothingOf, searchedOf } from "./label_bodies.ts";
import type { ShownSearch, ShownStacks } from "./shown_stacks.ts";

/**
 * Makes the routes.
 * @param search undefined where nothing can be searched: every route answers 404
 * @param of tells the stack that a request is about
 */
export function findRoutes(
  search: ShownSearch | undefined,
  of: ShownStacks["of"],
  oneByOne: ReturnType<typeof createQueue>,
) {
  const shown = () => {
    if (search) return search;
    throw new HTTPException(404, { message: "no stack can be searched here" });
  };
  /** As the page of a stack is told of it. */
  const told = async (c: Context): Promise<FoundSoFar> => {
    const state = shown().find.state(of(c).stack.id);
    const { state: run, fraction, left } = (await shown().watch.model()).summary(Date.now());
    return { ...state, run, fraction, left };
  };
  const searched = (body: unknown, c: Context): Searched => {
    const { stack } = of(c);
    return { ...searchedOf(body, stack.raw.shape), ...(stack.id === "" ? {} : { stack: stack.id }) };
  };
  return new Hono()
    .use("*", async (_c, next) => {
      shown();
      await next();
    })
    .get("/", async (c) => c.json(await told(c), 200, FRESH))
    .post("/", validator("json", searched), async (c) => {
      const where = c.req.valid("json");
      await oneByOne(() => shown().find.start(where));
      return c.json(await told(c), 200, FRESH);
    })
    .post("/plan", validator("json", searched), async (c) => {
      const where = c.req.valid("json");
      return c.json(await oneByOne(() => shown().find.plan(where)), 200, FRESH);
    })
    .post("/resume", validator("json", nothingOf), async (c) => {
      await oneByOne(() => shown().find.resume());
      return c.json(await told(c), 200, FRESH);
    })
    .post("/stop", validator("json", nothingOf), async (c) => {
      shown().find.stop();
      return c.json(await told(c), 200, FRESH);
    });
}
