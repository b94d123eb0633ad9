import assert from "node:assert/strict";
import { join } from "node:path";
import { UserError } from "../../src/user_error.ts";
import { writeFileAtomic } from "../../src/volume/file.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

function namesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map((entry) => entry.name);
}

Deno.test("writeFileAtomic() writes text and bytes, over an older file too, and leaves nothing else", async () => {
  await inTempFolder(async (folder) => {
    const path = join(folder, "model-stumps.cfg");
    await writeFileAtomic(path, "a longer first version é\n");
    assert.equal(await Deno.readTextFile(path), "a longer first version é\n");
    await writeFileAtomic(path, new Uint8Array([0, 1, 255]));
    assert.deepEqual(await Deno.readFile(path), new Uint8Array([0, 1, 255]));
    assert.deepEqual(namesIn(folder), ["model-stumps.cfg"]);
  });
});

Deno.test("writeFileAtomic() never shows a reader a part of the file", async () => {
  await inTempFolder(async (folder) => {
    const path = join(folder, "result");
    const versions = [new Uint8Array(3_000_000).fill(1), new Uint8Array(2_000_000).fill(2)];
    await writeFileAtomic(path, versions[0] ?? "");
    let writing = true;
    const writes = (async () => {
      for (let i = 0; i < 6; i++) await writeFileAtomic(path, versions[i % 2] ?? "");
      writing = false;
    })();
    const seen = new Set<number>();
    while (writing) {
      const bytes = await Deno.readFile(path);
      seen.add(bytes.length);
      assert.equal(bytes.length, bytes[0] === 1 ? 3_000_000 : 2_000_000);
    }
    await writes;
    assert.ok(seen.size >= 1);
  });
});

Deno.test("writeFileAtomic() names the folder that is missing", async () => {
  await inTempFolder(async (folder) => {
    const missing = join(folder, "results");
    await assert.rejects(writeFileAtomic(join(missing, "a.cfg"), ""), (error) => {
      assert.ok(error instanceof UserError);
      assert.ok(error.message.includes(`no folder ${missing}`), error.message);
      return true;
    });
    assert.deepEqual(namesIn(folder), []);
  });
});

Deno.test("writeFileAtomic() removes its temporary file when the name cannot be taken", async () => {
  await inTempFolder(async (folder) => {
    const path = join(folder, "taken");
    await Deno.mkdir(join(path, "inner"), { recursive: true });
    await assert.rejects(writeFileAtomic(path, "text"), UserError);
    assert.deepEqual(namesIn(folder), ["taken"]);
  });
});
