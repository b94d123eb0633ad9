/** A tiny job whose polarity is not known, and the right answers. */
import assert from "node:assert/strict";
import { MissingPolarityError, type NamedComponent } from "../../src/stages/training/polarity.ts";
import { runJob } from "../helpers/run_job.ts";
import { POLARITIES } from "../helpers/run_tiny.ts";

/** Runs the tiny job of a folder, which must end for want of polarity. */
export async function unanswered(
  folder: string,
  { work, set }: { readonly work: string; readonly set: readonly string[] },
) {
  let missing: readonly NamedComponent[] = [];
  await assert.rejects(runJob(folder, { work, set }), (error: Error) => {
    assert.ok(error instanceof MissingPolarityError);
    missing = error.components;
    return true;
  });
  const entries = POLARITIES.map((text) => /\[.*?\].*?(\[.*?\])/.exec(text)?.[1] ?? "");
  const answers = missing.map(({ position: [z, y, x] }, i) => ({
    pos: [x, y, z] as const,
    polarity: JSON.parse(entries[i] ?? ""),
  }));
  return { missing, answers };
}
