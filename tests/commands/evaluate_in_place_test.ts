/** Evaluations of files that are read where they are, compared with those of Zarr arrays that were made of them. */
import assert from "node:assert/strict";
import { deflateSync, gzipSync } from "node:zlib";
import { withCompared } from "../../src/commands/compared_volumes.ts";
import { createReporter } from "../../src/engine/mod.ts";
import { bytesOf } from "../../src/volume/dtype.ts";
import { type Region, voxelCount, zipAxes, type Zyx } from "../../src/volume/region.ts";
import { createZarr, writeRegion } from "../../src/volume/zarr/mod.ts";
import { swapBytes } from "../../src/volume/byte_order.ts";
import { ccboostHere as ccboost, type Finished, namesIn, resultOf } from "../helpers/cli_process.ts";
import { writeN5 } from "../helpers/n5_files.ts";
import { serveFolder } from "../helpers/serve_folder.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";
import { tiffBytes } from "../helpers/tiff_files.ts";

const SHAPE: Zyx = [20, 40, 70];

/** Balls that are labelled, most of which have high scores, and others that are not labelled. */
function generate(shape: Zyx): { scores: Float32Array; labels: Uint8Array } {
  const scores = new Float32Array(voxelCount(shape)), labels = new Uint8Array(scores.length);
  const [, ny, nx] = shape;
  for (let i = 0; i < scores.length; i++) {
    const [z, y, x] = [Math.floor(i / (ny * nx)), Math.floor(i / nx) % ny, i % nx];
    const ball = Math.hypot(z % 10 - 5, y % 13 - 6, x % 14 - 7);
    const number = Math.floor(y / 13) + Math.floor(x / 14);
    const noise = (Math.imul(i, 2654435761) >>> 12 & 1023) / 512;
    scores[i] = noise + (number % 4 === 0 ? 0 : 5 - ball) * (number % 3 === 0 ? 0.5 : 1);
    labels[i] = number % 5 === 1 ? 0 : ball < 4 ? 255 : ball < 5 ? 128 : 0;
  }
  return { scores, labels };
}

function nrrd(type: string, [z, y, x]: Zyx, voxels: Uint8Array, encoding = "raw", endian = "little") {
  const header = `NRRD0004\ntype: ${type}\ndimension: 3\nsizes: ${x} ${y} ${z}\nendian: ${endian}\n` +
    `encoding: ${encoding}\n\n`;
  const stored = encoding === "gzip" ? gzipSync(voxels) : voxels;
  return Uint8Array.from([...new TextEncoder().encode(header), ...stored]);
}

async function writeZarr(path: string, voxels: Float32Array | Uint8Array, shape: Zyx): Promise<void> {
  const dtype = voxels instanceof Uint8Array ? "uint8" : "float32";
  const chunk: Zyx = [16, 16, 16];
  await writeRegion(
    await createZarr(path, { shape, chunk, dtype, codec: "zstd" }),
    { start: [0, 0, 0], shape },
    voxels,
  );
}

