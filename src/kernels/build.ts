/** Builds `kernels.wasm` and `kernels_shared.wasm` from the AssemblyScript sources: the same code, the second for a memory that threads share. */
import * as asc from "assemblyscript/asc";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("./", import.meta.url));

/** Files of the kernels, and whether their memory is shared. */
export const KERNEL_FILES = { "kernels.wasm": false, "kernels_shared.wasm": true } as const;

/** A module states how large the memory can become that its threads share: all that 32 bits address. */
const SHARED = ["--enable", "threads", "--sharedMemory", "--maximumMemory", "65536"];

/** Compiles `assembly/index.ts` and returns the module's bytes. Throws with the compiler's messages. */
export async function compileKernels(isShared: boolean): Promise<Uint8Array<ArrayBuffer>> {
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
      ...(isShared ? SHARED : []),
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
  for (const [name, isShared] of Object.entries(KERNEL_FILES)) {
    const built = await compileKernels(isShared);
    Deno.writeFileSync(`${folder}${name}`, built);
    // deno-lint-ignore no-console -- a build script reports to its user
    console.log(`wrote ${folder}${name}: ${built.length} bytes`);
  }
}
