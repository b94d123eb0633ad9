/** Joining the parts of a great many synapses takes the memory that it is given. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { inTempFolder } from "../../../helpers/temp_folder.ts";
import type { JoinCost } from "./join_large.ts";

/** What a process that has begun takes more while it works, whatever it works on: code, and what is not collected yet. */
const WORKING = 224 * 2 ** 20;

Deno.test({
  name: "joinParts() and the table of 129,024 synapses take the bytes that they are given",
  ignore: Deno.build.os !== "linux", // the others do not tell the peak
  fn: () =>
    inTempFolder(async (folder) => {
      const tableBytes = 16 * 2 ** 20;
      const script = fileURLToPath(new URL("./join_large.ts", import.meta.url));
      const args = [
        "run",
        "--no-check",
        "--allow-all",
        script,
        "7,6,6",
        `${tableBytes}`,
        folder,
      ];
      const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
      const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
      assert.equal(code, 0, err);
      const { synapses, before, peak } = JSON.parse(out ?? "") as JoinCost;
      assert.equal(synapses, 129_024);
      const taken = peak - before;
      assert.ok(taken < tableBytes + WORKING, `${Math.round(taken / 2 ** 20)} MiB`);
      const lines = Deno.readTextFileSync(`${folder}/table.csv`).trimEnd().split("\n");
      assert.equal(lines.length, synapses + 1);
      assert.deepEqual(
        lines.slice(1).map((line) => Number(line.split(",", 1)[0])),
        [...lines.keys()].slice(1),
      );
    }),
});
