/** What is read from a path where nothing need be. */

/** Whether a failure says that nothing is at a path, or a file where a folder is expected. */
export function isMissing(cause: unknown): boolean {
  return cause instanceof Deno.errors.NotFound || cause instanceof Deno.errors.NotADirectory;
}

/** What `read` gives; undefined where there is nothing to read. */
export async function ifThere<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    throw cause;
  }
}

/** As {@link ifThere}, without waiting. */
export function ifThereSync<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    throw cause;
  }
}
