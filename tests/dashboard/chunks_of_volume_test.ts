/** Chunks in the page: each is asked for once, and again when it was written anew. */
import assert from "node:assert/strict";
import type { ArrayInfo } from "../../src/dashboard/api.ts";
import type { Volume } from "../../src/dashboard/page/volume.ts";
import type { Zyx } from "../../src/volume/region.ts";
import { createZarr, writeRegion } from "../../src/volume/zarr/mod.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";
import { asPage } from "./as_page.ts";

const CHUNK: Zyx = [4, 4, 4];
/** Chunks of the array along x, more than are fetched at once. */
const COUNT = 8;
const ORIGIN = "http://127.0.0.1";

/** A server of the files of a folder, whose chunks come when they are let. */
function slowServer(folder: string) {
  const asked: string[] = [];
  const waiting: (() => void)[] = [];
  const answer = (path: string) => {
    if (path === "/api/chunks") return Response.json({ chunks: null });
    const file = `${folder}${path.replace("/zarr", "")}`;
    try {
      return new Response(Deno.readFileSync(file));
    } catch (cause) {
      if (cause instanceof Deno.errors.NotFound) return new Response(null, { status: 404 });
      throw cause;
    }
  };
  return {
    asked,
    async fetch(input: RequestInfo | URL): Promise<Response> {
      const { pathname } = new URL(input instanceof Request ? input.url : input, ORIGIN);
      if (pathname.includes("/c/")) {
        asked.push(pathname.slice(-1));
        await new Promise<void>((done) => waiting.push(done));
      }
      return answer(pathname);
    },
    /** Lets so many chunks come, once they are asked for. */
    async answer(count: number) {
      await until(() => waiting.length === count);
      for (const done of waiting.splice(0)) done();
    },
  };
}

async function until(isSo: () => boolean): Promise<void> {
  for (let i = 0; !isSo(); i++) {
    assert.ok(i < 5000, `this never comes: ${isSo}`);
    await new Promise((done) => setTimeout(done));
  }
}

const hasAll = (volume: Volume) => until(() => volume.pending() === 0);

/** Opens an array as the page does. */
async function withVolume(
  test: (
    volume: Volume,
    server: ReturnType<typeof slowServer>,
    write: (x: number, value: number) => Promise<void>,
  ) => Promise<void>,
): Promise<void> {
  await inTempFolder(async (folder) => {
    const shape: Zyx = [CHUNK[0], CHUNK[1], COUNT * CHUNK[2]];
    const array = await createZarr(`${folder}/a.zarr`, {
      shape,
      chunk: CHUNK,
      dtype: "uint8",
      storesAll: true,
    });
    const write = async (x: number, value: number) =>
      await writeRegion(array, { start: [0, 0, x * CHUNK[2]], shape: CHUNK }, new Uint8Array(64).fill(value));
    for (let x = 0; x < COUNT; x++) await write(x, 1);
    const server = slowServer(folder);
    await asPage(server.fetch, async () => {
      const { openVolume } = await import("../../src/dashboard/page/volume.ts");
      const level = {
        path: "a.zarr",
        shape,
        chunk: CHUNK,
        shard: CHUNK,
        version: 3,
        factor: [1, 1, 1],
      } as const;
      const info: ArrayInfo = {
        ...{ path: "a.zarr", name: "a", role: "score", volumes: [], dtype: "uint8", components: 1, shape },
        ...{ anisotropy: 1, voxelSize: null, threshold: null, storesAll: true, levels: [level] },
      };
      const volume = openVolume(info);
      valueAt(volume, 0);
      await hasAll(volume); // the layer is listed
      await test(volume, server, write);
    });
  });
}

function valueAt(volume: Volume, x: number) {
  const voxels = volume.chunk(0, 0, [0, 0, x]);
  return typeof voxels === "object" ? voxels[0] : voxels;
}

Deno.test("openVolume() asks once for a chunk, however often it is drawn until it comes", () =>
  withVolume(async (volume, server) => {
    for (let i = 0; i < 5; i++) assert.equal(valueAt(volume, 2), undefined);
    await server.answer(1);
    await hasAll(volume);
    for (let i = 0; i < 5; i++) assert.equal(valueAt(volume, 2), 1);
    assert.equal(volume.pending(), 0);
    assert.deepEqual(server.asked, ["2"]);
  }));

Deno.test("openVolume() shows a chunk that was written anew, and what was known until it has come", () =>
  withVolume(async (volume, server, write) => {
    valueAt(volume, 2);
    await server.answer(1);
    await hasAll(volume);
    await write(2, 7);
    volume.renew(["0/0/2"]);
    assert.equal(valueAt(volume, 2), 1);
    volume.slices.set("xy", { key: "", slice: {} as never });
    await server.answer(1);
    await hasAll(volume);
    assert.equal(volume.slices.size, 0, "what was cut from the old one is cut again");
    assert.equal(valueAt(volume, 2), 7);
    assert.deepEqual([server.asked, volume.pending()], [["2", "2"], 0]);
  }));

Deno.test("openVolume() asks again for what was written anew where the view moves on, or it comes meanwhile", () =>
  withVolume(async (volume, server, write) => {
    valueAt(volume, 7);
    await server.answer(1);
    await hasAll(volume);
    await write(7, 8);
    for (let x = 0; x < 6; x++) valueAt(volume, x);
    volume.renew(["0/0/7", "0/0/0"]);
    assert.equal(valueAt(volume, 7), 1); // waits for the six
    volume.forget();
    await server.answer(6);
    await hasAll(volume);
    assert.deepEqual([valueAt(volume, 7), valueAt(volume, 0)], [1, 1]);
    await server.answer(2);
    await hasAll(volume);
    assert.deepEqual([valueAt(volume, 7), valueAt(volume, 0)], [8, 1]);
    assert.deepEqual(server.asked.slice(7).sort(), ["0", "7"]);
  }));
