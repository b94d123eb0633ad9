import assert from "node:assert/strict";
import { recordsOf, type ReviewAction } from "../../src/stages/synapses/review/actions.ts";
import { openReviewLog, reviewPath } from "../../src/stages/synapses/review/review_log.ts";
import { readPlaces } from "../../src/stages/synapses/review/csv_places.ts";
import { ccboostHere as ccboost, namesIn, resultOf } from "../helpers/cli_process.ts";
import { writeTestFolder } from "../dashboard/folder.ts";
import { writeTable } from "../dashboard/review_table.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

Deno.test("ccboost synapses --reviewed applies the review of a run's table, and leaves the table as it is", () =>
  inTempFolder(async (root) => {
    const folder = await writeTestFolder(await Deno.realPath(root));
    const { work } = folder;
    await writeTable(folder);
    const flags = [work, "--reviewed", "--min-size", "1"];
    const refused = async (...args: readonly string[]) => (await ccboost("synapses", ...args)).err;
    assert.match(await refused(...flags), /nothing was reviewed yet; start .*serve/);
    assert.match(
      await refused(`${root}/job-0-synapses.zarr`, "--reviewed", "--threshold", "1"),
      /--reviewed needs the work folder/,
    );

    const csv = `${root}/job-0-synapses.csv`;
    const before = await Deno.readTextFile(csv);
    const table = await readPlaces(csv);
    const log = openReviewLog(reviewPath(work, 0));
    const verdicts = [[1, "accepted"], [2, "rejected"], [3, "accepted"], [4, "unsure"]] as const;
    for (const [id, verdict] of verdicts) {
      const action: ReviewAction = { action: crypto.randomUUID(), kind: "verdict", id, verdict };
      await log.add((decisions) => recordsOf(action, decisions, table));
    }
    const finished = await ccboost("synapses", ...flags, "--json");
    assert.equal(finished.code, 0, finished.err);
    assert.match(
      finished.out + finished.err,
      /job-stumps.cfg:1:6: .*; so the sizes of the synapses are not compared/,
    );
    const { review, summary } = resultOf(finished) as {
      review: {
        accepted: number;
        rejected: number;
        estimate: { precision: number; from: number; to: number };
      };
      summary: { count: number };
    };
    assert.deepEqual([summary.count, review.accepted, review.rejected], [3, 2, 1]);
    // all were looked at, but one may be right or wrong
    assert.deepEqual(review.estimate.precision, 2 / 3);
    assert.deepEqual([review.estimate.from, review.estimate.to], [0.5, 0.75]);
    assert.equal(await Deno.readTextFile(csv), before);
    assert.deepEqual(namesIn(root).filter((name) => name.startsWith("job-0-reviewed")), [
      "job-0-reviewed-annotations",
      "job-0-reviewed-synapses.csv",
      "job-0-reviewed-synapses.json",
      "job-0-reviewed-synapses.zarr",
      "job-0-reviewed-training.zarr",
    ]);
    assert.match(await refused(...flags), /already exists.*--overwrite/);

    // another threshold finds other synapses: what was said of the same ones applies, and the rest is told
    const other = await ccboost("synapses", ...flags, "--overwrite", "--threshold", "2.5");
    assert.equal(other.code, 0, other.err);
    assert.match(other.out, /Review: 3 of 3 looked at, 50 % of them right; 1 rejected, 1 unsure, 0 added/);
    assert.match(other.err, /decisions about another table that apply .*: 3$/m);
    assert.match(other.err, /decisions that do not apply.*: 1$/m);
  }));
