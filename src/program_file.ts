/** Where the program finds its own files: kernels, workers, the page. */

/**
 * The address of a file of the program. Among the sources each lies in its own folder. Bundled (`portable/bundle.ts`) they all lie beside
 * each other, and TypeScript has become JavaScript.
 *
 * @param path from the module to the file among the sources, for example `./kernels.wasm`
 * @param module the module's `import.meta.url`
 */
export function programFile(path: string, module: string): URL {
  if (/\.tsx?$/.test(module)) return new URL(path, module);
  const name = path.slice(path.lastIndexOf("/") + 1).replace(/\.ts$/, ".js");
  return new URL(`./${name}`, module);
}
