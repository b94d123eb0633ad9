/** `--rescale auto` leaves padding out and tells it, and what is clipped is told. */
import assert from "node:assert/strict";
import { convertVolume } from "../../../src/stages/convert/convert.ts";
import { allocateVoxels, bytesOf, type Dtype, isBig } from "../../../src/volume/dtype.ts";
import { rescaledValues } from "../../../src/stages/convert/checks.ts";
import { describeClipped, describePadding } from "../../../src/stages/convert/options.ts";
import type { RescaleSetting } from "../../../src/config/settings.ts";
import { voxelCount, type Zyx } from "../../../src/volume/region.ts";
import { ccboostHere as ccboost } from "../../helpers/cli_process.ts";
import { inTempFolder } from "../../helpers/temp_folder.ts";

const SHAPE: Zyx = [8, 32, 32];
const NAMES: Readonly<Record<string, string>> = { float32: "float", float64: "double" };

type Value = (i: number) => number;

/** An image of some 200 shades from `low` on; `padded` tells the voxels that are padding. */
const shades = (low: number, step = 1): Value => (i) => low + step * ((i * 7919) % 211);

function write(path: string, dtype: Dtype, value: Value): void {
  const voxels = allocateVoxels(dtype, voxelCount(SHAPE));
  if (isBig(voxels)) { for (let i = 0; i < voxels.length; i++) voxels[i] = BigInt(value(i)); }
  else for (let i = 0; i < voxels.length; i++) voxels[i] = value(i);
  const head = `NRRD0004\ntype: ${
    NAMES[dtype] ?? dtype
  }\ndimension: 3\nsizes: 32 32 8\nendian: little\nencoding: raw\n\n`;
  Deno.writeFileSync(path, new Uint8Array([...new TextEncoder().encode(head), ...bytesOf(voxels)]));
}

async function rescaled(folder: string, dtype: Dtype, value: Value, rescale: RescaleSetting = "auto") {
  write(`${folder}/v.nrrd`, dtype, value);
  const told: { padding: (readonly [number, number])[]; clipped: readonly [number, number][] } = {
    padding: [],
    clipped: [],
  };
  const volume = await convertVolume(`${folder}/v.nrrd`, `${folder}/${crypto.randomUUID()}`, {
    dtype: "uint8",
    rescale,
    anisotropy: 1,
    onPadding: (padding, share) => void told.padding.push([padding, share]),
    onClipped: ({ below, above }) => void (told.clipped = [[below, above]]),
  });
  return { range: rescaledValues(volume), ...told };
}

/** Columns up to this one are padding. */
const border = (image: Value, columns: number, padding = 0): Value => (i) =>
  i % 32 < columns ? padding : image(i);

const PADDED:
  readonly (readonly [what: string, dtype: Dtype, image: Value, columns: number, padding?: number])[] = [
    ["uint16, a wide border", "uint16", shades(5000), 24],
    ["uint16, a narrow border", "uint16", shades(5000), 1],
    ["uint8, a border", "uint8", shades(30), 12],
    ["uint8, dark", "uint8", shades(1), 12],
    ["int16, of both signs", "int16", shades(-100), 16],
    ["int16, padded with the smallest", "int16", shades(-100), 16, -32768],
    ["int8, padded with the smallest", "int8", shades(-50, 0.5), 16, -128],
    ["int32", "int32", shades(100000, 3), 16],
    ["uint32", "uint32", shades(100000, 3), 16],
    ["uint64", "uint64", shades(100000, 3), 16],
    ["int64", "int64", shades(-30, 3), 16],
    ["float32", "float32", shades(0.25, 0.001), 16],
    ["float32, normalised", "float32", shades(-0.5003, 0.0047), 16],
    ["float32, padded with -0", "float32", shades(0.25, 0.001), 16, -0],
    ["float64", "float64", shades(-300.25), 16],
  ];

