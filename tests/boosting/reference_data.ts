/** Files of the reference data, where they are. */
import { referencePath } from "../helpers/project.ts";

/** Text of a file of the reference data, or undefined where it is missing. */
export async function referenceText(name: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(referencePath(name));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
