import assert from "node:assert/strict";
import fc from "fast-check";
import { encodeTiff } from "../../fixtures/tiff.ts";
import { voxelCount, type Zyx } from "../../src/volume/region.ts";
import { openZarr, readRegion } from "../../src/volume/zarr/mod.ts";
import { describeEvaluation } from "../../src/commands/evaluate_text.ts";
import {
  ccboost as startCcboost,
  ccboostHere as ccboost,
  jsonLines,
  namesIn,
  readScores,
  resultOf,
  writeScores,
  writeTiffFile,
} from "../helpers/cli_process.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

/** Voxels that tell their places. */
function pattern(shape: Zyx): Uint8Array {
  return Uint8Array.from({ length: voxelCount(shape) }, (_, i) => (i * 7 + (i >> 5)) % 256);
}

Deno.test("ccboost convert and export bring a TIFF back byte by byte, through Zarr and NRRD", async () => {
  await inTempFolder(async (folder) => {
    const shape: Zyx = [5, 40, 70];
    const voxels = pattern(shape);
    await writeTiffFile(`${folder}/in.tif`, voxels, shape);
    const converted = await startCcboost("convert", `${folder}/in.tif`, `${folder}/v.zarr`);
    assert.equal(converted.code, 0, converted.err);
    assert.match(converted.out, /^wrote .*v\.zarr: 70 x 40 x 5 voxels \(x, y, z\), 1 x uint8 per voxel/);
    const zarr = await openZarr(`${folder}/v.zarr`);
    const read = new Uint8Array(voxels.length);
    await readRegion(zarr, { start: [0, 0, 0], shape }, read);
    assert.deepEqual(read, voxels);
    assert.equal((await ccboost("export", `${folder}/v.zarr`, `${folder}/v.nrrd`)).code, 0);
    assert.equal((await ccboost("export", `${folder}/v.nrrd`, `${folder}/back.tif`)).code, 0);
    assert.equal((await ccboost("convert", `${folder}/back.tif`, `${folder}/back.zarr`)).code, 0);
    await readRegion(await openZarr(`${folder}/back.zarr`), { start: [0, 0, 0], shape }, read.fill(0));
    assert.deepEqual(read, voxels);
    assert.deepEqual(namesIn(folder), ["back.tif", "back.zarr", "in.tif", "v.nrrd", "v.zarr"]);
  });
});

Deno.test("ccboost convert keeps floats, and --type float32 widens 8-bit voxels", async () => {
  await inTempFolder(async (folder) => {
    await writeScores(`${folder}/f.nrrd`, [1.5, -2, 0.25, 8], [1, 2, 2]);
    const float = await ccboost("convert", `${folder}/f.nrrd`, `${folder}/f.zarr`, "--json");
    assert.equal(resultOf(float)["dtype"], "float32");
    const read = new Float32Array(4);
    await readRegion(await openZarr(`${folder}/f.zarr`), { start: [0, 0, 0], shape: [1, 2, 2] }, read);
    assert.deepEqual(Array.from(read), [1.5, -2, 0.25, 8]);
    await writeTiffFile(`${folder}/b.tif`, Uint8Array.of(0, 255), [1, 1, 2]);
    const wide = await ccboost(
      "convert",
      `${folder}/b.tif`,
      `${folder}/b.zarr`,
      "--type",
      "float32",
      "--json",
    );
    assert.equal(resultOf(wide)["dtype"], "float32");
  });
});

Deno.test("ccboost convert leaves alone what is no Zarr array, its own input, and a volume of the right kind", async () => {
  await inTempFolder(async (folder) => {
    await writeTiffFile(`${folder}/in.tif`, Uint8Array.of(1, 2), [1, 1, 2]);
    await Deno.mkdir(`${folder}/precious`);
    await Deno.writeTextFile(`${folder}/precious/thesis.txt`, "all of it");
    const refused = await ccboost("convert", `${folder}/in.tif`, `${folder}/precious`);
    assert.equal(refused.code, 2);
    assert.match(refused.err, /precious already exists and is not a Zarr array/);
    assert.deepEqual(namesIn(`${folder}/precious`), ["thesis.txt"]);
    const itself = await ccboost("export", `${folder}/in.tif`, `${folder}/./in.tif`);
    assert.deepEqual([itself.code, /both input and output/.test(itself.err)], [2, true]);
    assert.equal((await ccboost("convert", `${folder}/in.tif`, `${folder}/v.zarr`)).code, 0);
    const again = await ccboost("convert", `${folder}/v.zarr`, `${folder}/w.zarr`);
    assert.deepEqual([again.code, /is already a Zarr array of uint8/.test(again.err)], [2, true]);
    assert.deepEqual(namesIn(folder), ["in.tif", "precious", "v.zarr"]);
  });
});

