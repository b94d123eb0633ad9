import assert from "node:assert/strict";
import { join } from "node:path";
import { containedFile, sendFile } from "../../src/dashboard/server/files.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

Deno.test("sendFile() sends a whole file, also where a longer or shorter one took its name since it was found", () =>
  inTempFolder(async (folder) => {
    for (
      const [before, after] of [[1000, 1700], [1700, 1000], [300_000, 700_000], [700_000, 300_000]] as const
    ) {
      const path = join(folder, "chunk");
      await Deno.writeFile(path, new Uint8Array(before).fill(1));
      const found = await containedFile(folder, "chunk") ?? assert.fail();
      await Deno.writeFile(`${path}.new`, new Uint8Array(after).fill(2));
      await Deno.rename(`${path}.new`, path);
      const answer = await sendFile(new Request("http://127.0.0.1/chunk"), found);
      assert.equal(answer.headers.get("content-length"), String(after));
      assert.deepEqual(await answer.bytes(), new Uint8Array(after).fill(2));
    }
  }));
