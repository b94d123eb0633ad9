import assert from "node:assert/strict";
import {
  ccboost,
  ccboostHere,
  jsonLines,
  namesIn,
  resultOf,
  start,
  writeJob,
} from "../helpers/cli_process.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

/** One model instead of four, where it does not matter. */
const ONE_MODEL = ["--set", "crossFitFolds=1"];

/** Every file below a folder with its bytes. */
async function filesOf(folder: string): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for (const name of namesIn(folder)) {
    const path = `${folder}/${name}`;
    if (!(await Deno.stat(path)).isDirectory) files.set(name, await Deno.readFile(path));
  }
  return files;
}

Deno.test("ccboost run writes the model and the scores, says what is next, and does nothing twice", async () => {
  await inTempFolder(async (folder) => {
    const config = await writeJob(folder);
    const first = await ccboost("run", config);
    assert.equal(first.code, 0, first.err);
    assert.match(
      first.out,
      /^wrote out-stumps\.cfg, out-0-ab-max\.nrrd, out-0-synapses\.csv, out-0-synapses\.json \(.+B\) and out-0-synapses\.zarr to .+ in .+ s$/m,
    );
    assert.doesNotMatch(first.out, /may be removed/);
    const work = `${folder}/out-work`;
    assert.ok(first.out.includes(`./ccboost serve ${work}\n`), first.out);
    assert.match(
      first.out,
      /^out-0-synapses\.csv: \d+ synapses?(, median size \d+ voxels)? \(at least 100 voxels /m,
    );
    assert.match(first.out, /Keep .+out-work until you are content with your table/);
    const [, words = ""] = /\.\/ccboost (synapses .+)$/m.exec(first.out) ?? [];
    const listed = await ccboostHere(...words.split(" "));
    assert.equal(listed.code, 0, listed.err);
    assert.equal(
      await Deno.readTextFile(`${folder}/out-0-again-synapses.csv`),
      await Deno.readTextFile(`${folder}/out-0-synapses.csv`),
      "the next command can be pasted and finds the same",
    );
    for (const name of namesIn(folder).filter((one) => /^out-0-again-/.test(one))) {
      await Deno.remove(`${folder}/${name}`, { recursive: true });
    }
    assert.match(first.err, /^scoring test volume 0: /m);
    const files = await filesOf(folder);
    const again = await ccboost(config, "--json");
    assert.equal(again.code, 0);
    assert.equal(again.err, "");
    const events = jsonLines(again.out).map(({ event }) => event);
    assert.ok(!events.includes("stage-started"), again.out);
    const data = resultOf(again);
    assert.deepEqual(
      (data["files"] as { bytes: number }[]).map(({ bytes }) => bytes > 0),
      [true, true, true, true],
    );
    assert.deepEqual(await filesOf(folder), files);
  });
});

Deno.test("ccboost run --json writes one JSON object a line and nothing else", async () => {
  await inTempFolder(async (folder) => {
    const { code, out, err } = await ccboostHere(
      ...["run", await writeJob(folder), "--json", "--workers", "0"],
      ...ONE_MODEL,
    );
    assert.equal(code, 0, out);
    assert.equal(err, "");
    const lines = jsonLines(out);
    assert.ok(lines.some(({ event }) => event === "stage-started"));
    assert.deepEqual(lines.filter(({ event }) => event === "result").length, 1);
    assert.equal(lines.at(-1)?.event, "result");
  });
});

Deno.test("ccboost run --quiet writes results alone", async () => {
  await inTempFolder(async (folder) => {
    const { code, out, err } = await ccboostHere(
      ...["run", await writeJob(folder), "--quiet", "--workers", "0"],
      ...ONE_MODEL,
    );
    assert.equal(code, 0, err);
    assert.equal(err, "");
    assert.match(out, /^wrote /m);
  });
});

Deno.test("ccboost run --dry-run tells the plan and writes nothing", async () => {
  await inTempFolder(async (folder) => {
    const config = await writeJob(folder);
    const before = namesIn(folder);
    const text = await ccboost("run", config, "--dry-run");
    assert.equal(text.code, 0, text.err);
    assert.match(
      text.out,
      /^time +about .+ s, with \d+ threads?\nmemory +at most 2 GiB .*\ndisk +at most /,
    );
    assert.match(text.out, /^stage .*blocks/m);
    assert.match(text.out, /nothing was written/);
    assert.match(text.out, /^labels +\d synapses? to learn from; .* 6 /m);
    assert.doesNotMatch(text.out, /have not seen/, "what does not come is not listed");
    assert.match(text.out, /^scoring the training volume /m);
    const json = await ccboostHere("run", config, "--dry-run", "--json");
    const { stages, disk } = resultOf(json) as {
      stages: { name: string; blocks: number; voxels: number }[];
      disk: { what: string; bytes: number }[];
    };
    const names = (of: typeof stages) =>
      of.map(({ name }) => name).filter((name) => !name.startsWith("convert"));
    const follow = ["training scores", "cells", "second stage"];
    assert.deepEqual(names(stages), [
      "samples",
      "gather",
      "boost",
      ...follow,
      "score 0",
      "refine 0",
      "synapses 0",
      "synapse labels 0",
    ]);
    assert.ok(disk.some(({ what }) => what.includes("0-first.zarr")));
    const single = await ccboostHere("run", config, "--dry-run", "--json", "--set", "crossFitFolds=1");
    const old = resultOf(single) as { stages: typeof stages; disk: typeof disk };
    assert.deepEqual(names(old.stages), [
      "samples",
      "gather",
      "boost",
      "threshold",
      "score 0",
      "synapses 0",
      "synapse labels 0",
    ]);
    assert.ok(!old.disk.some(({ what }) => what.includes("first")));
    assert.ok(stages.length > 0 && stages.every(({ blocks }) => blocks > 0));
    assert.ok(disk.length > 0 && disk.every(({ bytes }) => bytes >= 0));
    assert.deepEqual(namesIn(folder), before);
  });
});

Deno.test("ccboost run puts --set, --seed and --work over the configuration", async () => {
  await inTempFolder(async (folder) => {
    const config = await writeJob(folder);
    const set = ["outFileName=other", "numStumps=3", "test=()"].flatMap((key) => ["--set", key]);
    const args = [...set, "--work", `${folder}/w`, "--workers", "0"];
    const first = await ccboostHere("run", config, ...args, "--seed", "7", "--quiet");
    assert.equal(first.code, 0, first.err);
    assert.ok(namesIn(folder).includes("other-stumps.cfg") && namesIn(folder).includes("w"));
    const model = await Deno.readTextFile(`${folder}/other-stumps.cfg`);
    assert.equal(model.match(/poseIdx/g)?.length, 4 * 3); // of each of the models
    const same = await ccboostHere("run", config, ...args, "--set", "seed=7", "--quiet");
    assert.equal(same.code, 0);
    assert.equal(await Deno.readTextFile(`${folder}/other-stumps.cfg`), model);
    const other = await ccboostHere("run", config, ...args, "--seed", "8", "--quiet");
    assert.equal(other.code, 0);
    assert.notEqual(await Deno.readTextFile(`${folder}/other-stumps.cfg`), model);
  });
});

Deno.test("ccboost run tells a misspelt key, a wrong value and a component without polarity", async () => {
  await inTempFolder(async (folder) => {
    const config = await writeJob(folder);
    const fails = async (message: RegExp, ...args: string[]) => {
      const { code, err } = await ccboostHere("run", config, ...args);
      assert.equal(code, 2, err);
      assert.match(err, message);
      assert.doesNotMatch(err, /^\s+at /m);
    };
    await fails(/numStmups.*numStumps/, "--set", "numStmups=3");
    await fails(/numStumps/, "--set", "numStumps=many");
    await fails(/--set noequals/, "--set", "noequals");
    await fails(/seed/, "--seed", "-1");
    await fails(/no entry for .* synapses/, "--set", "train.ccPolarity=()");
    const set = ["train.ccPolarity=()", "test=()"].flatMap((key) => ["--set", key]);
    const none = await ccboostHere(
      ...["run", config, ...set, ...ONE_MODEL, "--polarity", "none", "--quiet", "--workers", "0"],
    );
    assert.equal(none.code, 0, none.err);
  });
});

Deno.test({
  name: "ccboost run ends with 130 at SIGINT and at SIGTERM, and the same command goes on to the same bytes",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inTempFolder(async (folder) => {
      const config = await writeJob(folder);
      const run = (name: string) => ["run", config, "--set", `outFileName=${name}`, ...ONE_MODEL];
      const whole = await ccboostHere(...run("whole"), "--quiet", "--workers", "0");
      assert.equal(whole.code, 0, whole.err);
      for (const signal of ["SIGINT", "SIGTERM"] as const) {
        const { code, err } = await stopped(signal, ...run(signal), "--block", "1,1,1");
        assert.equal(code, 130, err);
        assert.match(err, /^error: stopped; .*the same command again to resume$/m);
        const resumed = await ccboostHere(...run(signal), "--block", "1,1,1", "--workers", "0");
        assert.equal(resumed.code, 0, resumed.err);
        for (const name of ["stumps.cfg", "0-ab-max.nrrd"]) {
          assert.deepEqual(
            await Deno.readFile(`${folder}/${signal}-${name}`),
            await Deno.readFile(`${folder}/whole-${name}`),
            `${signal}: ${name}`,
          );
        }
      }
    }),
});

/** A run that gets a signal while it finds training samples. */
async function stopped(signal: Deno.Signal, ...args: readonly string[]) {
  const process = start(...args);
  const reader = process.stderr.pipeThrough(new TextDecoderStream()).getReader();
  let err = "";
  let isKilled = false; // a second Ctrl-C would end it without a message
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    err += value;
    if (isKilled || !/^finding training samples: /m.test(err)) continue;
    process.kill(signal);
    isKilled = true;
  }
  const { code } = await process.status;
  await process.stdout.cancel();
  return { code, err };
}
