/** What a run records for those who watch, and answers that it takes up. */
import assert from "node:assert/strict";
import { createReporter, readTail } from "../../src/engine/mod.ts";
import {
  answersName,
  lacksAnswers,
  readAnswers,
  withAnswers,
  writeAnswers,
} from "../../src/stages/training/polarity_answers.ts";
import { openTelemetry, TELEMETRY_NAME } from "../../src/run/telemetry.ts";
import { createZarr, writeRegion } from "../../src/volume/zarr/mod.ts";
import { loadSettings } from "../../src/config/settings.ts";
import { digests, runJob } from "../helpers/run_job.ts";
import { writeTiny } from "../helpers/run_tiny.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";
import { unanswered } from "./unanswered.ts";

function silentReporter(said: string[] = []) {
  return createReporter({ mode: "lines", write: (text) => void said.push(text) });
}

Deno.test("openTelemetry() records stages, blocks, rounds, usage and what was said, and hands all on", () =>
  inTempFolder(async (folder) => {
    const said: string[] = [];
    const telemetry = await openTelemetry(folder, silentReporter(said), { memory: 100, workers: 2 });
    const stage = telemetry.reporter.stage("samples", { total: 10, unit: "voxels", done: 2 });
    telemetry.grid({
      stage: "samples",
      title: "samples",
      fingerprint: "f",
      shape: [1, 1, 10],
      block: [1, 1, 5],
    });
    telemetry.blockBegun("samples", { start: [0, 0, 5], shape: [1, 1, 5] });
    stage.advance(3);
    stage.advance(5);
    stage.done("2 blocks");
    stage.done("again");
    telemetry.round([1, 0.5, 0.25, 0.125]);
    telemetry.reporter.warn("look");
    await telemetry.close();
    const { values } = await readTail(`${folder}/${TELEMETRY_NAME}`, 0);
    const of = (kind: string) => values.filter((event) => event["kind"] === kind);
    assert.deepEqual(of("begin").map(({ memory, workers }) => [memory, workers]), [[100, 2]]);
    assert.deepEqual(of("stage").map(({ title, total, done }) => [title, total, done]), [["samples", 10, 2]]);
    assert.equal(of("progress").at(-1)?.["done"], 10);
    assert.deepEqual(of("stage-end").map(({ summary }) => summary), ["2 blocks"]);
    assert.deepEqual(of("grid")[0]?.["block"], [1, 1, 5]);
    assert.deepEqual(of("block-begun")[0]?.["start"], [0, 0, 5]);
    assert.deepEqual(of("rounds")[0]?.["rounds"], [[1, 0.5, 0.25, 0.125]]);
    assert.deepEqual(of("say").map(({ level, text }) => [level, text]), [["warning", "look"]]);
    assert.ok(
      of("usage").every(({ rss, cpu }) => Number(rss) > 0 && Number(cpu) > 0) && of("usage").length > 0,
    );
    assert.equal(values.at(-1)?.["kind"], "end");
    assert.match(said.join(""), /look/);
  }));

Deno.test("readTail() reads whole lines from where it was, and begins again where the file was replaced", () =>
  inTempFolder(async (folder) => {
    const path = `${folder}/lines.jsonl`;
    assert.deepEqual(await readTail(path, 0), { values: [], offset: 0, more: false, restarted: false });
    await Deno.writeTextFile(path, '{"a":1}\n{"b":2}\nnot json\n[1]\n{"c":');
    const first = await readTail(path, 0);
    assert.deepEqual(first.values, [{ a: 1 }, { b: 2 }]);
    await Deno.writeTextFile(path, "3}\n", { append: true });
    const next = await readTail(path, first.offset);
    assert.deepEqual(next.values, [{ c: 3 }]);
    assert.deepEqual((await readTail(path, next.offset)).values, []);
    const few = await readTail(path, 0, 10);
    assert.deepEqual([few.values, few.more], [[{ a: 1 }], true]);
    const short = await readTail(path, 0, 3); // less than a line
    assert.deepEqual(short.values, [{ a: 1 }]);
    await Deno.writeTextFile(path, '{"d":4}\n');
    assert.deepEqual(await readTail(path, next.offset), {
      values: [{ d: 4 }],
      offset: 8,
      more: false,
      restarted: true,
    });
  }));

