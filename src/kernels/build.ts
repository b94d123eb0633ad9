/** Builds `kernels.wasm` from the AssemblyScript sources; with `--check` only compares it with what is committed. */
import * as asc from "assemblyscript/asc";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("./", import.meta.url));

/** Compiles `assembly/index.ts` and returns the module's bytes. Throws with the compiler's messages. */
export async function compileKernels(): Promise<Uint8Array<ArrayBuffer>> {
  const messages: string[] = [];
  let binary: Uint8Array<ArrayBuffer> | undefined;
  const { error } = await asc.main(
    [
      "assembly/index.ts",
      "--outFile",
      "kernels.wasm",
      "-O3",
      "--noAssert",
      "--enable",
      "simd",
      "--runtime",
      "stub",
      "--importMemory",
      "--initialMemory",
      "1",
    ],
    {
      stderr: { write: (text: string | Uint8Array) => void messages.push(String(text)) },
      readFile: (name, base) => {
        try {
          return Deno.readTextFileSync(`${base === "." ? folder : base + "/"}${name}`);
        } catch (cause) {
          if (cause instanceof Deno.errors.NotFound) return null; // asc probes for optional files
          throw cause;
        }
      },
      writeFile: (_name, contents) => {
        binary = new Uint8Array(contents as Uint8Array);
      },
      listFiles: () => [],
    },
  );
  if (error || !binary) throw new Error(`kernels do not compile:\n${messages.join("")}`, { cause: error });
  return binary;
}

if (import.meta.main) {
  const path = `${folder}kernels.wasm`;
  const built = await compileKernels();
  Deno.writeFileSync(path, built);
  // deno-lint-ignore no-console -- a build script reports to its user
  console.log(`wrote ${path}: ${built.length} bytes`);
}
