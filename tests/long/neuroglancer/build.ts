/** Bundles Neuroglancer, of which npm has the modules, as a page. */
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { ifThere } from "../../../src/if_there.ts";

/** What is used of esbuild. */
interface Esbuild {
  build(options: Readonly<Record<string, unknown>>): Promise<unknown>;
  stop(): Promise<void>;
}

interface Plugged {
  onResolve(
    of: { filter: RegExp },
    resolve: (args: Import) => Promise<{ path: string; namespace: string }>,
  ): void;
  onLoad(of: { filter: RegExp; namespace: string }, load: (args: Import) => Promise<unknown>): void;
  resolve(
    path: string,
    options: { readonly resolveDir: string; readonly kind: string },
  ): Promise<{ path: string }>;
}

interface Import {
  readonly path: string;
  readonly resolveDir: string;
  readonly kind: string;
}

const ENTRIES = ["main", "chunk_worker", "async_computation"];
const PAGE = `<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="main.bundle.css">
<body><div id="neuroglancer-container"></div><script type="module" src="main.bundle.js"></script>`;

/** @param packages folder where npm has put `neuroglancer` and `esbuild` @param out folder that receives the page */
export async function buildNeuroglancer(packages: string, out: string): Promise<void> {
  const { build, stop }: Esbuild = createRequire(`${packages}/package.json`)("esbuild");
  const source = `${packages}/node_modules/neuroglancer/lib`;
  await build({
    entryPoints: ENTRIES.map((name) => `${source}/${name}.bundle.js`),
    bundle: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    outdir: out,
    logLevel: "error",
    loader: { ".wasm": "file", ".dat": "file" },
    plugins: [{ name: "texts", setup: importTexts }],
  });
  await stop();
  // where the others ask for it, as in the folders of the package
  await Deno.rename(`${out}/async_computation.bundle.js`, `${dirname(out)}/async_computation.bundle.js`);
  await Deno.writeTextFile(`${out}/index.html`, PAGE);
}

/** `x.svg?raw` is the text of a file; an icon that the package of icons has no more is none. */
function importTexts({ onResolve, onLoad, resolve }: Plugged): void {
  onResolve({ filter: /\?raw$/ }, async ({ path, resolveDir, kind }) => {
    const found = await resolve(path.replace(/\?raw$/, ""), { resolveDir, kind });
    return { path: found.path || path, namespace: "text" };
  });
  onLoad({ filter: /.*/, namespace: "text" }, async ({ path }) => ({
    contents: await ifThere(() => Deno.readTextFile(path)) ?? "<svg xmlns='http://www.w3.org/2000/svg'/>",
    loader: "text",
  }));
}