/** Scores and labels in a folder as Zarr arrays and in other formats. */
async function writeAll(folder: string): Promise<void> {
  const { scores, labels } = generate(SHAPE);
  const bytes = bytesOf(scores);
  await writeZarr(`${folder}/s.zarr`, scores, SHAPE);
  await writeZarr(`${folder}/l.zarr`, labels, SHAPE);
  const write = (name: string, content: Uint8Array) => Deno.writeFileSync(`${folder}/${name}`, content);
  write("s.nrrd", nrrd("float", SHAPE, bytes));
  write("s-gzip.nrrd", nrrd("float", SHAPE, bytes, "gzip"));
  const swapped = bytes.slice();
  swapBytes(swapped, 4);
  write("s-big.nrrd", nrrd("float", SHAPE, swapped, "raw", "big"));
  write("l.nrrd", nrrd("uint8", SHAPE, labels));
  write("l.tif", await tiffBytes(labels, SHAPE));
  write("l-deflate.tif", await tiffBytes(labels, SHAPE, { compression: "deflate", block: [8] }));
  write("l-tiles.tif", await tiffBytes(labels, SHAPE, { block: [16, 16] }));
  const ids = Uint16Array.from(labels, (label, i) => label === 255 ? 1000 + i % 7 : 0);
  write("ids.nrrd", nrrd("uint16", SHAPE, bytesOf(ids)));
  Deno.mkdirSync(`${folder}/slices`);
  for (let z = 0; z < SHAPE[0]; z++) {
    const page = labels.slice(z * SHAPE[1] * SHAPE[2], (z + 1) * SHAPE[1] * SHAPE[2]);
    write(`slices/${z + 10}.tif`, await tiffBytes(page, [1, SHAPE[1], SHAPE[2]]));
  }
  const at = ([x = 0, y = 0, z = 0]: readonly number[]) => (z * SHAPE[1] + y) * SHAPE[2] + x;
  const n5 = {
    dimensions: [...SHAPE].reverse(),
    blockSize: [16, 16, 16],
    compression: { type: "gzip", level: -1, useZlib: true },
    pack: deflateSync,
  };
  writeN5(`${folder}/s.n5`, { ...n5, dataType: "float32" }, (place) => scores[at(place)] ?? 0);
  writeN5(`${folder}/l.n5`, { ...n5, dataType: "uint8" }, (place) => labels[at(place)] ?? 0);
  for (const name of ["s.h5", "s.tif", "s.precomputed", "l.h5"]) {
    const files = [`${folder}/${name[0]}.zarr`, `${folder}/${name}`];
    const done = await ccboost("export", ...files, "--voxel-size", "4,4,40");
    assert.equal(done.code, 0, done.err);
  }
}

/** The figures of an evaluation, and what was converted for it. */
function figuresOf(done: Finished): { figures: Record<string, unknown>; converted: string[] } {
  assert.equal(done.code, 0, done.out + done.err);
  const { prediction: _prediction, labels: _labels, written: _written, ...figures } = resultOf(done);
  const converted = [...done.out.matchAll(/"convert ([^"]+)"/g)].map(([, name = ""]) => name);
  return { figures, converted: [...new Set(converted)].sort() };
}

/** A page without the paths that it names. */
function pageText(path: string, names: readonly string[]): string {
  return names.reduce((text, name) => text.replaceAll(name, "*"), Deno.readTextFileSync(path));
}

const FLAGS = ["--synapses", "--min-size", "2", "--json"];

/** Names of scores and of labels, and which of them are converted first. */
const PAIRS: readonly (readonly [scores: string, labels: string, converted: readonly string[]])[] = [
  ["s.nrrd", "l.tif", []],
  ["s-big.nrrd", "l.nrrd", []],
  ["s.tif", "slices", []],
  ["s.zarr", "l.tif", []],
  ["s.nrrd", "l.zarr", []],
  ["s.h5", "l.h5", []],
  ["s.n5", "l.n5", []],
  ["s.n5", "l.zarr", []],
  ["s.precomputed", "l.nrrd", []],
  ["s-gzip.nrrd", "l.tif", ["s-gzip.nrrd"]],
  ["s.nrrd", "l-deflate.tif", ["l-deflate.tif"]],
  ["s.nrrd", "l-tiles.tif", ["l-tiles.tif"]],
];

