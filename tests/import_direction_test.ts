import assert from "node:assert/strict";
import { dirname, join, relative, resolve } from "node:path";
import { ROOT } from "./helpers/project.ts";

/** What may import what: a folder imports folders of its own level, without circles, and of lower levels. */
const LEVELS: readonly (readonly string[])[] = [
  [
    "src/config",
    "src/volume",
    "src/engine",
    "src/kernels",
    "src/user_error.ts",
    "src/if_there.ts",
    "src/version.ts",
    "src/program_file.ts",
    "src/program_name.ts",
  ],
  [
    "src/channels",
    "src/supervoxels",
    "src/orientation",
    "src/boosting",
    "src/autocontext",
    "src/analysis",
    "fixtures",
  ],
  ["src/block"],
  ["src/run"],
  ["src/stages"],
  ["src/cluster", "src/label"],
  ["src/commands", "src/dashboard", "src/library"],
  ["mod.ts", "cli.ts", "server.ts"],
];

/** Files by the files that they import, if only for types, as paths from the project's root. */
type Imports = ReadonlyMap<string, readonly string[]>;

Deno.test("import direction: no folder imports one of a higher level", async () => {
  const wrong: string[] = [];
  for (const [file, imported] of await importsOfProject()) {
    for (const path of imported) {
      if (levelOf(folderOf(path)) > levelOf(folderOf(file))) wrong.push(`${file} imports ${path}`);
    }
  }
  assert.deepEqual(wrong, []);
});

Deno.test("import direction: neither files nor folders import each other in a circle", async () => {
  const imports = await importsOfProject();
  const folders = new Map<string, string[]>();
  for (const [file, imported] of imports) {
    const folder = folderOf(file);
    const others = imported.map(folderOf).filter((other) => other !== folder);
    folders.set(folder, [...(folders.get(folder) ?? []), ...others]);
  }
  assert.equal(findCircle(imports), undefined);
  assert.equal(findCircle(folders), undefined);
});

Deno.test("import direction: every folder has a level", async () => {
  const imports = await importsOfProject();
  const folders = new Set([...imports.keys()].map(folderOf));
  assert.deepEqual([...folders].filter((folder) => levelOf(folder) < 0), []);
  // So that a wrong search for files or imports does not pass for a project without faults.
  assert.ok(folders.has("src/stages") && folders.has("mod.ts"), [...folders].join(" "));
  assert.ok(imports.get("mod.ts")?.includes("src/library/train_and_score.ts"));
  assert.ok(imports.get("src/stages/run.ts")?.includes("src/run/run_context.ts"));
  assert.ok(imports.get("src/run/run_context.ts")?.includes("src/run/plan_stage.ts"));
});

Deno.test("findCircle() finds a circle through several files, and none in a diamond", () => {
  const circle = new Map([["a", ["b"]], ["b", ["c", "d"]], ["c", []], ["d", ["a"]]]);
  const diamond = new Map([["a", ["b", "c"]], ["b", ["d"]], ["c", ["d"]], ["d", []]]);
  assert.deepEqual(findCircle(circle), ["a", "b", "d", "a"]);
  assert.equal(findCircle(diamond), undefined);
});

Deno.test("importsIn() finds every form of import, and none in a comment", () => {
  const text = [
    'import type { A } from "./a.ts";',
    "import {\n  b,\n  c,\n} from '../b.ts';",
    'export * from "./c.ts";',
    'import "./d.ts";',
    'const e = await import("./e.ts");',
    'const worker = new URL("./f.ts", import.meta.url);',
    'const other = programFile("./g.ts", import.meta.url);',
    ' * import { not } from "./comment.ts";',
    'import { join } from "node:path";',
  ].join("\n");
  const paths = importsIn(text).sort();
  assert.deepEqual(paths, ["../b.ts", "./a.ts", "./c.ts", "./d.ts", "./e.ts", "./f.ts", "./g.ts"]);
});

/** The folder of `LEVELS` that a file belongs to; the file's own top folder where there is none. */
function folderOf(file: string): string {
  const known = LEVELS.flat().find((folder) => file === folder || file.startsWith(`${folder}/`));
  return known ?? dirname(file);
}

function levelOf(folder: string): number {
  return LEVELS.findIndex((level) => level.includes(folder));
}

async function importsOfProject(): Promise<Imports> {
  const files = await filesIn(".");
  const imports = new Map<string, string[]>();
  for (const file of files) {
    const text = await Deno.readTextFile(join(ROOT, file));
    const found = importsIn(text).filter((path) => /\.tsx?$/.test(path));
    const fromRoot = (path: string) => slashes(relative(ROOT, resolve(ROOT, dirname(file), path)));
    imports.set(file, found.map(fromRoot));
  }
  return imports;
}

/** TypeScript files of the program and its entry points. */
async function filesIn(folder: string): Promise<string[]> {
  const files: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(join(ROOT, folder))) {
    const path = slashes(join(folder, name));
    const isProgram = folder !== "." || name === "src" || name === "fixtures";
    if (isDirectory && isProgram && path !== "src/kernels/assembly") files.push(...await filesIn(path));
    else if (!isDirectory && /\.tsx?$/.test(name)) files.push(path);
  }
  return files.sort();
}

function slashes(path: string): string {
  return path.replaceAll("\\", "/");
}

/** What a module imports or exports from by a relative path, and what it starts as a worker. */
function importsIn(text: string): string[] {
  const statements = /^(?:import|export)\b(?:\s+type\b)?(?:[^;"']*?\bfrom\s*)?\s*["'](\.[^"']+)["']/gm;
  const calls = /\b(?:import\(|new URL\(|programFile\()\s*["'](\.[^"']+\.tsx?)["']/g;
  return [...text.matchAll(statements), ...text.matchAll(calls)].map(([, path = ""]) => path);
}

/** A circle of imports, its first element repeated at the end; undefined where there is none. */
function findCircle(imports: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (from: string): string[] | undefined => {
    if (path.includes(from)) return [...path.slice(path.indexOf(from)), from];
    if (done.has(from)) return undefined;
    path.push(from);
    for (const to of imports.get(from) ?? []) {
      const circle = visit(to);
      if (circle) return circle;
    }
    path.pop();
    done.add(from);
    return undefined;
  };
  for (const from of imports.keys()) {
    const circle = visit(from);
    if (circle) return circle;
  }
  return undefined;
}