Deno.test("ccboost evaluate gives the measures of a ranking counted by hand", async () => {
  await inTempFolder(async (folder) => {
    const shape: Zyx = [1, 2, 3];
    await writeScores(`${folder}/p.nrrd`, [5, 4, 3, 2, 1, 0], shape);
    await writeTiffFile(`${folder}/l.tif`, Uint8Array.of(255, 0, 255, 128, 0, 0), shape);
    const finished = await ccboost("evaluate", `${folder}/p.nrrd`, `${folder}/l.tif`, "--json");
    assert.equal(finished.code, 0, finished.out);
    assert.equal(finished.err, "");
    const { averagePrecision, rocAuc, atBestF1, ...rest } = resultOf(finished);
    assert.deepEqual(atBestF1, {
      threshold: 3,
      truePositives: 2,
      falsePositives: 1,
      precision: 2 / 3,
      recall: 1,
      falsePositiveRate: 1 / 3,
      f1: 0.8,
      jaccard: 2 / 3,
    });
    assert.ok(Math.abs(Number(averagePrecision) - (1 / 2 + (2 / 3) / 2)) < 1e-12);
    assert.ok(Math.abs(Number(rocAuc) - 5 / 6) < 1e-12);
    assert.deepEqual(rest, {
      prediction: `${folder}/p.nrrd`,
      labels: `${folder}/l.tif`,
      bestF1: { value: 0.8, threshold: 3 },
      bestJaccard: { value: 2 / 3, threshold: 3 },
      positives: 2,
      negatives: 3,
      ignored: 1,
      seenInTraining: null,
    });
    // The temporary arrays are gone, wherever they were.
    assert.deepEqual(namesIn(folder), ["l.tif", "p.nrrd"]);
    const text = await ccboost("evaluate", `${folder}/p.nrrd`, `${folder}/l.tif`, "--work", `${folder}/w`);
    assert.match(text.out, /^average precision {2}0\.8333$/m);
    assert.match(text.out, /^best F1 {12}0\.8000 {2}at threshold 3$/m);
    assert.match(text.out, /^voxels {13}2 positive, 3 negative, 1 ignored$/m);
    assert.deepEqual(namesIn(`${folder}/w`), []);
    await ccboost("convert", `${folder}/p.nrrd`, `${folder}/p.zarr`);
    const zarr = await ccboost("evaluate", `${folder}/p.zarr`, `${folder}/l.tif`, "--quiet");
    assert.deepEqual([zarr.out, zarr.err], [text.out, ""]);
  });
});

Deno.test("ccboost evaluate tells what does not fit, and leaves nothing behind", async () => {
  await inTempFolder(async (folder) => {
    await writeScores(`${folder}/p.nrrd`, [1, 2], [1, 1, 2]);
    await writeTiffFile(`${folder}/larger.tif`, new Uint8Array(3), [1, 1, 3]);
    await writeTiffFile(`${folder}/empty.tif`, new Uint8Array(2), [1, 1, 2]);
    const larger = await ccboost("evaluate", `${folder}/p.nrrd`, `${folder}/larger.tif`);
    assert.equal(larger.code, 2);
    assert.match(larger.err, /larger\.tif: the ground truth has 3 x 1 x 1 voxels .*p\.nrrd 2 x 1 x 1/);
    const empty = await ccboost("evaluate", `${folder}/p.nrrd`, `${folder}/empty.tif`);
    assert.equal(empty.code, 2);
    assert.match(empty.err, /empty\.tif: no voxel is labelled 255/);
    assert.deepEqual(namesIn(folder), ["empty.tif", "larger.tif", "p.nrrd"]);
  });
});

