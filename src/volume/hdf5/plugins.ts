/** Filters of HDF5 that its library loads when a dataset needs them: compiled to WebAssembly, from the package h5wasm-plugins. */
import type { ready } from "h5wasm";
import { base_url } from "h5wasm-plugins";
import { programFile } from "../../program_file.ts";

type Module = Awaited<typeof ready>;

/** Names of the plug-ins, by HDF5's numbers of their filters. That of bzip2 is left out: it does not end where a chunk is damaged. */
export const PLUGINS: ReadonlyMap<number, string> = new Map([
  [32000, "lzf"],
  [32001, "blosc"],
  [32004, "lz4"],
  [32008, "bshuf"],
  [32013, "zfp"],
  [32015, "zstd"],
  [32026, "blosc2"],
]);

/** Where the library finds them, in its own file system. */
const FOLDER = "/filters";

/** The file of a plug-in: in the package, or beside the program where that is bundled (`portable/bundle.ts`). */
export function pluginFile(name: string): URL {
  const file = `libH5Z${name}.so`;
  const isSource = import.meta.url.endsWith(".ts");
  return isSource ? new URL(`${base_url}/plugins/${file}`) : programFile(`./${file}`, import.meta.url);
}

/**
 * Lets the library use filters; those that are built in or not to be had are passed over. Only what is needed is put there, since the
 * library loads all that it finds.
 */
export function providePlugins(module: Module, filters: readonly number[]): void {
  for (const id of filters) {
    const name = PLUGINS.get(id);
    if (name === undefined) continue;
    const path = `${FOLDER}/libH5Z${name}.so`;
    if (module.FS.analyzePath(FOLDER).exists === false) {
      module.FS.mkdir(FOLDER);
      module.insert_plugin_search_path(FOLDER, 0);
      silence(module);
    }
    if (module.FS.analyzePath(path).exists) continue;
    module.FS.writeFile(path, Deno.readFileSync(pluginFile(name)));
  }
}

/** Standard output and error of the library. */
const OUTPUTS = [1, 2];

/** What a file system of Emscripten has that h5wasm's types leave out. */
interface Streams {
  getStream(number: number): { stream_ops: object } | null;
}

/** Keeps filters from writing to the terminal what they find wrong; the library says too that a filter failed. */
function silence(module: Module): void {
  for (const number of OUTPUTS) {
    const stream = (module.FS as unknown as Streams).getStream(number);
    if (stream === null) continue;
    const write = (_stream: unknown, _bytes: unknown, _at: number, length: number) => length;
    stream.stream_ops = { ...stream.stream_ops, write };
  }
}
