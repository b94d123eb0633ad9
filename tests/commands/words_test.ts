/** What the command line says to people who gave it something else than it wants, and to scripts. */
import assert from "node:assert/strict";
import { stageName, stageSummary, withStageName } from "../../src/run/stage_names.ts";
import { createReporter, wrapped } from "../../src/engine/mod.ts";
import { ccboost, jsonLines, writeJob } from "../helpers/cli_process.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

Deno.test("ccboost run says what was given instead of a configuration, and what to do", () =>
  inTempFolder(async (folder) => {
    const config = await writeJob(folder);
    const said = async (...args: string[]) => {
      const { code, err } = await ccboost(...args);
      assert.equal(code, 2, err);
      return err;
    };
    const volume = await said("run", `${folder}/raw.tif`);
    assert.match(volume, /raw\.tif is a volume \(TIFF, 64 x 64 x 40 voxels .*\), not a configuration/);
    assert.match(volume, /ccboost serve .*raw\.tif\n.*groundTruth = "labels\.tif"/s);
    await Deno.mkdir(`${folder}/out-work`);
    await Deno.writeTextFile(`${folder}/out-work/journal.jsonl`, "");
    assert.match(
      await said("run", `${folder}/out-work`),
      /is the work folder of a run, not a configuration; .*serve/,
    );
    const text = await Deno.readTextFile(config);
    await Deno.writeTextFile(config, text.replace(/polarity = \[[^\]]*\]/g, "polarity = [ , , ]"));
    assert.match(
      await said("components", config),
      /polarity = \[ , , \] is not filled in yet, in line.* such as \[0, -1, 0\]/,
    );
    await Deno.writeTextFile(config, text.replace(/polarity = \[[^\]]*\]/, "polarity = [1, 0]"));
    assert.match(await said("run", config), /polarity has 2 numbers; it must have 3, for x, y and z/);
    await Deno.writeTextFile(config, 'outFileName = "out"; test = ( { rawVolume = "raw.tif"; } );');
    assert.match(
      await said("run", config),
      /train is missing.*docs\/ground-truth\.md/,
    );
    await Deno.writeTextFile(config, 'outFileName = "out"; train = { rawVolume = "raw.tif"; };');
    assert.match(
      await said("run", config),
      /groundTruth is missing; set it to a label volume \(see docs\/ground-truth\.md/,
    );
  }));

Deno.test("ccboost run --json tells which synapses lack their polarity in fields", () =>
  inTempFolder(async (folder) => {
    const config = await writeJob(folder);
    const { code, out } = await ccboost("run", config, "--json", "--set", "train.ccPolarity=()");
    assert.equal(code, 2, out);
    const last = jsonLines(out).at(-1);
    assert.equal(last?.event, "error");
    assert.equal(last.data?.["kind"], "missing-polarity");
    const components = last.data["components"] as { id: number; pos: number[]; voxels: number }[];
    assert.ok(components.length > 0);
    assert.ok(components.every(({ id, pos, voxels }) => id > 0 && pos.length === 3 && voxels > 0));
    assert.match(last.text ?? "", /or answer by clicking on a web page: .*ccboost run .*job\.cfg .*--serve$/);
    const wrong = await ccboost("run", `${folder}/none.cfg`, "--json");
    assert.deepEqual(jsonLines(wrong.out).at(-1)?.data, { kind: "user" });
  }));

Deno.test("stages have names that people understand; others keep theirs", () => {
  assert.equal(stageName("gather"), "measuring the surroundings of samples");
  assert.equal(stageName("convert a b.tif"), "reading a b.tif");
  assert.equal(stageName("score 2"), "scoring test volume 2");
  assert.equal(stageName("threshold, smoothed"), "finding the threshold, smoothed");
  const further = [
    ["components 1", "counting the labelled synapses of training volume 1"],
    ["erode ground truth 1", "eroding the labels of training volume 1"],
    ["samples 1", "finding training samples of training volume 1"],
    ["gather 12", "measuring the surroundings of samples of training volume 12"],
    ["cross-fit 1", "scoring parts of training volume 1 that models have not seen"],
    ["cells 1", "collecting scores of training volume 1 for the second stage"],
    ["training scores 1", "scoring training volume 1"],
    ["training scores", "scoring the training volume"],
    ["threshold 1, smoothed", "finding the threshold in training volume 1, smoothed"],
  ] as const;
  for (const [title, name] of further) assert.equal(stageName(title), name);
  assert.equal(stageName("something else"), "something else");
  assert.equal(withStageName("score 0: already done"), "scoring test volume 0: already done");
  assert.equal(withStageName("labels.tif: 3 values"), "labels.tif: 3 values");
  assert.deepEqual(["4 of 4 blocks", "3 of 4 blocks", ""].map(stageSummary), ["", "3 of 4 blocks", ""]);
});

Deno.test("lines on a terminal are broken between words, and commands are not", () => {
  const text = `${"word ".repeat(30).trim()}\n  ./ccboost synapses ${"long/".repeat(20)}\nshort`;
  const lines = wrapped(text, 60).split("\n");
  assert.ok(lines.filter((line) => line.includes("word")).every((line) => line.length <= 60));
  assert.equal(lines.filter((line) => line.includes("word")).length, 3);
  assert.ok(lines.includes(`  ./ccboost synapses ${"long/".repeat(20)}`));
  assert.equal(wrapped("a ".repeat(40), 20), "a ".repeat(40), "a narrow terminal breaks lines itself");
  const written: string[] = [];
  const reporter = createReporter({
    mode: "tty",
    write: (part) => void written.push(part),
    columns: 50,
    now: () => 0,
  });
  reporter.message("word ".repeat(20).trim());
  const stage = reporter.stage("reading a volume of a rather long name.tif", { total: 5e6, unit: "voxels" });
  stage.done("106 x 99 x 55 voxels (x, y, z)");
  reporter.close();
  const shown = written.join("").split("\n").map((line) => line.replaceAll("\r\x1b[K", ""));
  assert.ok(shown[0] !== undefined && shown[0].length < 50 && shown[1]?.startsWith("  word"));
});
