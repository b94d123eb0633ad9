/** Runs Deno's own commands. */

/** Deno ended with an error; the message is what it said. */
export class DenoError extends Error {
  override name = "DenoError";
}

/** Runs `deno` with these arguments. @throws {DenoError} with what it wrote where it fails */
export async function runDeno(args: readonly string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), { args: [...args] }).output();
  if (!success) throw new DenoError(new TextDecoder().decode(stderr));
}