for (const [what, dtype, image, columns, padding = 0] of PADDED) {
  Deno.test(`convertVolume() leaves padding out of the percentiles: ${what}`, () =>
    inTempFolder(async (folder) => {
      const alone = await rescaled(
        folder,
        dtype,
        (i) => image(Math.floor(i / 32) * 32 + columns + i % 32 % (32 - columns)),
      );
      const padded = await rescaled(folder, dtype, border(image, columns, padding));
      assert.equal(alone.padding.length, 0);
      assert.deepEqual(padded.padding.map(([value]) => value + 0), [padding + 0]);
      assert.ok(Math.abs((padded.padding[0]?.[1] ?? 0) - columns / 32) < 0.02);
      const [low = 0, high = 0] = padded.range ?? [], [lowAlone = 0, highAlone = 0] = alone.range ?? [];
      const near = (highAlone - lowAlone) / 50;
      assert.ok(
        Math.abs(low - lowAlone) <= near && Math.abs(high - highAlone) <= near,
        `${padded.range} ${alone.range}`,
      );
    }));
}

const NOT_PADDED: readonly (readonly [what: string, dtype: Dtype, image: Value])[] = [
  ["an image from 0 on", "uint8", shades(0)],
  ["an image whose darkest were clipped", "uint8", (i) => Math.max(0, shades(-5)(i))],
  ["a mask", "uint8", (i) => i % 3 === 0 ? 1 : 0],
  ["floats around 0", "float32", (i) => (shades(-105)(i)) / 10],
  ["padding of another value", "uint16", border(shades(5000), 8, 77)],
];

for (const [what, dtype, image] of NOT_PADDED) {
  Deno.test(`convertVolume() takes nothing for padding in ${what}`, () =>
    inTempFolder(async (folder) => {
      assert.deepEqual((await rescaled(folder, dtype, image)).padding, []);
    }));
}

Deno.test("convertVolume() tells how many voxels a rescale clips, also after it was stopped", () =>
  inTempFolder(async (folder) => {
    assert.deepEqual((await rescaled(folder, "uint16", shades(5000), [0, 255])).clipped, [[0, 8192]]);
    assert.deepEqual((await rescaled(folder, "uint16", shades(5000), [60000, 65000])).clipped, [[8192, 0]]);
    assert.deepEqual((await rescaled(folder, "uint16", shades(5000), [5000, 5210])).clipped, [[0, 0]]);
    assert.deepEqual((await rescaled(folder, "uint8", (i) => i % 4, [1, 2])).clipped, [[2048, 2048]]);

    write(`${folder}/s.nrrd`, "uint16", (i) => i % 4);
    const options = { dtype: "uint8", rescale: [1, 2], anisotropy: 1, chunk: [2, 32, 32] } as const;
    const stop = new AbortController();
    const onProgress = (done: number) => done > 3000 && stop.abort(new Error("stopped"));
    await assert.rejects(
      convertVolume(`${folder}/s.nrrd`, `${folder}/s.zarr`, { ...options, onProgress, signal: stop.signal }),
      /stopped/,
    );
    let clipped: unknown;
    await convertVolume(`${folder}/s.nrrd`, `${folder}/s.zarr`, {
      ...options,
      onClipped: (found) => void (clipped = { ...found }),
    });
    assert.deepEqual(clipped, { below: 2048, above: 2048 });
  }));

Deno.test("describeClipped() and describePadding() say the share, and nothing of what auto leaves out on purpose", () => {
  assert.equal(describeClipped("v", { below: 5, above: 5 }, 1000), undefined);
  assert.match(
    describeClipped("v", { below: 0, above: 1000 }, 1000) ?? "",
    /^v: of the voxels, 100 % above the range, which became 255; check/,
  );
  assert.match(
    describeClipped("v", { below: 250, above: 30 }, 1000) ?? "",
    /25 % below the range, which became 0, and 3 % above/,
  );
  assert.match(
    describePadding("v", 0, 0.751),
    /^v: 75 % of the voxels are 0; .*padding/,
  );
});

Deno.test("ccboost convert warns of padding and of what it clips", () =>
  inTempFolder(async (folder) => {
    write(`${folder}/v.nrrd`, "uint16", border(shades(5000), 8));
    const auto = await ccboost("convert", `${folder}/v.nrrd`, `${folder}/a.zarr`, "--rescale", "auto");
    assert.match(auto.err, /v\.nrrd: 25 % of the voxels are 0; .*padding/);
    assert.match(auto.err + auto.out, /values 5000 to 5210 became/);
    const clipped = await ccboost("convert", `${folder}/v.nrrd`, `${folder}/b.zarr`, "--rescale", "0,255");
    assert.match(clipped.err, /75 % above the range, which became 255/);
  }));
