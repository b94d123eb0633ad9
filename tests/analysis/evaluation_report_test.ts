import assert from "node:assert/strict";
import { inflateSync } from "node:zlib";
import fc from "fast-check";
import { evaluate } from "../../src/analysis/evaluate.ts";
import { encodeGreyPng, outlinePath, pictureRegion, takePicture } from "../../src/analysis/report/picture.ts";
import { evaluationPage, type EvaluationReport } from "../../src/analysis/report/page.ts";
import { escapeText } from "../../src/analysis/report/text.ts";
import { arraySource, type VoxelSource } from "../../src/analysis/voxel_source.ts";
import { type Region, regionContains, voxelCount, wholeRegion, type Zyx } from "../../src/volume/region.ts";
import { shapesUpTo } from "../helpers/shapes.ts";

/** The pixels of a PNG as this program writes it, read as the format's specification says. */
function decodeGreyPng(png: Uint8Array): { pixels: number[]; width: number; height: number } {
  assert.deepEqual([...png.subarray(0, 8)], [137, 80, 78, 71, 13, 10, 26, 10]);
  const view = new DataView(png.buffer, png.byteOffset);
  const chunks = new Map<string, Uint8Array>();
  for (let at = 8; at < png.length;) {
    const length = view.getUint32(at);
    chunks.set(new TextDecoder().decode(png.subarray(at + 4, at + 8)), png.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  assert.deepEqual([...chunks.keys()], ["IHDR", "IDAT", "IEND"]);
  const header = chunks.get("IHDR") ?? new Uint8Array();
  const size = new DataView(header.buffer, header.byteOffset);
  const width = size.getUint32(0), height = size.getUint32(4);
  assert.deepEqual([...header.subarray(8)], [8, 0, 0, 0, 0]);
  const rows = inflateSync(chunks.get("IDAT") ?? new Uint8Array());
  assert.equal(rows.length, height * (width + 1));
  const pixels: number[] = [];
  for (let y = 0; y < height; y++) {
    assert.equal(rows[y * (width + 1)], 1);
    let left = 0;
    for (let x = 0; x < width; x++) {
      left = (left + (rows[y * (width + 1) + 1 + x] ?? 0)) % 256;
      pixels.push(left);
    }
  }
  return { pixels, width, height };
}

Deno.test("encodeGreyPng() keeps every pixel", () => {
  const pictures = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 })).chain(([w, h]) =>
    fc.tuple(fc.constant(w), fc.uint8Array({ minLength: w * h, maxLength: w * h }))
  );
  fc.assert(fc.property(pictures, ([width, pixels]) => {
    const decoded = decodeGreyPng(encodeGreyPng(pixels, width));
    assert.deepEqual(decoded, { pixels: [...pixels], width, height: pixels.length / width });
  }));
  assert.throws(() => encodeGreyPng(new Uint8Array(5), 2), RangeError);
  assert.throws(() => encodeGreyPng(new Uint8Array(0), 2), RangeError);
});

Deno.test("outlinePath() goes around what is in the mask, and not along the picture's border", () => {
  const mask = [0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0];
  assert.equal(outlinePath(mask, 4), "M1 1h2M1 2h2M1 1v1M3 1v1");
  assert.equal(outlinePath([1, 1, 1, 1], 2), "");
  assert.equal(outlinePath([1, 0, 0, 0], 2), "M0 1h1M1 0v1");
  const masks = fc.array(fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 5, maxLength: 5 }), {
    minLength: 1,
  });
  fc.assert(fc.property(masks, (rows) => {
    const edges = rows.flatMap((row, y) =>
      row.flatMap((value, x) => [
        y > 0 && value !== rows[y - 1]?.[x],
        x > 0 && value !== row[x - 1],
      ])
    );
    const path = outlinePath(rows.flat(), 5);
    const drawn = Array.from(path.matchAll(/[hv](\d+)/g), ([, length]) => Number(length));
    assert.equal(drawn.reduce((a, b) => a + b, 0), edges.filter(Boolean).length);
  }));
});

const sizes = shapesUpTo([9, 600, 600]);

Deno.test("pictureRegion() lies in the volume, holds its middle, and is of one size where the volume is larger", () => {
  fc.assert(fc.property(sizes, fc.tuple(fc.nat(), fc.nat(), fc.nat()), sizes, (shape, at, box) => {
    const position: Zyx = [at[0] % shape[0], at[1] % shape[1], at[2] % shape[2]];
    const region = pictureRegion(position, { start: [0, 0, 0], shape: box }, shape);
    assert.ok(regionContains(wholeRegion(shape), region));
    assert.ok(regionContains(region, { start: position, shape: [1, 1, 1] }));
    const side = Math.min(256, Math.max(64, Math.ceil(1.6 * Math.max(box[1], box[2]))));
    assert.deepEqual(region.shape, [1, Math.min(side, shape[1]), Math.min(side, shape[2])]);
  }));
});

/** A source that notes how many voxels were read. */
function counted<S extends VoxelSource<Uint8Array> | VoxelSource<Float32Array>>(
  source: S,
  read: { voxels: number },
): S {
  const note = (region: Region) => void (read.voxels += voxelCount(region.shape));
  return {
    ...source,
    read: (region: Region, out: never) => {
      note(region);
      return source.read(region, out);
    },
  };
}

