/** Files of the reference data, where they are. */

/** Text of a file of `../shared/reference` or the folder `CCBOOST_REFERENCE`, or undefined where it is missing. */
export async function referenceText(name: string): Promise<string | undefined> {
  const folder = Deno.env.get("CCBOOST_REFERENCE") ?? "../shared/reference";
  try {
    return await Deno.readTextFile(`${folder}/${name}`);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
