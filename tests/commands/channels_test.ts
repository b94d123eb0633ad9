import assert from "node:assert/strict";
import { channelName, defaultChannels } from "../../src/channels/mod.ts";
import { generateFixture } from "../../fixtures/fixture.ts";
import { compare, readFloat16, referenceFolder } from "../helpers/channels_reference.ts";
import {
  ccboost,
  ccboostHere,
  namesIn,
  readScores,
  resultOf,
  writeJob,
  writeTiffFile,
} from "../helpers/cli_process.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

const folder = await referenceFolder();
const skipped = folder === undefined ? " (skipped: no reference data)" : "";

const NAMES = [...defaultChannels.map(channelName), "hessOrient-s3.5-repolarized"];

/** How well axes agree, 1 where they are parallel, at every voxel, sorted. @param first component of 9 at which the axis begins */
function parallels(ours: Float32Array, original: Float32Array, first: number): Float64Array {
  const dots = new Float64Array(ours.length / 9);
  for (let voxel = 0; voxel < dots.length; voxel++) {
    let dot = 0;
    for (let at = voxel * 9 + first, end = at + 3; at < end; at++) {
      dot += (ours[at] ?? NaN) * (original[at] ?? NaN);
    }
    dots[voxel] = Math.abs(dot);
  }
  return dots.sort();
}

Deno.test({
  name: `ccboost channels agrees with the original on every column and axis of fibsem${skipped}`,
  ignore: folder === undefined,
  async fn() {
    await inTempFolder(async (out) => {
      const finished = await ccboost("channels", `${folder}/fibsem/volume.tif`, `${out}/channels`, "--json");
      assert.equal(finished.code, 0, finished.out);
      assert.deepEqual(namesIn(`${out}/channels`), NAMES.map((name) => `${name}.nrrd`).sort());
      let columns = 0;
      for (const channel of defaultChannels) {
        const name = channelName(channel);
        const [ours, original] = [
          await readScores(`${out}/channels/${name}.nrrd`),
          await readFloat16(`${folder}/fibsem/${name}.f16.gz`),
        ];
        assert.equal(ours.length, original.length, name);
        const components = channel.kind === "stensor" ? 3 : 1;
        for (let component = 0; component < components; component++) {
          const column = { first: component, step: components };
          const { correlation, slope } = compare({ values: ours, ...column }, {
            values: original,
            ...column,
          });
          assert.ok(correlation >= 0.999, `${name} component ${component}: correlation ${correlation}`);
          assert.ok(Math.abs(slope - 1) <= 0.03, `${name} component ${component}: slope ${slope}`);
          columns++;
        }
      }
      assert.equal(columns, 16);
      const frames = await readScores(`${out}/channels/hessOrient-s3.5-repolarized.nrrd`);
      const original = await readFloat16(`${folder}/fibsem/orientation.f16.gz`);
      assert.equal(frames.length, original.length);
      for (const [axis, first] of [["e1", 0], ["e2", 3], ["e3", 6]] as const) {
        const dots = parallels(frames, original, first);
        const median = dots[dots.length >> 1] ?? 0;
        assert.ok(median >= 0.999, `${axis}: median |dot| ${median}`);
      }
    });
  },
});

Deno.test("ccboost channels writes the same bytes whatever the blocks, the workers and the memory", async () => {
  await inTempFolder(async (out) => {
    const shape = [40, 68, 72] as const;
    await writeTiffFile(`${out}/v.tif`, generateFixture({ shape, seed: 5 }).raw, shape);
    const names = [
      "stensor-s0.5-r1.0",
      "log-s2.0",
      "hessian-s1.6",
      "hessOrient-s1.5-repolarized",
      "hessOrient-s1.5",
      "hess-e1-s1.5",
    ];
    const write = async (to: string, ...flags: string[]) => {
      const args = [
        "channels",
        `${out}/v.tif`,
        `${out}/${to}`,
        "--anisotropy",
        "2",
        "--only",
        names.join(","),
      ];
      const finished = await ccboost(...args, ...flags);
      assert.equal(finished.code, 0, finished.err);
    };
    await write("a", "--workers", "1", "--memory", "4GiB", "--block", "128,128,128");
    await write("b", "--workers", "2", "--block", "1,1,1");
    for (const name of names) {
      const [a, b] = await Promise.all(["a", "b"].map((to) => Deno.readFile(`${out}/${to}/${name}.nrrd`)));
      assert.ok(a && b && a.length > 40 * 68 * 72 * 4);
      assert.ok(a.every((byte, i) => byte === b[i]), name);
    }
    assert.deepEqual(namesIn(`${out}/a`), names.map((name) => `${name}.nrrd`).sort());
  });
});

