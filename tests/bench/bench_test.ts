import assert from "node:assert/strict";
import { ratioTo, readBaseline, saveBaseline, whyNotComparable } from "../../bench/baseline.ts";
import { figuresOf, measureKernel, median } from "../../bench/measure.ts";
import { readOptions } from "../../bench/options.ts";
import { PARTS } from "../../bench/parts.ts";
import { stagesOf } from "../../bench/runs.ts";
import { TINY } from "../../bench/sizes.ts";
import { formatTable } from "../../bench/table.ts";
import { mirroredVolume } from "../../bench/volumes.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

const LINE = { name: "a", amount: 100, seconds: [4, 1, 2] } as const;

Deno.test("figuresOf() divides the amount by the time of a rate, and multiplies it for a ratio", () => {
  assert.deepEqual(figuresOf({ ...LINE, unit: "voxels/s" }), [25, 100, 50]);
  assert.deepEqual(figuresOf({ ...LINE, unit: "s" }), [4, 1, 2]);
  assert.deepEqual(figuresOf({ ...LINE, unit: "ratio", amount: 0.5 }), [2, 0.5, 1]);
});

Deno.test("median() is the middle, or the mean of the two middle values", () => {
  assert.equal(median([5, 1, 3]), 3);
  assert.equal(median([4, 1, 3, 10]), 3.5);
  assert.ok(Number.isNaN(median([])));
});

Deno.test("measureKernel() takes each repetition from the same number of runs", async () => {
  let runs = 0;
  const line = { name: "a", unit: "voxels/s", amount: 1, run: () => void runs++ } as const;
  assert.equal((await measureKernel(line, 3, 0)).seconds.length, 3);
  assert.equal(runs, 4, "one to warm up, one a repetition");
});

Deno.test("ratioTo() is above 1 where the figure is better, whatever the unit", async () => {
  await inTempFolder(async (folder) => {
    const path = `${folder}/baseline.json`;
    const now = { processor: "p", cores: 2, deno: "2", sizes: "normal" } as const;
    const rate = { ...LINE, name: "rate", unit: "voxels/s" } as const;
    const time = { ...LINE, name: "time", unit: "s" } as const;
    const growth = { ...LINE, name: "growth", unit: "ratio", lowerIsBetter: true } as const;
    const speedup = { ...LINE, name: "speedup", unit: "ratio" } as const;
    await saveBaseline(path, now, [rate, time], new Date(0));
    await saveBaseline(path, now, [growth, speedup], new Date(0));
    const baseline = await readBaseline(path);
    assert.ok(baseline);
    const halved = { seconds: [1] };
    const ratios = [rate, time, growth, speedup].map((line) => ratioTo(baseline, { ...line, ...halved }));
    assert.deepEqual(ratios, [2, 2, 2, 0.5]);
    assert.equal(ratioTo(baseline, { ...rate, name: "new" }), undefined);
    assert.equal(ratioTo(baseline, { ...rate, unit: "bytes/s" }), undefined);
    assert.equal(whyNotComparable(baseline, now), undefined);
    assert.match(whyNotComparable(baseline, { ...now, cores: 4 }) ?? "", /another machine/);
    assert.match(whyNotComparable(baseline, { ...now, sizes: "quick" }) ?? "", /normal sizes/);
    await saveBaseline(path, { ...now, cores: 4 }, [time], new Date(0));
    assert.deepEqual(Object.keys((await readBaseline(path))?.lines ?? {}), ["time"]);
  });
});

Deno.test("formatTable() leaves the figures of a skipped line empty", () => {
  const skipped = { ...LINE, seconds: [], unit: "s", note: "skipped: no data" } as const;
  const [, row = ""] = formatTable([skipped], undefined).split("\n");
  assert.match(row, /^a +s +skipped: no data$/);
});

Deno.test("mirroredVolume() repeats the border's voxel at every mirror", () => {
  const tile = { shape: [1, 2, 3], voxels: Uint8Array.of(1, 2, 3, 4, 5, 6) } as const;
  assert.deepEqual(
    [...mirroredVolume(tile, [2, 3, 8])],
    [1, 1].flatMap(() => [1, 2, 3, 3, 2, 1, 1, 2, 4, 5, 6, 6, 5, 4, 4, 5, 4, 5, 6, 6, 5, 4, 4, 5]),
  );
});

Deno.test("stagesOf() adds up the stages of the same first word", () => {
  const lines = [
    { event: "stage-started", stage: "convert a" },
    { event: "stage-done", stage: "convert a", elapsed: 1 },
    { event: "stage-done", stage: "convert b", elapsed: 2 },
    { event: "stage-done", stage: "boost", elapsed: 4 },
  ];
  const out = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
  assert.deepEqual([...stagesOf(out)], [["convert", 3], ["boost", 4]]);
});

Deno.test("readOptions() reads sizes, parts and repetitions, and refuses what it does not know", () => {
  assert.equal(readOptions(["--help"]), undefined);
  const options = readOptions(["--tiny", "--only", "files,kernels", "--repeat", "7", "--size", "8,9,10"]);
  assert.deepEqual(options?.sizes, { ...TINY, large: [8, 9, 10] });
  assert.deepEqual(options?.parts.map(({ name }) => name), ["files", "kernels"]);
  assert.equal(options?.repeat, 7);
  assert.deepEqual(readOptions(["--full"])?.sizes.large, [512, 1024, 1024]);
  assert.equal(readOptions([])?.parts.length, PARTS.length);
  for (const wrong of [["--only", "kernel"], ["--repeat", "0"], ["--size", "8,9"], ["--fast"]]) {
    assert.throws(() => readOptions(wrong), Error, wrong.join(" "));
  }
});