Deno.test("describeEvaluation() gives a threshold in at most 6 digits", () => {
  fc.assert(fc.property(fc.double({ min: -1e6, max: 1e6, noNaN: true }), (threshold) => {
    const best = { value: 0.5, threshold };
    const text = describeEvaluation({
      averagePrecision: 1,
      rocAuc: 1,
      bestF1: best,
      bestJaccard: best,
      positives: 1,
      negatives: 1,
      ignored: 0,
    });
    const shown = Number(/at threshold (\S+)$/m.exec(text)?.[1]);
    assert.ok(Math.abs(shown - threshold) <= Math.abs(threshold) * 1e-5);
  }));
});

/** 255 in a box and 0 elsewhere, eroded and dilated one voxel after the other. */
function expectedMargin(labels: Uint8Array, [nz, ny, nx]: Zyx, erode: number, dilate: number): Uint8Array {
  const at = (z: number, y: number, x: number) =>
    z < 0 || y < 0 || x < 0 || z >= nz || y >= ny || x >= nx ? undefined : labels[(z * ny + y) * nx + x];
  const anyInBall = (voxel: Zyx, radius: number, isHit: (label: number | undefined) => boolean) => {
    const r = Math.ceil(radius);
    for (let z = -r; z <= r; z++) {
      for (let y = -r; y <= r; y++) {
        for (let x = -r; x <= r; x++) {
          if (z * z + y * y + x * x > radius * radius) continue;
          if (isHit(at(voxel[0] + z, voxel[1] + y, voxel[2] + x))) return true;
        }
      }
    }
    return false;
  };
  return Uint8Array.from(labels, (_, i) => {
    const voxel: Zyx = [Math.floor(i / (nx * ny)), Math.floor(i / nx) % ny, i % nx];
    const isEroded = anyInBall(voxel, erode, (label) => label !== undefined && label !== 255);
    if (!isEroded && labels[i] === 255) return 255;
    return anyInBall(voxel, dilate, (label) => label === 255) ? 128 : 0;
  });
}

Deno.test("ccboost erode-dilate gives what a search of every ball gives, as TIFF and as Zarr", async () => {
  await inTempFolder(async (folder) => {
    const shape: Zyx = [9, 12, 14];
    const labels = Uint8Array.from({ length: voxelCount(shape) }, (_, i) => {
      const [z, y, x] = [Math.floor(i / (12 * 14)), Math.floor(i / 14) % 12, i % 14];
      return z < 4 && y > 3 && y < 9 && x > 2 && x < 9 ? 255 : 0;
    });
    await writeTiffFile(`${folder}/l.tif`, labels, shape);
    const expected = expectedMargin(labels, shape, 1, 3);
    for (const name of ["m.tif", "m.zarr"]) {
      const done = await ccboost("erode-dilate", `${folder}/l.tif`, "1", "3", `${folder}/${name}`);
      assert.equal(done.code, 0, done.err);
    }
    const zarr = new Uint8Array(expected.length);
    await readRegion(await openZarr(`${folder}/m.zarr`), { start: [0, 0, 0], shape }, zarr);
    assert.deepEqual(zarr, expected);
    await ccboost("convert", `${folder}/m.tif`, `${folder}/tif.zarr`);
    await readRegion(await openZarr(`${folder}/tif.zarr`), { start: [0, 0, 0], shape }, zarr.fill(7));
    assert.deepEqual(zarr, expected);
    assert.deepEqual(new Set(expected), new Set([255, 128, 0]));
    assert.deepEqual(namesIn(folder), ["l.tif", "m.tif", "m.zarr", "tif.zarr"]);
  });
});

Deno.test("ccboost erode-dilate says how much memory a large margin needs", async () => {
  await inTempFolder(async (folder) => {
    await Deno.writeFile(`${folder}/l.tif`, encodeTiff(new Uint8Array(120 ** 3).fill(255), [120, 120, 120]));
    const line = ["erode-dilate", `${folder}/l.tif`, "1", "100", `${folder}/m.tif`];
    const { code, err } = await ccboost(...line, "--memory", "140MiB");
    assert.equal(code, 2);
    const needed = /--memory 140MiB is not enough.*--memory (\d+MiB)/.exec(err)?.[1];
    assert.ok(needed, err);
    assert.deepEqual(namesIn(folder), ["l.tif"]);
    const enough = await ccboost(...line, "--memory", needed, "--json");
    assert.equal(enough.code, 0, enough.out);
    assert.ok(jsonLines(enough.out).every(({ event }) => event !== "error"));
  });
});

