/** Projects that are copied elsewhere go on there. */
import assert from "node:assert/strict";
import type { JournalEvent } from "../../src/engine/mod.ts";
import { verifyWorkFolder } from "../../src/run/verify.ts";
import { copyFolder, filesBelow } from "../helpers/damage.ts";
import { runJob } from "../helpers/run_job.ts";
import { TINY, tinyVolume, writeTiny } from "../helpers/run_tiny.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";
import { encodeTiff } from "../../fixtures/tiff.ts";

/** Copies a folder; files get other times of change than those that they are copies of. */
async function copyWithOtherTimes(from: string, to: string): Promise<void> {
  await copyFolder(from, to);
  for (const file of filesBelow(to)) Deno.utimeSync(file, 1_800_000_000, 1_800_000_000);
}

/** What the last run of a journal began. */
function begun(journal: readonly JournalEvent[]): string[] {
  const start = journal.findLastIndex(({ event }) => event === "run-started");
  return journal.slice(start).flatMap((event) => event.event === "stage-started" ? [event.stage] : []);
}

const SET = ["numStumps=4", "train.groundTruthErodeRadius=1", "extra.saveTestingFeatures=true"];

/** With a channel from a file. */
async function writeProject(folder: string): Promise<void> {
  Deno.mkdirSync(folder);
  await writeTiny(folder);
  const text = Deno.readTextFileSync(`${folder}/job.cfg`);
  const channel = '"gradient-magnitude-s1.0"';
  Deno.writeTextFileSync(`${folder}/job.cfg`, text.replaceAll(channel, `${channel}, "other.tif"`));
}

Deno.test("runCcboost() computes nothing again in a project that was copied elsewhere, with other times and inputs at other paths", () =>
  inTempFolder(async (folder) => {
    await writeProject(`${folder}/here`);
    const first = await runJob(`${folder}/here`, { set: SET });
    assert.ok(begun(first.journal).length > 8);
    await copyWithOtherTimes(`${folder}/here`, `${folder}/there`);
    Deno.removeSync(`${folder}/here`, { recursive: true });
    const moved = await runJob(`${folder}/there`, { set: SET });
    assert.deepEqual(begun(moved.journal), [], moved.said);
    assert.match(
      moved.said,
      /raw\.tif: has another time of change than before; it is compared with its copy/,
    );
    assert.ok(!/repeated|computed again|convert /.test(moved.said), moved.said);
    const again = await runJob(`${folder}/there`, { set: SET });
    assert.ok(!/compared/.test(again.said), "what was compared is known");
    assert.deepEqual((await verifyWorkFolder(`${folder}/there/out-work`)).faults, []);
    // only the work folder and the results stay where they are
    for (const name of ["raw", "labels", "other"]) {
      Deno.mkdirSync(`${folder}/there/in`, { recursive: true });
      Deno.renameSync(`${folder}/there/${name}.tif`, `${folder}/there/in/${name}.tif`);
    }
    const text = Deno.readTextFileSync(`${folder}/there/job.cfg`);
    Deno.writeTextFileSync(
      `${folder}/there/job.cfg`,
      text.replace(/"(raw|labels|other)\.tif"/g, '"in/$1.tif"'),
    );
    const inputs = await runJob(`${folder}/there`, { set: SET });
    assert.deepEqual(begun(inputs.journal), [], inputs.said);
  }));

Deno.test("runCcboost() computes again in a copied project whose stack has changed between the samples that are looked at", () =>
  inTempFolder(async (folder) => {
    Deno.mkdirSync(`${folder}/here`);
    const shape = [TINY[0] * 3, TINY[1] * 2, TINY[2] * 2] as const;
    await writeTiny(`${folder}/here`);
    const stack = tinyVolume(3, shape).raw;
    await Deno.writeFile(`${folder}/here/large.tif`, encodeTiff(stack, shape));
    const set = [...SET, "test.0.rawVolume=large.tif"];
    await runJob(`${folder}/here`, { set });
    await copyWithOtherTimes(`${folder}/here`, `${folder}/there`);
    const bytes = Deno.readFileSync(`${folder}/there/large.tif`);
    // half way between two of the 16 samples of the middle
    const between = 65536 + Math.floor((bytes.length - 2 * 65536) / 16);
    bytes[between] = (bytes[between] ?? 0) ^ 64;
    Deno.writeFileSync(`${folder}/there/large.tif`, bytes);
    const { journal, said } = await runJob(`${folder}/there`, { set });
    assert.match(said, /large\.tif: has another time of change than before/);
    assert.ok(begun(journal).some((stage) => stage === "score-0"), said);
    assert.ok(!begun(journal).some((stage) => stage.startsWith("train")), said);
  }));