Deno.test("takePicture() draws a small part of each volume and reads no more of it", async () => {
  const shape: Zyx = [3, 200, 300];
  const voxels = voxelCount(shape);
  const at = (i: number) => [Math.floor(i / 60_000), Math.floor(i / 300) % 200, i % 300] as const;
  const read = { voxels: 0 };
  const raw = Uint8Array.from({ length: voxels }, (_, i) => at(i)[2] % 256);
  const scores = Float32Array.from({ length: voxels }, (_, i) => {
    const [z, y, x] = at(i);
    return z === 1 && y === 100 && x >= 150 && x < 154
      ? 3
      : z === 1 && y === 90
      ? NaN
      : x === 160
      ? -Infinity
      : -1;
  });
  const labels = Uint8Array.from(
    { length: voxels },
    (_, i) => at(i)[1] === 100 ? 255 : at(i)[1] === 105 ? 128 : 0,
  );
  const picture = await takePicture(
    {
      raw: counted(arraySource("raw", raw, shape), read),
      scores: counted(arraySource("scores", scores, shape), read),
      labels: counted(arraySource("labels", labels, shape), read),
    },
    { position: [1, 100, 152], box: { start: [0, 90, 140], shape: [3, 20, 20] } },
    { threshold: 2.5, scoreRange: [-1, 3] },
  );
  assert.equal(read.voxels, 3 * 64 * 64);
  assert.deepEqual([picture.width, picture.height, picture.position], [64, 64, [1, 32, 32]]);
  const pixels = (uri = "") =>
    decodeGreyPng(Uint8Array.fromBase64(uri.replace("data:image/png;base64,", ""))).pixels;
  assert.deepEqual(pixels(picture.raw).slice(0, 64), Array.from({ length: 64 }, (_, x) => 120 + x));
  const row = (y: number) => pixels(picture.scores).slice(64 * y, 64 * y + 64);
  assert.deepEqual(row(32), Array.from({ length: 64 }, (_, x) => x >= 30 && x < 34 ? 255 : 0));
  assert.deepEqual(new Set(row(22)), new Set([0]));
  assert.equal(picture.truthOutline, "M0 32h64M0 33h64");
  assert.equal(picture.predictionOutline, "M30 32h4M30 33h4M30 32v1M34 32v1");
  assert.equal(picture.ignoredOutline, "M0 37h64M0 38h64");
});

Deno.test("takePicture() draws what has no range, and a micrograph of floats over its own range", async () => {
  const flat = arraySource("flat", new Float32Array(4).fill(7), [1, 2, 2]);
  const range = arraySource("range", Float32Array.of(-2, 0, 2, NaN), [1, 2, 2]);
  const picture = await takePicture(
    { raw: range, scores: flat, labels: arraySource("labels", new Uint8Array(4), [1, 2, 2]) },
    { position: [0, 0, 0], box: { start: [0, 0, 0], shape: [1, 1, 1] } },
    { threshold: 7, scoreRange: [7, 7] },
  );
  const pixels = (uri = "") => decodeGreyPng(Uint8Array.fromBase64(uri.split(",")[1] ?? "")).pixels;
  assert.deepEqual(pixels(picture.scores), [0, 0, 0, 0]);
  assert.deepEqual(pixels(picture.raw), [0, 128, 255, 0]);
  assert.equal(picture.predictionOutline, "");
});

async function report(name: string): Promise<EvaluationReport> {
  const shape: Zyx = [1, 1, 4];
  const voxels = await evaluate(
    arraySource("p", Float32Array.of(3, 2, 1, 0), shape),
    arraySource("l", Uint8Array.of(255, 0, 255, 0), shape),
    { threshold: 2 },
  );
  return { prediction: name, labels: name, voxels, settings: [["file", name]] };
}

Deno.test("evaluationPage() holds all it shows, and no script", async () => {
  const page = evaluationPage(await report("scores.nrrd"));
  assert.match(page, /default-src 'none'; img-src data:; style-src 'unsafe-inline'/);
  assert.doesNotMatch(page, /<script|<link|<iframe|https?:|url\(|@import|\son[a-z]+=/i);
  assert.match(page, /prefers-color-scheme: dark/);
  assert.match(page, /<dt>Average precision<\/dt><dd>0\.8333 /);
  assert.match(page, /<th scope="row">threshold<\/th><td class="n">2<\/td><td class="n">0\.5000<\/td>/);
  const opened = page.match(/<(svg|figure|table|ul|div|p|h2)\b/g)?.length;
  assert.equal(page.match(/<\/(svg|figure|table|ul|div|p|h2)>/g)?.length, opened);
});

Deno.test("evaluationPage() says above its figures why they may prove nothing", async () => {
  const page = evaluationPage({ ...await report("scores.nrrd"), caution: "seen & learned" });
  const place = page.indexOf("seen &amp; learned");
  assert.ok(place > 0 && place < page.indexOf("Average precision"));
});

Deno.test("evaluationPage() shows a file's name as text, whatever it holds", async () => {
  const page = evaluationPage(await report(`<script>alert("1")</script>&amp;'\n\u0000.nrrd`));
  assert.doesNotMatch(page, /<script/);
  assert.ok(
    page.includes("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;amp;&#39;\ufffd\ufffd.nrrd"),
  );
  fc.assert(
    fc.property(fc.string(), (text) => assert.doesNotMatch(escapeText(text), /[<>"']|&(?!\w+;|#39;)/)),
  );
});
