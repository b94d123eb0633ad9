/** Volumes of more than 8 bits, and labels of any integer type. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { convertVolume } from "../../../src/stages/convert/convert.ts";
import { rescaledValues } from "../../../src/stages/convert/checks.ts";
import { PAINTED_LABELS } from "../../../src/config/label_values.ts";
import type { RescaleSetting } from "../../../src/config/settings.ts";
import { labelMap, rescaleMap } from "../../../src/volume/value_map.ts";
import type { Zyx } from "../../../src/volume/region.ts";
import { openZarr } from "../../../src/volume/zarr/mod.ts";
import { rejected } from "../../helpers/hostile_files.ts";
import { inTempFolder } from "../../helpers/temp_folder.ts";
import { bytesOf } from "./label_files.ts";

const TYPES = {
  uint16: "ushort",
  int16: "short",
  int32: "int",
  float32: "float",
  float64: "double",
} as const;
const ARRAYS = {
  uint16: Uint16Array,
  int16: Int16Array,
  int32: Int32Array,
  float32: Float32Array,
  float64: Float64Array,
} as const;
type Type = keyof typeof TYPES;

function writeNrrd(path: string, type: Type, values: readonly number[], [z, y, x]: Zyx): void {
  const head = `NRRD0004\ntype: ${
    TYPES[type]
  }\ndimension: 3\nsizes: ${x} ${y} ${z}\nendian: little\nencoding: raw\n\n`;
  const voxels = new Uint8Array(ARRAYS[type].from(values).buffer);
  Deno.writeFileSync(path, Uint8Array.from([...new TextEncoder().encode(head), ...voxels]));
}

const convert = (input: string, out: string, rescale: RescaleSetting, memory = 1 << 24) =>
  convertVolume(input, out, { dtype: "uint8", rescale, anisotropy: 1, chunk: [2, 2, 4], memory });

Deno.test("convertVolume() rescales by the percentiles of all voxels, however large its slabs are", () =>
  inTempFolder(async (folder) => {
    const shape: Zyx = [3, 5, 9];
    const type = fc.constantFrom(...Object.keys(TYPES) as Type[]);
    const numbers = fc.array(fc.double({ min: -30000, max: 30000, noNaN: true }), {
      minLength: 135,
      maxLength: 135,
    });
    let run = 0;
    await fc.assert(
      fc.asyncProperty(type, numbers, async (type, numbers) => {
        const input = `${folder}/${run}.nrrd`;
        const shifted = numbers.map((value) => type === "uint16" ? value + 30000 : value);
        writeNrrd(input, type, shifted, shape);
        const stored = Array.from(ARRAYS[type].from(shifted), Number);
        const sorted = stored.map(Math.fround).sort((a, b) => a - b);
        const [low = 0, high = 0] = [0.001, 0.999].map((share) => sorted[Math.floor(share * 134)]);
        fc.pre(low < high);
        const map = rescaleMap("v", low, high);
        for (const memory of [1 << 24, 1]) {
          const volume = await convert(input, `${folder}/${run}-${memory}.zarr`, "auto", memory);
          assert.deepEqual(rescaledValues(volume), [low, high]);
          assert.deepEqual(await bytesOf(volume), stored.map(map));
        }
        run++;
      }),
      { numRuns: 12 },
    );
  }));

Deno.test("rescaleMap() maps low to 0 and high to 255, grows with its argument and clips", () => {
  const number = fc.double({ min: -1e6, max: 1e6, noNaN: true });
  fc.assert(fc.property(number, number, number, number, (low, span, a, b) => {
    fc.pre(Math.abs(span) > 1e-3);
    const map = rescaleMap("v", low, low + Math.abs(span));
    assert.deepEqual([map(low), map(low + Math.abs(span)), map(-Infinity), map(Infinity)], [0, 255, 0, 255]);
    assert.ok(map(Math.min(a, b)) <= map(Math.max(a, b)));
  }));
  const signed = rescaleMap("v", -128, 127);
  for (let value = -128; value < 128; value++) assert.equal(signed(value), value + 128);
  assert.throws(() => signed(NaN), /has voxels that are NaN/);
});

Deno.test("convertVolume() goes on with the range that it found, and begins anew with another", () =>
  inTempFolder(async (folder) => {
    const shape: Zyx = [6, 4, 4];
    const values = Array.from({ length: 96 }, (_, index) => index * 100);
    writeNrrd(`${folder}/v.nrrd`, "uint16", values, shape);
    const control = new AbortController();
    const stopped = convertVolume(`${folder}/v.nrrd`, `${folder}/out`, {
      dtype: "uint8",
      rescale: "auto",
      anisotropy: 1,
      chunk: [2, 2, 4],
      signal: control.signal,
      onProgress: (done) => done > 0 && control.abort(new Error("stopped")),
    });
    await assert.rejects(stopped, /stopped/);
    let readings = 0;
    const volume = await convertVolume(`${folder}/v.nrrd`, `${folder}/out`, {
      dtype: "uint8",
      rescale: "auto",
      anisotropy: 1,
      chunk: [2, 2, 4],
      onRange: () => readings++,
    });
    assert.equal(readings, 0);
    const [low, high] = rescaledValues(volume) ?? [];
    assert.deepEqual([low, high], [0, 9400]);
    const again = await convert(`${folder}/v.nrrd`, `${folder}/out`, [0, 25500]);
    assert.deepEqual(await bytesOf(again), values.map((value) => value / 100));
  }));

Deno.test("convertVolume() says how to rescale where it must, and when that cannot be", () =>
  inTempFolder(async (folder) => {
    const plain = (name: string) =>
      convertVolume(`${folder}/${name}`, `${folder}/out`, { dtype: "uint8", anisotropy: 1 });
    writeNrrd(`${folder}/v.nrrd`, "int16", [1, 2, 3, -4], [1, 2, 2]);
    await rejected(
      () => plain("v.nrrd"),
      /v\.nrrd: int16 with 1 components per voxel; expected uint8 with 1: say .* --rescale LOW,HIGH.* key rescale of its group .*ccboost convert .*v\.nrrd raw\.zarr --rescale auto/,
    );
    writeNrrd(`${folder}/f.nrrd`, "float32", [1, NaN, 3, 4], [1, 2, 2]);
    await rejected(
      () => convert(`${folder}/f.nrrd`, `${folder}/o`, "auto"),
      /f\.nrrd: has voxels that are NaN; replace/,
    );
    await rejected(
      () => convert(`${folder}/f.nrrd`, `${folder}/o`, [0, 5]),
      /f\.nrrd: has voxels that are NaN; replace/,
    );
    writeNrrd(`${folder}/c.nrrd`, "uint16", [7, 7, 7, 7], [1, 2, 2]);
    await rejected(
      () => convert(`${folder}/c.nrrd`, `${folder}/o`, "auto"),
      /voxels are 7, so there is no range/,
    );
  }));

Deno.test("convertVolume() keeps labels of any integer type, and tells of what is no 8-bit label", () =>
  inTempFolder(async (folder) => {
    const labels = (name: string) =>
      convertVolume(`${folder}/${name}`, `${folder}/${name}.zarr`, {
        dtype: "uint8",
        labels: PAINTED_LABELS,
        anisotropy: 1,
      });
    writeNrrd(`${folder}/l.nrrd`, "int32", [0, 255, 128, 1], [1, 2, 2]);
    assert.deepEqual(await bytesOf(await labels("l.nrrd")), [0, 255, 128, 1]);
    writeNrrd(`${folder}/m.nrrd`, "uint16", [0, 255, 256, 1], [1, 2, 2]);
    await rejected(
      () => labels("m.nrrd"),
      /m\.nrrd: has labels other than 0 to 255: 0 \(1 voxel\), 1 .*256 \(1 voxel\); expected 0 .*"ids"/,
    );
    writeNrrd(`${folder}/n.nrrd`, "int16", [0, -1, 2, 1], [1, 2, 2]);
    await rejected(() => labels("n.nrrd"), /n\.nrrd: has labels other than 0 to 255: -1 \(1 voxel\)/);
    writeNrrd(`${folder}/f.nrrd`, "float32", [0, 255, 0, 128], [1, 2, 2]);
    assert.deepEqual(await bytesOf(await labels("f.nrrd")), [0, 255, 0, 128]);
    writeNrrd(`${folder}/g.nrrd`, "float32", [0, 0.5, 0, 1], [1, 2, 2]);
    await rejected(() => labels("g.nrrd"), /g\.nrrd: has the value 0\.5; labels must be whole numbers/);
    assert.deepEqual(await bytesOf(await convert(`${folder}/m.nrrd`, `${folder}/m01`, [0, 1])), [
      0,
      255,
      255,
      255,
    ]);
    assert.equal(labelMap("v")(255), 255);
  }));

Deno.test("convertVolume() keeps the voxel size that is given, also of a volume that is converted already", () =>
  inTempFolder(async (folder) => {
    writeNrrd(`${folder}/v.nrrd`, "uint16", [1, 2, 3, 4], [1, 2, 2]);
    const options = { dtype: "uint8", rescale: [0, 255], anisotropy: 1 } as const;
    const out = `${folder}/out`;
    assert.equal((await convertVolume(`${folder}/v.nrrd`, out, options)).voxelSize, undefined);
    const given = await convertVolume(`${folder}/v.nrrd`, out, { ...options, voxelSize: [40, 4, 5] });
    assert.deepEqual([given.voxelSize, (await openZarr(out)).voxelSize], [[40, 4, 5], [40, 4, 5]]);
    assert.deepEqual(await bytesOf(given), [1, 2, 3, 4]);
    const copy = await convertVolume(out, `${folder}/copy`, {
      dtype: "uint8",
      anisotropy: 1,
      voxelSize: [9, 9, 9],
    });
    assert.deepEqual([copy.path, copy.voxelSize, (await openZarr(out)).voxelSize], [out, [9, 9, 9], [
      40,
      4,
      5,
    ]]);
    assert.equal((await convertVolume(`${folder}/v.nrrd`, out, options)).voxelSize, undefined);
  }));
