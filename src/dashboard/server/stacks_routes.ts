/** The routes by which stacks are added to a labelling project, below `/api/label/stacks` (docs/api.md). */
import { Hono } from "hono";
import { validator } from "hono/validator";
import { createStackAdder } from "../../label/stack_adder.ts";
import { FRESH } from "./fresh.ts";
import { pathOf } from "./label_bodies.ts";
import type { ShownStacks } from "./shown_stacks.ts";

/** Makes the routes. They answer only where a project is shown. */
export function stacksRoutes({ of, importOneByOne }: ShownStacks) {
  let adder: ReturnType<typeof createStackAdder> | undefined;
  const adding = (c: Parameters<typeof of>[0]) => adder ??= createStackAdder(of(c).project);
  return new Hono()
    .get("/", (c) => c.json(adding(c).state(), 200, FRESH))
    .post("/", validator("json", pathOf), async (c) => {
      const { path } = c.req.valid("json");
      const { signal } = c.req.raw;
      const { stack: { id }, notes } = await importOneByOne(() => adding(c).add(path, signal));
      return c.json({ id, notes }, 200, FRESH);
    });
}
