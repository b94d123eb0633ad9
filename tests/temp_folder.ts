/** A folder for a test. */

/** Runs a test with a folder, of a name that begins with `prefix`, that is removed afterwards. */
export async function inTempFolder(prefix: string, test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix });
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
