/** The routes by which a labelling project's stack is searched for synapses, below `/api/label/find` (docs/api.md). */
import { Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { validator } from "hono/validator";
import type { createQueue } from "../../engine/mod.ts";
import type { FindAll } from "../../label/find_all.ts";
import type { FindState, Searched } from "../../label/state.ts";
import type { FoundSoFar } from "../found.ts";
import { FRESH } from "./fresh.ts";
import { nothingOf } from "./label_bodies.ts";
import type { Watch } from "./watch.ts";

/** The search of a project's stack, and its run. */
export interface ShownSearch {
  readonly find: FindAll;
  readonly watch: Watch;
}

/**
 * Makes the routes.
 * @param search undefined where nothing can be searched: every route answers 404
 * @param searchedIn reads from a body what is to be searched
 */
export function findRoutes(
  search: ShownSearch | undefined,
  searchedIn: (body: unknown) => Searched,
  oneByOne: ReturnType<typeof createQueue>,
) {
  const shown = () => {
    if (search) return search;
    throw new HTTPException(404, { message: "no stack can be searched here" });
  };
  const told = async (state: FindState): Promise<FoundSoFar> => {
    const { state: run, fraction, left } = (await shown().watch.model()).summary(Date.now());
    return { ...state, run, fraction, left };
  };
  return new Hono()
    .use("*", async (_c, next) => {
      shown();
      await next();
    })
    .get("/", async (c) => c.json(await told(shown().find.state()), 200, FRESH))
    .post("/", validator("json", searchedIn), async (c) => {
      const where = c.req.valid("json");
      return c.json(await told(await oneByOne(() => shown().find.start(where))), 200, FRESH);
    })
    .post("/plan", validator("json", searchedIn), async (c) => {
      const where = c.req.valid("json");
      return c.json(await oneByOne(() => shown().find.plan(where)), 200, FRESH);
    })
    .post("/resume", validator("json", nothingOf), async (c) => {
      return c.json(await told(await oneByOne(() => shown().find.resume())), 200, FRESH);
    })
    .post("/stop", validator("json", nothingOf), async (c) => {
      return c.json(await told(shown().find.stop()), 200, FRESH);
    });
}
