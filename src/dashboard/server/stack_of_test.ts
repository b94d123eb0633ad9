/** Where the stack of a test volume is in a work folder. */
import { join } from "node:path";
import type { Settings } from "../../config/settings.ts";
import { listArrays } from "./arrays.ts";
import { watchRun } from "./watch.ts";

/** Path of the stack of a test volume in a work folder; undefined where it is not there. */
export async function stackOfTest(
  { work, volume, settings: known }: {
    readonly work: string;
    readonly volume: number;
    /** Those of the run, where they are read already. */
    readonly settings?: Settings;
  },
): Promise<string | undefined> {
  const settings = known ?? (await watchRun(work).model()).settings();
  if (!settings) return undefined;
  const arrays = await listArrays(work, settings);
  const found = arrays.find(({ role, volumes }) => role === "raw" && volumes.includes(`test ${volume}`));
  return found && join(work, found.path);
}
