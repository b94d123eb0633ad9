import assert from "node:assert/strict";
import { basename } from "node:path";
import { archiveParts } from "../../portable/archive.ts";
import { explainFailure } from "../../portable/build.ts";
import { DenoError } from "../../portable/deno.ts";
import { programFile } from "../../src/program_file.ts";
import { ROOT } from "../helpers/project.ts";

Deno.test("programFile() finds a file beside its module's sources, and in a bundle beside the bundle", () => {
  const find = (path: string, module: string) => programFile(path, module).href;
  assert.equal(find("./worker.ts", "file:///p/src/stages/a.ts"), "file:///p/src/stages/worker.ts");
  assert.equal(find("../../work/page", "https://x.org/p/src/a/b.ts"), "https://x.org/p/work/page");
  assert.equal(find("./worker.ts", "file:///c/cli.js"), "file:///c/worker.js");
  assert.equal(find("../../../work/page", "file:///c/chunk-1.js"), "file:///c/page");
  assert.equal(find("./kernels.wasm", "file:///c/chunk-1.js"), "file:///c/kernels.wasm");
});

Deno.test("every file that the program looks for at run time is in the bundle", async () => {
  const bundle = await Deno.readTextFile(`${ROOT}portable/bundle.ts`);
  const wanted: string[] = [];
  const look = async (folder: string): Promise<void> => {
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      if (isDirectory) await look(`${folder}/${name}`);
      if (!/\.tsx?$/.test(name)) continue;
      const text = await Deno.readTextFile(`${folder}/${name}`);
      for (const [, path = ""] of text.matchAll(/programFile\(\s*"([^"]+)"/g)) wanted.push(basename(path));
      // Scripts for developers, which no command imports.
      if (text.includes("if (import.meta.main)")) continue;
      assert.doesNotMatch(text, /new URL\([^)]*import\.meta\.url/, `${name}: use programFile()`);
    }
  };
  await look(`${ROOT}src`);
  assert.ok(wanted.includes("kernels.wasm") && wanted.includes("thread_worker.ts"), wanted.join(" "));
  for (const name of wanted) assert.ok(bundle.includes(`"${name}"`), name);
});

Deno.test("archiveParts() writes what tar unpacks", async () => {
  const files = [
    { path: "a", bytes: new Uint8Array(0) },
    { path: "folder/b.js", bytes: new Uint8Array(513).fill(66), isExecutable: true },
  ];
  const archive = new Uint8Array(await new Blob(archiveParts(files)).arrayBuffer());
  assert.equal(archive.length, 512 + 512 + 1024 + 1024);
  const text = (start: number, length: number) =>
    new TextDecoder().decode(archive.subarray(start, start + length));
  assert.equal(text(512, 11), "folder/b.js");
  assert.equal(text(512 + 100, 7), "0000755");
  assert.equal(text(512 + 124, 11), "00000001001");
  assert.equal(text(512 + 257, 8), "ustar\x0000");
  assert.ok(archive.subarray(1024, 1024 + 513).every((byte) => byte === 66));
  for (const path of ["", "a".repeat(101), "with blank", "ä"]) {
    assert.throws(() => archiveParts([{ path, bytes: new Uint8Array(1) }]), RangeError);
  }
});

Deno.test("explainFailure() names --portable where the base binary of deno compile is missing", () => {
  const offline = new DenoError(
    "error: Setting up base binary.\nerror sending request for url (…/denort-x86_64.zip)",
  );
  assert.match(explainFailure(offline, false), /deno task compile --portable/);
  assert.equal(explainFailure(new DenoError("Module not found"), false), "Module not found");
});
