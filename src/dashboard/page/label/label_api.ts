/** What the page asks of a labelling project. */
import type { LabelChange, LabelObject, LabelPolarity, LabelState, LabelStroke } from "../../api.ts";
import type { Zyx } from "../../../volume/region.ts";
import { addressOf, bodyOf } from "../client.ts";

/** The server could not be asked, or failed: it may be asked again. */
export class Unreachable extends Error {
  override name = "Unreachable";
}

export const labelApi = {
  state: () => ask<LabelState>("GET", "/api/label"),
  stroke: (stroke: LabelStroke) => ask<LabelChange>("POST", "/api/label/strokes", stroke),
  undo: () => ask<LabelChange>("POST", "/api/label/undo", {}),
  redo: () => ask<LabelChange>("POST", "/api/label/redo", {}),
  newObject: () => ask<LabelObject>("POST", "/api/label/objects", {}),
  changeObject: (id: number, change: { readonly name?: string; readonly polarity?: LabelPolarity }) =>
    ask<LabelObject>("PATCH", `/api/label/objects/${id}`, change),
  deleteObject: (id: number) => ask<unknown>("DELETE", `/api/label/objects/${id}`),
  settings: (change: { readonly voxelSize?: Zyx; readonly anisotropy?: number }) =>
    ask<unknown>("POST", "/api/label/settings", change),
};

/** @throws {Unreachable} where nobody answers or the server fails, {Error} with what it says is wrong */
async function ask<T>(method: string, path: string, body?: unknown): Promise<T> {
  let answer: Response;
  try {
    answer = await fetch(addressOf(path), {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    });
  } catch (cause) {
    throw new Unreachable("the program that shows this page cannot be reached", { cause });
  }
  if (answer.status >= 500) {
    const { error } = await answer.json().catch(() => ({})) as { readonly error?: string };
    throw new Unreachable(error ?? `the server answered ${answer.status}`);
  }
  return await bodyOf(answer as { ok: boolean; status: number; json(): Promise<T> });
}