Deno.test("ccboost channels --sigma changes the orientation's scale and name", async () => {
  await inTempFolder(async (out) => {
    const shape = [20, 24, 28] as const;
    await writeTiffFile(`${out}/v.tif`, generateFixture({ shape, seed: 5, synapses: 0 }).raw, shape);
    const write = (to: string, ...flags: string[]) =>
      ccboostHere("channels", `${out}/v.tif`, `${out}/${to}`, "--workers", "0", ...flags);
    const finished = await write("c", "--sigma", "2", "--json");
    const files = resultOf(finished)["files"] as { path: string; components: number; bytes: number }[];
    assert.deepEqual(files.map(({ components }) => components), [1, 1, 1, 1, 3, 3, 3, 3, 9]);
    assert.ok(files.at(-1)?.path.endsWith("/c/hessOrient-s2.0-repolarized.nrrd"));
    const frames = await readScores(`${out}/c/hessOrient-s2.0-repolarized.nrrd`);
    await write("d", "--only", "hessOrient-s2.0-repolarized");
    assert.deepEqual(await readScores(`${out}/d/hessOrient-s2.0-repolarized.nrrd`), frames);
    await write("d", "--only", "hessOrient-s3.0-repolarized");
    assert.notDeepEqual(await readScores(`${out}/d/hessOrient-s3.0-repolarized.nrrd`), frames);
  });
});

Deno.test("ccboost channels writes families at scales, and a run takes what it wrote as otherFeatures", async () => {
  await inTempFolder(async (out) => {
    const config = await writeJob(out);
    const only = ["--only", "gauss,hess-e3,hessOrient,hessOrient-repolarized,log-s2", "--scales", "1.5,2"];
    const finished = await ccboostHere(
      ...["channels", `${out}/raw.tif`, `${out}/c`, ...only, "--json", "--workers", "0"],
    );
    const files = resultOf(finished)["files"] as { path: string; components: number }[];
    assert.deepEqual(files.map(({ path, components }) => [path.slice(`${out}/c/`.length), components]), [
      ["gauss-s1.5.nrrd", 1],
      ["gauss-s2.0.nrrd", 1],
      ["hess-e3-s1.5.nrrd", 3],
      ["hess-e3-s2.0.nrrd", 3],
      ["hessOrient-s1.5.nrrd", 9],
      ["hessOrient-s2.0.nrrd", 9],
      ["hessOrient-s1.5-repolarized.nrrd", 9],
      ["hessOrient-s2.0-repolarized.nrrd", 9],
      ["log-s2.0.nrrd", 1],
    ]);
    const [single, all, repolarized] = await Promise.all(
      ["hess-e3-s2.0", "hessOrient-s2.0", "hessOrient-s2.0-repolarized"].map((name) =>
        readScores(`${out}/c/${name}.nrrd`)
      ),
    );
    assert.ok(single && all && repolarized);
    assert.ok(single.length === 3 * 40 * 64 * 64 && all.length === 3 * single.length);
    assert.ok(single.every((value, i) => value === all[9 * Math.floor(i / 3) + 6 + i % 3]));
    assert.ok(all.every((value, i) => Math.abs(value) === Math.abs(repolarized[i] ?? NaN)));
    assert.ok(all.some((value, i) => value !== repolarized[i]));

    const features = '["gauss-s1.0", "c/hess-e3-s2.0.nrrd", "c/log-s2.0.nrrd"]';
    const ran = await ccboostHere(
      "run",
      config,
      "--json",
      ...["train.otherFeatures", "test[0].otherFeatures"].flatMap((key) => ["--set", `${key}=${features}`]),
      ...["--set", "crossFitFolds=1", "--workers", "0"],
    );
    assert.equal(ran.code, 0, ran.out);
    assert.ok(namesIn(out).includes("out-0-ab-max.nrrd"));
  });
});

Deno.test("ccboost channels tells a wrong name, scale, volume or budget before it writes a file", async () => {
  await inTempFolder(async (out) => {
    const shape = [64, 64, 64] as const;
    await writeTiffFile(`${out}/v.tif`, new Uint8Array(64 ** 3), shape);
    const fails = async (message: RegExp, ...args: string[]) => {
      const { code, err } = await ccboostHere("channels", ...args);
      assert.equal(code, 2, err);
      assert.match(err, message);
      if (args[1] === `${out}/c`) assert.throws(() => Deno.statSync(`${out}/c`), Deno.errors.NotFound);
    };
    await fails(
      /"gradient-magnitud-s1\.0" is not a channel .*gradient-magnitude-s1\.0/,
      `${out}/v.tif`,
      `${out}/c`,
      "--only",
      "gradient-magnitud-s1.0",
    );
    await fails(/families in --only/, `${out}/v.tif`, `${out}/c`, "--scales", "2");
    await fails(/--scales is "0"/, `${out}/v.tif`, `${out}/c`, "--only", "gauss", "--scales", "2,0");
    await fails(/--sigma is "0"/, `${out}/v.tif`, `${out}/c`, "--sigma", "0");
    await fails(/no-such\.tif/, `${out}/no-such.tif`, `${out}/c`);
    await fails(/at least --memory \d+MiB is needed/, `${out}/v.tif`, `${out}/m`, "--memory", "130MiB");
  });
});
