/** Files of the work folder that have gone, as where a scratch file system is purged: named, and computed again to the same bits. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { UserError } from "../../src/user_error.ts";
import { convertVolume } from "../../src/stages/convert/convert.ts";
import { verifyWorkFolder } from "../../src/run/verify.ts";
import { exists } from "../../src/run/work_folder.ts";
import { DamagedError } from "../../src/volume/damaged_error.ts";
import { wholeRegion } from "../../src/volume/region.ts";
import { createZarr, openZarr, readRegion, setAttributes, writeRegion } from "../../src/volume/zarr/mod.ts";
import { encodeTiff } from "../../fixtures/tiff.ts";
import { copyFolder, filesBelow } from "../helpers/damage.ts";
import { digests, OUTPUTS, removeResults, results, runJob } from "../helpers/run_job.ts";
import { runKilled } from "./run_killing.ts";
import { writeTiny } from "../helpers/run_tiny.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

const ARRAYS: readonly (readonly [what: string, chunk: RegExp])[] = [
  ["raw copy", /volumes\/raw-[^/]*\/c\/.*/],
  ["labels", /volumes\/labels-[^/]*\/c\/.*/],
  ["components", /ground-truth\/components\.zarr\/c\/.*/],
  ["eroded labels", /ground-truth\/eroded\.zarr\/c\/.*/],
  ["scores", /scores\/0-max\.zarr\/c\/.*/],
  ["scores of the worse frame", /scores\/0-min\.zarr\/c\/.*/],
  ["directions", /scores\/0-direction\.zarr\/c\/.*/],
  ["orientation", /scores\/0-orientation\.zarr\/c\/.*/],
];
/** Two chunks. */
const SHAPE = [20, 44, 140] as const;
const SET = ["train.groundTruthErodeRadius=1", "outputOrientationEstimate=true"];

Deno.test("runCcboost() computes a lost chunk of every array again, whether it is wanted or not, and verify names it", () =>
  inTempFolder(async (folder) => {
    await writeTiny(folder, SHAPE);
    await runJob(folder, { set: SET });
    const outputs = [...OUTPUTS, "0--predOrient.nrrd"];
    const expected = await results(folder, outputs);
    const work = `${folder}/out-work`;
    for (const [what, pattern] of ARRAYS) {
      // What is wanted for the results that are missing: scores, and what they are computed from.
      for (const isExported of /raw copy|^scores$/.test(what) ? [true, false] : [true]) {
        const path = filesBelow(work).find((file) => pattern.test(file));
        assert.ok(path, `${what}: no chunk`);
        await Deno.remove(path);
        if (!isExported) await Deno.remove(`${folder}/out-0-ab-max.nrrd`);
        const { faults } = await verifyWorkFolder(work);
        assert.ok(
          faults.some((fault) => fault.kind === "missing" && fault.path === path),
          `${what}: ${path}`,
        );
        const { said } = await runJob(folder, { set: SET });
        assert.match(
          said,
          /warning: .*(missing; (its part is|(its|their) contents are)|chunks exist; it is) /,
          what,
        );
        assert.deepEqual(await results(folder, outputs), expected, what);
        assert.deepEqual((await verifyWorkFolder(work)).faults, [], what);
      }
    }
  }));

Deno.test("runCcboost() trains on no lost chunk", () =>
  inTempFolder(async (folder) => {
    await writeTiny(folder, SHAPE);
    const set = [...SET, "numStumps=7"];
    await runJob(folder, { set });
    const expected = await results(folder);
    await removeResults(folder);
    await Deno.remove(`${folder}/.out-run.json`);
    await Deno.remove(`${folder}/out-work`, { recursive: true });
    await runJob(folder, { set: SET });
    const work = `${folder}/out-work`;
    for (const [, pattern] of ARRAYS) {
      const path = filesBelow(work).find((file) => pattern.test(file));
      await Deno.remove(path ?? "");
    }
    await runJob(folder, { set });
    assert.deepEqual(await results(folder), expected);
    assert.deepEqual((await verifyWorkFolder(work)).faults, []);
  }));

