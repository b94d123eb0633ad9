/** Files that a killed run left under way: they never got their names, and nothing will ever read them. */
import { basename, dirname, join } from "node:path";
import { removeIfExists } from "../volume/file.ts";

/** Names that no other process uses end so. */
const UNNAMED = /\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.(partial|tmp)$/;

/** Removes them from a run's work folder, and from beside its results. */
export function removeLeftovers(workFolder: string, outFileName: string): void {
  const prefix = `${basename(outFileName)}-`; // with its hyphen: a run of `out2` may be at work beside one of `out`
  const isOwn = (name: string) => name.startsWith(prefix) || name.startsWith(`.${prefix}`);
  removeIn(dirname(outFileName), isOwn, false);
  removeIn(workFolder, () => true, true);
}

function removeIn(folder: string, isOwn: (name: string) => boolean, isDeep: boolean): void {
  for (const { name, isDirectory } of Array.from(Deno.readDirSync(folder))) {
    const path = join(folder, name);
    if (!isDirectory) {
      if (UNNAMED.test(name) && isOwn(name)) removeIfExists(path);
    } else if (isDeep) removeIn(path, isOwn, true);
  }
}
