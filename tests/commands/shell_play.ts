/** Runs a program, which the tests themselves may not: `shell_play.ts <program> <arguments>`; tells code and output as JSON. */
const [program = "", ...args] = Deno.args;

async function run(): Promise<unknown> {
  try {
    const { code, stdout, stderr } = await new Deno.Command(program, { args }).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { code, out: text(stdout), err: text(stderr) };
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return undefined;
    throw cause;
  }
}

if (import.meta.main) await Deno.stdout.write(new TextEncoder().encode(JSON.stringify(await run() ?? null)));