Deno.test("runCcboost() computes lost files again after it was killed, and ends with the same bits", () =>
  inTempFolder(async (folder) => {
    await writeTiny(folder, SHAPE);
    await runJob(folder);
    const expected = await results(folder);
    const set = ["outFileName=killed"], work = `${folder}/killed-work`;
    const cases: readonly (readonly [stage: string, lost: RegExp, limit: string])[] = [
      ["score 0", /0-(max|min)\.zarr\/c\/.*/, "32,64,128"],
      ["score 0", /0-direction\.zarr\/zarr\.json$/, "32,64,128"],
      ["score 0", /raw-[^/]*\/c\/.*/, "32,64,128"],
      ["score 0", /raw-[^/]*\/zarr\.json$/, "32,64,128"],
      ["boost", /gather\/.*\.features$/, `${2 ** 30}`],
      ["boost", /gather\/stage\.json$/, `${2 ** 30}`],
      ["boost", /samples\/.*\.samples$/, `${2 ** 30}`],
      ["boost", /components\.zarr\/c\/.*/, `${2 ** 30}`],
      ["boost", /components\.zarr\/zarr\.json$/, `${2 ** 30}`],
      ["gather", /samples\/.*\.samples$/, "32,64,128"],
      ["gather", /gather\/.*\.features$/, "32,64,128"],
    ];
    for (const [stage, lost, limit] of cases) {
      const kept = `${folder}/kept-${stage}-${limit}`;
      if (!await exists(kept)) {
        await runKilled(folder, work, { stage, advances: 1, limit, set });
        await Deno.rename(work, kept);
      }
      await copyFolder(kept, work);
      const paths = filesBelow(work).filter((file) => lost.test(file));
      assert.ok(paths.length > 0, `${lost} is not there`);
      for (const path of paths) await Deno.remove(path);
      await runJob(folder, { set, work });
      const found = await digests(OUTPUTS.map((name) => `${folder}/killed-${name}`));
      assert.deepEqual(found.map((text) => text.replace("killed", "out")), expected, `${stage} ${lost}`);
      assert.deepEqual((await verifyWorkFolder(work)).faults, [], `${stage} ${lost}`);
      await removeResults(folder, { name: "killed" });
      await Deno.remove(work, { recursive: true });
    }
  }));

Deno.test("readRegion() names a lost chunk of an array that stores all, and fills one of an array that does not", () =>
  inTempFolder(async (folder) => {
    for (const dtype of ["uint8", "uint32", "float32"] as const) {
      for (const codec of ["none", "zstd", "gzip"] as const) {
        const options = { shape: [4, 4, 8], chunk: [4, 4, 4], dtype, codec } as const;
        const voxels = {
          uint8: new Uint8Array(128),
          uint32: new Uint32Array(128),
          float32: new Float32Array(128),
        };
        for (const storesAll of [true, false]) {
          const path = `${folder}/${dtype}-${codec}-${storesAll}.zarr`;
          const volume = await createZarr(path, { ...options, storesAll });
          await writeRegion(volume, wholeRegion(volume.shape), voxels[dtype]);
          assert.equal(
            filesBelow(join(path)).filter((file) => file.includes("/c/")).length,
            storesAll ? 2 : 0,
          );
          if (!storesAll) continue;
          const again = await setAttributes(volume, { other: 1 });
          assert.ok(again.storesAll && (await openZarr(path)).storesAll);
          await readRegion(again, wholeRegion(volume.shape), voxels[dtype]);
          await Deno.remove(`${path}/c/0/0/1`);
          await assert.rejects(readRegion(again, wholeRegion(volume.shape), voxels[dtype]), (error) => {
            assert.ok(error instanceof DamagedError && error instanceof UserError);
            assert.equal(error.file, `${path}/c/0/0/1`);
            assert.match(error.message, /its file is missing, but the chunk was written/);
            return true;
          });
        }
      }
    }
  }));

Deno.test("convertVolume() converts the part of a lost chunk again, finished or stopped", () =>
  inTempFolder(async (folder) => {
    const shape = [6, 8, 8] as const;
    const voxels = Uint8Array.from({ length: 384 }, (_, i) => i < 128 ? 0 : i % 251); // the first chunks are fill values
    await Deno.writeFile(`${folder}/in.tif`, encodeTiff(voxels, shape));
    const lost: string[] = [];
    const options = {
      dtype: "uint8",
      anisotropy: 1,
      chunk: [2, 4, 8],
      onLost: (file: string) => void lost.push(file),
    } as const;
    const out = `${folder}/out.zarr`;
    const bytesOf = () => digests(filesBelow(out).filter((file) => file.includes("/c/")).sort());
    await convertVolume(`${folder}/in.tif`, out, options);
    const expected = await bytesOf();
    assert.equal(expected.length, 6);
    for (const chunk of ["c/0/0/0", "c/1/1/0", "c/2/0/0"]) {
      await Deno.remove(`${out}/${chunk}`);
      await convertVolume(`${folder}/in.tif`, out, options);
      assert.deepEqual(lost.splice(0), [`${out}/${chunk}`]);
      assert.deepEqual(await bytesOf(), expected);
    }
    await Deno.remove(out, { recursive: true });
    const stop = new AbortController();
    const onProgress = (done: number) => done > 128 && stop.abort(new Error("stopped"));
    await assert.rejects(
      convertVolume(`${folder}/in.tif`, out, { ...options, onProgress, signal: stop.signal }),
      /stopped/,
    );
    await Deno.remove(`${out}.partial/c/0/1/0`);
    await convertVolume(`${folder}/in.tif`, out, options);
    assert.deepEqual(lost.splice(0), [`${out}.partial/c/0/1/0`]);
    assert.deepEqual(await bytesOf(), expected);
  }));
