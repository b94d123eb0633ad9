/** What the page asks of a labelling project. */
import type {
  Candidates,
  Found,
  ImportLook,
  Judgement,
  LabelChange,
  LabelObject,
  LabelPolarity,
  LabelState,
  LabelStroke,
  LearnSettings,
  Meaning,
  PictureSubject,
  SettingPicture,
  Verdict,
} from "../../api.ts";
import type { Box, FindPlan, FoundSoFar } from "../../found.ts";
import type { Zyx } from "../../../volume/region.ts";
import type { Exported } from "../../../label/export.ts";
import type { NearStack } from "../../../label/near_stack.ts";
import { bodyOf, client, clientOf } from "../client.ts";
import { Unreachable } from "../unreachable.ts";

/** What the page asks of one stack. */
export type LabelApi = ReturnType<typeof labelApiOf>;

/** Where the routes of a stack begin. @param stack its id */
export function stackPath(stack: string): string {
  return stack === "" ? "/api/label" : `/api/label/stacks/${encodeURIComponent(stack)}`;
}

/** Calls the routes of a stack, which are the same for all. @param stack its id */
export function labelApiOf(stack: string) {
  const routes = clientOf("/api/label", stackPath(stack)).api.label;
  return {
    state: () => answer<LabelState>(routes.$get()),
    stroke: (stroke: LabelStroke) => answer<LabelChange>(routes.strokes.$post({ json: stroke })),
    undo: () => answer<LabelChange>(routes.undo.$post({ json: {} })),
    redo: () => answer<LabelChange>(routes.redo.$post({ json: {} })),
    newObject: () => answer<LabelObject>(routes.objects.$post({ json: {} })),
    changeObject: (id: number, change: { readonly name?: string; readonly polarity?: LabelPolarity }) =>
      answer<LabelObject>(routes.objects[":id"].$patch({ param: { id: String(id) }, json: change })),
    deleteObject: (id: number) =>
      answer<LabelChange>(routes.objects[":id"].$delete({ param: { id: String(id) } })),
    settings: (
      change: { readonly voxelSize?: Zyx; readonly anisotropy?: number; readonly learning?: LearnSettings },
    ) => answer<LabelState>(routes.settings.$post({ json: change })),
    grow: (id: number, at: Zyx) => answer<LabelChange>(routes.grow.$post({ json: { id, at } })),
    interpolate: (id: number, from: number, to: number) =>
      answer<LabelChange>(routes.interpolate.$post({ json: { id, from, to } })),
    look: (look: { readonly at: Zyx; readonly box: Box }) =>
      // the type of the route has the region that the server makes of begin and end
      answer<unknown>(routes.look.$post({ json: look as never })),
    found: (threshold: number, minSize: number) =>
      answer<Found>(
        routes.found.$get({ query: { threshold: String(threshold), minSize: String(minSize) } as never }),
      ),
    candidates: (threshold: number, minSize: number) =>
      answer<Candidates>(
        routes.candidates.$get({ query: { threshold: String(threshold), minSize: String(minSize) } }),
      ),
    judge: (id: string, verdict: Verdict) => answer<Judgement>(routes.judge.$post({ json: { id, verdict } })),
    find: () => answer<FoundSoFar>(routes.find.$get()),
    planFind: (where: Where) => answer<FindPlan>(routes.find.plan.$post({ json: where as never })),
    startFind: (where: Where) => answer<FoundSoFar>(routes.find.$post({ json: where as never })),
    resumeFind: () => answer<FoundSoFar>(routes.find.resume.$post({ json: {} as never })),
    stopFind: () => answer<FoundSoFar>(routes.find.stop.$post({ json: {} as never })),
    picture: (at: readonly number[], subject: PictureSubject) =>
      answer<SettingPicture>(routes.picture.$post({ json: { at, subject } as never })),
    imports: () => answer<NearStack>(routes.import.$get()),
    lookAtLabels(path: string, means: readonly Meaning[] | undefined, signal: AbortSignal) {
      const json = { path, ...(means ? { means } : {}) } as never;
      return answer<ImportLook>(routes.import.look.$post({ json }, { init: { signal } }));
    },
    takeLabels: (version: number) =>
      answer<LabelChange>(routes.import.take.$post({ json: { version } as never })),
    export: () => answer<Exported>(routes.export.$post({ json: {} })),
  };
}

/** What the page asks of the project. */
export const stacksApi = {
  state: () => answer<NearStack>(client.api.label.stacks.$get()),
  add: (path: string, signal: AbortSignal) =>
    answer<{ readonly id: string; readonly notes: readonly string[] }>(
      client.api.label.stacks.$post({ json: { path } }, { init: { signal } }),
    ),
};

/** What is to be searched: a part of the stack, another volume, all stacks, or, with none of these, the whole stack. */
export interface Where {
  readonly all?: true;
  readonly box?: Box;
  readonly volume?: string;
}

interface Answer {
  readonly ok: boolean;
  readonly status: number;
  json(): Promise<unknown>;
}

/** @throws {Unreachable} where nobody answers or the server fails, {Error} with what it says is wrong */
async function answer<T>(asked: Promise<Answer>): Promise<T> {
  const given = await asked;
  try {
    return await bodyOf(given) as T;
  } catch (cause) {
    if (given.status < 500) throw cause;
    throw new Unreachable(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}
