/** Whether the page was built before its sources changed. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { fileState } from "../../volume/file.ts";
import { PAGE_FOLDER } from "./start.ts";

/** Whether one of the sources is newer than the page; not where the program is bundled, with the page that belongs to it. */
export function isPageOld(): boolean {
  if (!/\.ts$/.test(import.meta.url)) return false;
  const built = modified(join(PAGE_FOLDER, "main.js"));
  return built !== undefined && newestIn(join(dirname(fileURLToPath(import.meta.url)), "..")) > built;
}

function newestIn(folder: string): number {
  let newest = 0;
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    const path = join(folder, name);
    newest = Math.max(newest, isDirectory ? newestIn(path) : modified(path) ?? 0);
  }
  return newest;
}

function modified(path: string): number | undefined {
  return fileState(path)?.mtime;
}
