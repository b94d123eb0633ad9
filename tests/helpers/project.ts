/** Where the project is, its command line, and the reference data beside it. */
import { fileURLToPath } from "node:url";

/** The project's folder, with a slash at its end. */
export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** The command line's module. */
export const CLI = `${ROOT}cli.ts`;

/** Path of a file of the reference data: below the folder that `CCBOOST_REFERENCE` names, or `../shared/reference`. */
export function referencePath(name: string): string {
  return `${Deno.env.get("CCBOOST_REFERENCE") ?? `${ROOT}../shared/reference`}/${name}`;
}
