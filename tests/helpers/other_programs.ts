/** Programs of others that tests need: whether they work, which a file of their name alone does not tell. */

/** Whether a command line ends well; false too where there is no such program or it may not be run. */
export function works(command: string, ...args: readonly string[]): boolean {
  try {
    return new Deno.Command(command, { args: [...args], stdin: "null", stdout: "null", stderr: "null" })
      .outputSync()
      .success;
  } catch (cause) {
    const isAbsent = cause instanceof Deno.errors.NotFound || cause instanceof Deno.errors.PermissionDenied ||
      cause instanceof Deno.errors.NotCapable || cause instanceof Deno.errors.NotADirectory;
    if (isAbsent) return false;
    throw cause;
  }
}

// Debian's own, since another one in the path may lack Debian's packages.
const PYTHON = "/usr/bin/python3";

/** Debian's Python where it has these modules; else undefined. */
export function pythonWith(...modules: readonly string[]): string | undefined {
  return works(PYTHON, "-c", modules.map((module) => `import ${module}`).join("\n")) ? PYTHON : undefined;
}