Deno.test("withAnswers() adds entries for components that the configuration does not name", () =>
  inTempFolder(async (folder) => {
    await writeTiny(folder);
    const { train: [train] } = await loadSettings(`${folder}/job.cfg`, {
      isKnownChannel: () => true,
      overrides: ["train.ccPolarity=({ pos = [1, 1, 1]; polarity = [1, 0, 0]; })"],
    });
    assert.ok(train);
    const components = await createZarr(`${folder}/c.zarr`, {
      shape: [4, 4, 20],
      chunk: [4, 4, 20],
      dtype: "uint32",
    });
    const numbers = new Uint32Array(4 * 4 * 20);
    const index = (x: number) => (1 * 4 + 1) * 20 + x;
    for (const [component, x] of [[1, 1], [2, 8], [3, 16]] as const) numbers[index(x)] = component;
    await writeRegion(components, { start: [0, 0, 0], shape: [4, 4, 20] }, numbers);
    assert.equal(await withAnswers(folder, train, components), train);
    await writeAnswers(folder, [
      { pos: [16, 1, 1], polarity: [0, 1, 0] },
      { pos: [1, 1, 1], polarity: [-1, 0, 0] },
      { pos: [12, 3, 3], polarity: [0, 0, 1] },
      { pos: [8, 1, 1], polarity: [0, 0, -1] },
    ]);
    const { ccPolarity } = await withAnswers(folder, train, components);
    assert.deepEqual(ccPolarity, [
      { pos: [1, 1, 1], polarity: [1, 0, 0] },
      { pos: [8, 1, 1], polarity: [0, 0, -1] },
      { pos: [16, 1, 1], polarity: [0, 1, 0] },
    ]);
  }));

Deno.test("runCcboost() trains with answers as with the same entries in the configuration", () =>
  inTempFolder(async (folder) => {
    await writeTiny(folder);
    const work = `${folder}/work`;
    const set = ["train.ccPolarity=()", "test=()"];
    const { missing, answers } = await unanswered(folder, { work, set });
    assert.equal(await lacksAnswers(work, missing), true);
    await writeAnswers(work, answers.slice(1));
    assert.equal(await lacksAnswers(work, missing), true);
    await writeAnswers(work, answers);
    assert.equal(await lacksAnswers(work, missing), false);
    await runJob(folder, { work, set });
    const model = `${folder}/out-stumps.cfg`;
    const [answered] = await digests([model]);
    await Deno.remove(model);
    await Deno.remove(`${work}/${answersName(0)}`);
    const written = answers.map(({ pos, polarity }) => `{ pos = [${pos}]; polarity = [${polarity}]; }`);
    await runJob(folder, {
      work: `${folder}/other`,
      set: [`train.ccPolarity=(${written.join(", ")})`, "test=()"],
    });
    assert.deepEqual(await digests([model]), [answered]);
  }));

Deno.test("readAnswers() tells of a damaged file what it should be", () =>
  inTempFolder(async (folder) => {
    assert.deepEqual(await readAnswers(folder), []);
    for (
      const text of [
        "",
        "{}",
        "null",
        '{"ccPolarity":[{"pos":[1,2,3]}]}',
        '{"ccPolarity":[{"pos":[1,2,3],"polarity":[0,0,0]}]}',
      ]
    ) {
      await Deno.writeTextFile(`${folder}/${answersName(0)}`, text);
      await assert.rejects(readAnswers(folder), /polarity\.json is damaged; expected .*remove it/, text);
    }
  }));
