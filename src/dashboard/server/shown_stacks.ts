/** The stacks of the labelling project that is shown, and what answers for each. */
import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import { createQueue } from "../../engine/mod.ts";
import type { FindAll } from "../../label/find_all.ts";
import { createImporter, type Importer } from "../../label/importer.ts";
import { createJudge, type Judge } from "../../label/judge.ts";
import type { Learner } from "../../label/learner.ts";
import type { LabelProject } from "../../label/project.ts";
import type { LabelStack } from "../../label/stack.ts";
import type { Watch } from "./watch.ts";

/** The search of a project's stacks, and its run. */
export interface ShownSearch {
  readonly find: FindAll;
  readonly watch: Watch;
}

/** What of a labelling project is shown. */
export interface ShownProject {
  /** Undefined where none is shown: every route answers 404. */
  readonly label?: LabelProject | undefined;
  /** Undefined where nothing is learned. */
  readonly learner?: Learner | undefined;
  /** Undefined where its stacks cannot be searched. */
  readonly search?: ShownSearch | undefined;
}

/** A stack, and what answers for it. */
export interface ShownStack {
  readonly project: LabelProject;
  readonly stack: LabelStack;
  readonly judge: Judge;
  readonly importer: Importer;
}

/** All stacks of what is shown. */
export interface ShownStacks extends Omit<ShownProject, "label"> {
  /** The stack that a request is about: the parameter `stack` of its path, or the first one. @throws {HTTPException} where there is none */
  of(c: Context): ShownStack;
  /** What must not overlap: candidates, exports and searches; and reading other volumes, which takes memory. */
  readonly oneByOne: ReturnType<typeof createQueue>;
  readonly importOneByOne: ReturnType<typeof createQueue>;
}

/** Begins to answer for the stacks of a project, also for those that are added later. */
export function shownStacks({ label: project, learner, search }: ShownProject): ShownStacks {
  const known = new Map<string, ShownStack>();
  project?.eachStack((stack) =>
    known.set(stack.id, {
      project,
      stack,
      judge: createJudge(stack, project.stacks),
      importer: createImporter(stack),
    })
  );
  return {
    learner,
    search,
    oneByOne: createQueue(),
    importOneByOne: createQueue(),
    of(c) {
      const id = c.req.param("stack") ?? "";
      const found = known.get(id);
      if (found) return found;
      const message = project
        ? `the project that is shown here has no stack ${JSON.stringify(id.slice(0, 80))}`
        : "no labelling project is shown here";
      throw new HTTPException(404, { message });
    },
  };
}