Deno.test("ccboost evaluate gives the same from every format, and converts only what can be read in order alone", () =>
  inTempFolder(async (folder) => {
    await writeAll(folder);
    const before = namesIn(folder);
    const run = async (scores: string, labels: string, ...more: string[]) => {
      const files = [`${folder}/${scores}`, `${folder}/${labels}`];
      const outputs = ["--curves", `${folder}/c.csv`, "--html", `${folder}/r.html`, "--overwrite"];
      const done = figuresOf(await ccboost("evaluate", ...files, ...FLAGS, ...outputs, ...more));
      const texts = [Deno.readTextFileSync(`${folder}/c.csv`), pageText(`${folder}/r.html`, files)];
      return { ...done, texts };
    };
    const reference = await run("s.zarr", "l.zarr");
    assert.deepEqual(reference.converted, []);
    for (const [scores, labels, converted] of PAIRS) {
      const found = await run(scores, labels);
      assert.deepEqual(found.converted, converted, `${scores} ${labels}`);
      assert.deepEqual([found.figures, found.texts], [reference.figures, reference.texts]);
    }
    const bySynapse = reference.figures["bySynapse"] as Record<string, unknown[] & number>;
    for (const name of ["detected", "missed", "invented"]) assert.ok(Number(bySynapse[name]) > 0, name);
    for (const name of ["c.csv", "r.html"]) Deno.removeSync(`${folder}/${name}`);
    assert.deepEqual(namesIn(folder), before);
  }));

Deno.test("ccboost evaluate --region gives what it gives of files with that part alone, with positions in the volume", () =>
  inTempFolder(async (folder) => {
    await writeAll(folder);
    const region: Region = { start: [3, 5, 11], shape: [15, 30, 50] };
    const text = "3:18,5:35,11:61";
    for (const name of ["s", "l"]) {
      await ccboost("export", `${folder}/${name}.zarr`, `${folder}/${name}-part.nrrd`, "--region", text);
    }
    const expected = figuresOf(
      await ccboost("evaluate", `${folder}/s-part.nrrd`, `${folder}/l-part.nrrd`, ...FLAGS),
    ).figures;
    const move = (wrong: unknown) =>
      (wrong as { position: Zyx }[]).map((one) => ({
        ...one,
        position: zipAxes((at, first) => at + first, one.position, region.start),
      }));
    const bySynapse = expected["bySynapse"] as Record<string, unknown>;
    const placed = {
      ...expected,
      region: { start: [...region.start], shape: [...region.shape] },
      bySynapse: {
        ...bySynapse,
        misses: move(bySynapse["misses"]),
        inventions: move(bySynapse["inventions"]),
      },
    };
    for (const [scores, labels] of [...PAIRS, ["s.zarr", "l.zarr"]]) {
      const files = [`${folder}/${scores}`, `${folder}/${labels}`, "--region", text];
      assert.deepEqual(figuresOf(await ccboost("evaluate", ...files, ...FLAGS)).figures, placed, scores);
    }
    const html = `${folder}/r.html`;
    const shown = await ccboost(
      "evaluate",
      `${folder}/s.nrrd`,
      `${folder}/l.tif`,
      ...["--region", text, "--html", html, "--raw", `${folder}/s.nrrd`, "--min-size", "2"],
    );
    const part = "z,y,x = 3:18,5:35,11:61";
    assert.ok(shown.out.startsWith(`Only a part of the volume was compared: ${part}.\n`), shown.out);
    assert.ok(Deno.readTextFileSync(html).includes(part));
    const wrong = [...placed.bySynapse.misses, ...placed.bySynapse.inventions]
      .map(({ position: [z, y, x] }) => `x ${x}, y ${y}, z ${z}`);
    const named = [...Deno.readTextFileSync(html).matchAll(/<b>(x \d+, y \d+, z \d+)<\/b>/g)];
    assert.ok(named.length > 0 && named.every(([, place = ""]) => wrong.includes(place)), `${named}`);
  }));

