/** Runs Deno's own commands. */

import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** Deno ended with an error; the message is what it said. */
export class DenoError extends Error {
  override name = "DenoError";
}

/** Runs `deno` with these arguments in the project's folder. @throws {DenoError} with what it wrote where it fails */
export async function runDeno(args: readonly string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), { args: [...args], cwd: ROOT })
    .output();
  if (!success) throw new DenoError(new TextDecoder().decode(stderr));
}
