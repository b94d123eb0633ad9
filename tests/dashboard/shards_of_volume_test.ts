/** Arrays in shards as the page shows them: parts of files over HTTP. */
import assert from "node:assert/strict";
import { chunksOfLayer, listArrays } from "../../src/dashboard/server/arrays.ts";
import { containedFile, sendFile } from "../../src/dashboard/server/files.ts";
import { voxelCount, wholeRegion, type Zyx } from "../../src/volume/region.ts";
import { createZarr, writeRegion } from "../../src/volume/zarr/mod.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";
import { asPage } from "./as_page.ts";

const SHAPE: Zyx = [20, 24, 40];
const CHUNK: Zyx = [8, 8, 8];

/** Answers as the server does, and counts bytes of voxels. */
function serverOf(folder: string) {
  const sent = { bytes: 0, layers: [] as number[] };
  const fetch = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const address = new URL(input instanceof Request ? input.url : input, "http://127.0.0.1");
    const request = new Request(address, init);
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/api/chunks") {
      const layer = Number(searchParams.get("layer"));
      sent.layers.push(layer);
      const chunks = await chunksOfLayer(folder, searchParams.get("path") ?? "", layer, undefined);
      return Response.json({ chunks });
    }
    const file = await containedFile(folder, pathname.slice("/zarr/".length));
    if (!file) return new Response(null, { status: 404 });
    const answer = await sendFile(request, file);
    if (pathname.includes("/c/")) sent.bytes += Number(answer.headers.get("content-length"));
    return answer;
  };
  return { sent, fetch };
}

Deno.test("openVolume() shows the chunks of shards, fetches no more than them, and misses a shard without a file", () =>
  inTempFolder(async (folder) => {
    const options = {
      shape: SHAPE,
      chunk: CHUNK,
      shard: [16, 16, 16],
      dtype: "float32",
      storesAll: true,
    } as const;
    const array = await createZarr(`${folder}/scores/0-max.zarr`, options);
    const voxels = Float32Array.from({ length: voxelCount(SHAPE) }, (_, i) => i);
    await writeRegion(array, wholeRegion(SHAPE), voxels);
    await createZarr(`${folder}/scores/levels/0-max_1.zarr`, options); // a part of results
    Deno.removeSync(`${folder}/scores/0-max.zarr/c/1/0/0`);
    const [info, ...others] = await listArrays(folder, undefined);
    assert.deepEqual(others, []);
    assert.deepEqual([info?.levels[0]?.chunk, info?.levels[0]?.shard], [[8, 8, 8], [16, 16, 16]]);
    const { sent, fetch } = serverOf(folder);
    await asPage(fetch, async () => {
      const { openVolume } = await import("../../src/dashboard/page/volume.ts");
      assert.ok(info);
      const volume = openVolume(info);
      const chunk = async (at: Zyx) => {
        for (let tries = 0; tries < 1000; tries++) {
          const known = volume.chunk(0, 0, at);
          if (known !== undefined) return known;
          await new Promise((done) => setTimeout(done, 1));
        }
        throw new Error(`chunk ${at} never comes`);
      };
      const one = await chunk([1, 2, 4]);
      const first = (8 * SHAPE[1] + 16) * SHAPE[2] + 32;
      assert.deepEqual(
        Array.from(one as Float32Array).slice(0, 8),
        Array.from({ length: 8 }, (_, i) => first + i),
      );
      const whole = Deno.statSync(`${folder}/scores/0-max.zarr/c/0/1/2`).size;
      assert.ok(sent.bytes <= whole, `${sent.bytes} of ${whole}`);
      assert.equal(await chunk([2, 0, 1]), "missing");
      assert.deepEqual(sent.layers, [0, 1]); // of shards
      assert.equal(typeof await chunk([2, 2, 1]), "object");
      assert.deepEqual(volume.faults(), { damaged: 0, missing: 1 });
    });
  }));