Deno.test("ccboost export writes floats that a NRRD reader finds", async () => {
  await inTempFolder(async (folder) => {
    await writeScores(`${folder}/f.nrrd`, [1.5, -2, 0.25, 8], [1, 2, 2]);
    assert.equal((await ccboost("export", `${folder}/f.nrrd`, `${folder}/g.nrrd`)).code, 0);
    assert.deepEqual(Array.from(await readScores(`${folder}/g.nrrd`)), [1.5, -2, 0.25, 8]);
  });
});

Deno.test("ccboost export writes a region, a threshold and a voxel size, in any format", async () => {
  await inTempFolder(async (folder) => {
    await writeScores(`${folder}/s.nrrd`, Array.from({ length: 60 }, (_, i) => i), [3, 4, 5]);
    const flags = ["--region", "1:3,:,2:", "--threshold", "32", "--voxel-size", "4,4,40", "--json"];
    for (
      const [name, kind] of [["m.ome.zarr", "levels"], ["m.tif", "bytes"], ["m.h5:/a/b", "bytes"]] as const
    ) {
      const done = await ccboost("export", `${folder}/s.nrrd`, `${folder}/${name}`, ...flags);
      assert.equal(done.code, 0, done.out);
      const { shape, dtype, voxelSize, [kind]: more } = resultOf(done);
      assert.deepEqual([shape, dtype, voxelSize, Number(more) > 0], [[2, 4, 3], "uint8", [40, 4, 4], true]);
    }
    const labels = await ccboost(
      "export",
      `${folder}/m.ome.zarr/0`,
      `${folder}/m.ome.zarr/labels/again`,
      "--json",
    );
    assert.equal(resultOf(labels)["levels"], 1, labels.out);
    const level = await openZarr(`${folder}/m.ome.zarr/0`);
    assert.deepEqual(level.voxelSize, [40, 4, 4]);
    const mask = new Uint8Array(24);
    await readRegion(level, { start: [0, 0, 0], shape: [2, 4, 3] }, mask);
    const expected = Array.from(mask, (_, i) => {
      const [z, y, x] = [1 + Math.floor(i / 12), Math.floor(i / 3) % 4, 2 + i % 3];
      return z * 20 + y * 5 + x >= 32 ? 255 : 0;
    });
    assert.deepEqual([...mask], expected);
    assert.deepEqual(namesIn(folder), ["m.h5", "m.ome.zarr", "m.tif", "s.nrrd"]);
  });
});

Deno.test("ccboost export says what is wrong with a region, a voxel size and a name", async () => {
  await inTempFolder(async (folder) => {
    await writeScores(`${folder}/s.nrrd`, [1, 2], [1, 1, 2]);
    const cases: [name: string, flags: string[], message: RegExp][] = [
      [
        "m.nrrd",
        ["--region", "0:1,0:1,0:3"],
        /--region is "0:1,0:1,0:3"; expected z,y,x .*within 0:1,0:1,0:2/,
      ],
      ["m.nrrd", ["--region", "1:1,:,:"], /--region is "1:1,:,:"/],
      ["m.nrrd", ["--region", "0,0,0"], /--region is "0,0,0"/],
      ["m.nrrd", ["--voxel-size", "4,4"], /--voxel-size is "4,4"; expected three lengths in nm, x,y,z/],
      ["m.nrrd", ["--voxel-size", "0,4,4"], /--voxel-size is "0,4,4"/],
      ["m.nrrd", ["--threshold", "high"], /--threshold is "high"; expected a number/],
      ["m.zarr", ["--labels"], /labels must be integers/],
      ["m.png", [], /m\.png: unknown format; .*\.ome\.zarr, .*\.h5:\/path/],
    ];
    for (const [name, flags, message] of cases) {
      const { code, err } = await ccboost("export", `${folder}/s.nrrd`, `${folder}/${name}`, ...flags);
      assert.equal(code, 2, err);
      assert.match(err, message);
      assert.deepEqual(namesIn(folder), ["s.nrrd"]);
    }
  });
});
