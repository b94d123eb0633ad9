/** Channels from files of several training volumes. */
import assert from "node:assert/strict";
import { columnsOf, type ColumnSource } from "../../src/block/columns.ts";
import { type RunVolume, volumeJob, withSharedRanges } from "../../src/stages/inputs.ts";
import { newModel } from "../../src/stages/model.ts";
import { settingsOf } from "../helpers/run_job.ts";
import { writeTiny } from "../helpers/run_tiny.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

Deno.test("withSharedRanges() makes whole numbers of channels from files in the same way in all volumes", () =>
  inTempFolder(async (folder) => {
    await writeTiny(folder);
    const settings = await settingsOf(folder);
    const volumeWith = (ranges: readonly (readonly [number, number])[]): RunVolume => {
      const sources: ColumnSource[] = [
        { kind: "raw" },
        { kind: "computed", name: "gradient-magnitude-s1.0" },
        { kind: "file", path: "channel.zarr", ranges },
      ];
      const frames = { kind: "computed", sigma: 1.5 } as const;
      const job = volumeJob({ settings }, { zAnisotropyFactor: 1 }, newModel(settings), {
        raw: "",
        sources,
        frames,
      });
      return { job, raw: undefined as unknown as RunVolume["raw"], identity: { raw: "raw" } };
    };
    const own = [volumeWith([[0, 10], [-1, 1]]), volumeWith([[-5, 2], [0, 7]])];
    const shared = withSharedRanges(own);
    const columns = columnsOf(
      [{ kind: "raw" }, { kind: "computed", name: "gradient-magnitude-s1.0" }, {
        kind: "file",
        path: "",
        ranges: [[-5, 10], [-1, 7]],
      }],
      1,
    );
    for (const { job, identity } of shared) {
      assert.deepEqual(job.columns, columns);
      assert.match(JSON.stringify(identity), /"ranges":\[\[-5,10\],\[-1,7\]\]/, "results depend on them");
    }
    assert.notDeepEqual(own[0]?.job.columns, columns);
    assert.deepEqual(withSharedRanges(own.slice(0, 1)), own.slice(0, 1), "one keeps its own");
  }));