Deno.test("ccboost evaluate --region takes what labels mean from all of them, and names the part in errors", () =>
  inTempFolder(async (folder) => {
    await writeAll(folder);
    const evaluate = (labels: string, region: string, ...more: string[]) =>
      ccboost("evaluate", `${folder}/s.nrrd`, `${folder}/${labels}`, "--region", region, ...more);
    const ids = await evaluate("ids.nrrd", "0:9,:,:", "--labels-are", "ids", "--json");
    const { positives, negatives, ignored } = figuresOf(ids).figures;
    const part = generate(SHAPE).labels.subarray(0, 9 * SHAPE[1] * SHAPE[2]);
    const count = part.filter((label) => label === 255).length;
    assert.deepEqual([positives, negatives, ignored], [count, part.length - count, 0]);
    const none = await evaluate("l.tif", "0:1,:,:");
    assert.equal(none.code, 2);
    assert.match(none.err, /l\.tif, z,y,x = 0:1,0:40,0:70: no voxel is labelled 255/);
    const wrong = await evaluate("l.tif", "0:21,:,:");
    assert.match(wrong.err, /--region is "0:21,:,:"; expected z,y,x .* within 0:20,0:40,0:70/);
    const { scores } = generate(SHAPE);
    const place = (7 * SHAPE[1] + 6) * SHAPE[2] + 12; // labelled
    scores[place] = NaN;
    Deno.writeFileSync(`${folder}/s.nrrd`, nrrd("float", SHAPE, bytesOf(scores)));
    const nan = await evaluate("l.tif", "3:18,5:35,11:61");
    assert.match(nan.err, /the score at voxel z, y, x = 7, 6, 12 is not a number/);
  }));

Deno.test("ccboost evaluate reads rows once where blocks are parts of them, in little memory", () =>
  inTempFolder(async (folder) => {
    const shape: Zyx = [64, 80, 520];
    const { scores, labels } = generate(shape);
    await writeZarr(`${folder}/s.zarr`, scores, shape);
    await writeZarr(`${folder}/l.zarr`, labels, shape);
    Deno.writeFileSync(`${folder}/l.nrrd`, nrrd("uint8", shape, labels));
    const run = async (truth: string, memory: string) =>
      figuresOf(
        await ccboost("evaluate", `${folder}/s.zarr`, `${folder}/${truth}`, "--memory", memory, "--json"),
      );
    const reference = await run("l.zarr", "2GiB");
    for (const [memory, converted] of [["256MiB", ["l.nrrd"]], ["300MiB", []], ["2GiB", []]] as const) {
      assert.deepEqual(await run("l.nrrd", memory), { ...reference, converted }, memory);
    }
  }));

Deno.test("ccboost evaluate --region fetches from a server the chunks of the part alone", () =>
  inTempFolder(async (folder) => {
    await writeAll(folder);
    await using server = serveFolder(folder);
    const work = ["--work", `${folder}/w`, "--json", "--region", "0:9,17:40,:"];
    const near = await ccboost("evaluate", `${folder}/s.zarr`, `${folder}/l.zarr`, ...work);
    const far = await ccboost("evaluate", `${server.address}/s.zarr`, `${folder}/l.tif`, ...work);
    assert.deepEqual(figuresOf(far).figures, figuresOf(near).figures);
    const chunks = server.asked.filter((path) => path.includes("/c/"));
    assert.ok(chunks.length > 0 && chunks.every((path) => /\/c\/0\/[12]\/\d$/.test(path)), chunks.join());
  }));

Deno.test("withCompared() says when a file that is read where it is changes meanwhile", () =>
  inTempFolder(async (folder) => {
    await writeAll(folder);
    const call = {
      ...{ operands: [], flags: new Map(), rest: [], line: "", signal: new AbortController().signal },
      reporter: createReporter({ mode: "lines", write: () => {} }),
    };
    const options = { folder, region: undefined, bytes: 2 ** 30, blockVoxels: 2 ** 20 };
    const compare = (scores: string, change: () => void) =>
      withCompared(call, [`${folder}/${scores}`, `${folder}/l.tif`], options, (volumes) => {
        change();
        return Promise.resolve(volumes.scores.shape);
      });
    assert.deepEqual(await compare("s.nrrd", () => {}), SHAPE);
    const touch = (name: string) => () => Deno.utimeSync(`${folder}/${name}`, 1, 1);
    await assert.rejects(compare("s.nrrd", touch("s.nrrd")), /s\.nrrd: changed while it was read/);
    await assert.rejects(compare("s.nrrd", touch("l.tif")), /l\.tif: changed while it was read/);
    // what was converted is not read any more
    assert.deepEqual(await compare("s-gzip.nrrd", touch("s-gzip.nrrd")), SHAPE);
  }));
