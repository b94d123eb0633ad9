/** Zarr arrays on web servers, also on those that fail. */
import assert from "node:assert/strict";
import { fetchBytes } from "../../../src/volume/remote/fetch.ts";
import { httpStore } from "../../../src/volume/remote/store.ts";
import { UserError } from "../../../src/user_error.ts";
import { fileState } from "../../../src/volume/file.ts";
import { describeVolumeFile } from "../../../src/volume/open.ts";
import { createZarr, writeRegion } from "../../../src/volume/zarr/mod.ts";
import { wholeRegion, type Zyx } from "../../../src/volume/region.ts";
import { ccboost, finish, startAllowed } from "../../helpers/cli_process.ts";
import { rejected } from "../../helpers/hostile_files.ts";
import { serveFolder } from "../../helpers/serve_folder.ts";
import { inTempFolder } from "../../helpers/temp_folder.ts";
import { noise } from "../../helpers/tiff_files.ts";
import { converted } from "../../helpers/volume_files.ts";

const SHAPE: Zyx = [3, 10, 12];
const QUICK = { timeout: 5000, delays: [1, 1] };

async function writeArray(path: string): Promise<void> {
  const volume = await createZarr(path, { shape: SHAPE, chunk: [2, 8, 8], dtype: "uint8" });
  await writeRegion(volume, wholeRegion(SHAPE), noise(360));
}

Deno.test("convertVolume() reads an array over http, chunks that are missing as fill values", () =>
  inTempFolder(async (folder) => {
    await writeArray(`${folder}/v.zarr`);
    Deno.removeSync(`${folder}/v.zarr/c/1/1/1`);
    await using server = serveFolder(folder);
    const { voxels } = await converted(`${server.address}/v.zarr/`, `${folder}/out`);
    const expected = noise(360).map((value, index) =>
      index >= 240 && Math.floor(index / 12) % 10 >= 8 && index % 12 >= 8 ? 0 : value
    );
    assert.deepEqual(voxels, expected);
    const asked = server.asked.length;
    await converted(`${server.address}/v.zarr/`, `${folder}/out`);
    assert.ok(server.asked.slice(asked).every((path) => !path.includes("/c/")), "read again");
  }));

Deno.test("fetchBytes() asks again where a server fails for a while, and tells of one that goes on failing", () =>
  inTempFolder(async (folder) => {
    Deno.writeTextFileSync(`${folder}/a`, "abc");
    const failing = (times: number, status = 503) => (_: string, asked: number) =>
      asked <= times ? new Response("busy", { status }) : undefined;
    for (const [times, status] of [[0, 503], [2, 503], [2, 429], [1, 500]] as const) {
      await using server = serveFolder(folder, failing(times, status));
      const bytes = await fetchBytes(`${server.address}/a`, 10, undefined, { patience: QUICK });
      assert.equal(new TextDecoder().decode(bytes), "abc");
      assert.equal(server.asked.length, times + 1);
    }
    await using server = serveFolder(folder, failing(9));
    await rejected(
      () => fetchBytes(`${server.address}/a`, 10, undefined, { patience: QUICK }),
      /\/a: the server answers 503; check/,
    );
    assert.equal(server.asked.length, 3);
    await using forbidden = serveFolder(folder, failing(9, 401));
    await rejected(
      () => fetchBytes(`${forbidden.address}/a`, 10, undefined, { patience: QUICK }),
      /the server answers 401/,
    );
    assert.equal(forbidden.asked.length, 1);
    await using missing = serveFolder(folder);
    assert.equal(await fetchBytes(`${missing.address}/b`, 10, undefined, { patience: QUICK }), undefined);
  }));

Deno.test("fetchBytes() gives up on answers that are too long, never end, or do not come", () =>
  inTempFolder(async (folder) => {
    const endless = () =>
      new Response(new ReadableStream({ pull: (to) => to.enqueue(new Uint8Array(1000)) }));
    await using server = serveFolder(folder, endless);
    await rejected(
      () => fetchBytes(`${server.address}/a`, 5000, undefined, { patience: QUICK }),
      /more than 5000 bytes/,
    );
    const silent = () => new Response(new ReadableStream({ pull: () => new Promise(() => {}) }));
    await using slow = serveFolder(folder, silent);
    await rejected(
      () => fetchBytes(`${slow.address}/a`, 10, undefined, { patience: { timeout: 50, delays: [1] } }),
      /\/a: the server gives no complete answer \(.*\); check the address and the network/,
    );
    const { address } = slow;
    await slow[Symbol.asyncDispose]();
    await rejected(
      () => fetchBytes(`${address}/a`, 10, undefined, { patience: QUICK }),
      /no complete answer/,
    );
  }));

Deno.test("httpStore() keeps what stands after the question mark, and tells of servers that give no parts", () =>
  inTempFolder(async (folder) => {
    Deno.writeFileSync(`${folder}/a`, noise(100));
    const queries: string[] = [];
    await using server = serveFolder(folder);
    const store = httpStore(`${server.address}/?sig=x`, 50, { patience: QUICK });
    assert.deepEqual(await store.getRange("/a", { offset: 10, length: 5 }), noise(100).subarray(10, 15));
    assert.deepEqual(await store.getRange("/a", { suffixLength: 7 }), noise(100).subarray(93));
    await rejected(
      () => store.getRange("/a", { offset: 0, length: 51 }),
      /a part of 51 bytes, expected at most 50/,
    );
    await rejected(() => store.get("/a"), /more than 50 bytes/);
    await using whole = serveFolder(folder, (path) => {
      queries.push(path);
      return new Response(noise(20) as Uint8Array<ArrayBuffer>);
    });
    // What is small is read whole, once for all its parts.
    const ignoring = httpStore(whole.address, 50, { patience: QUICK });
    assert.deepEqual(await ignoring.getRange("/a", { offset: 3, length: 5 }), noise(20).subarray(3, 8));
    assert.deepEqual(await ignoring.getRange("/a", { suffixLength: 4 }), noise(20).subarray(16));
    assert.deepEqual(await ignoring.getRange("/a", { offset: 18, length: 50 }), noise(20).subarray(18));
    assert.deepEqual(queries, ["/a"]);
    const block = new Uint8Array(1 << 20);
    await using large = serveFolder(folder, () => {
      const blocks = function* () {
        for (let i = 0; i < 40; i++) yield block;
      };
      return new Response(ReadableStream.from(blocks()));
    });
    await rejected(
      () => httpStore(large.address, 50, { patience: QUICK }).getRange("/a", { offset: 0, length: 5 }),
      /the server cannot send parts of files, .* more than 32 MiB/,
    );
  }));

Deno.test("describeVolumeFile() rejects an address without an array, and with a damaged one", () =>
  inTempFolder(async (folder) => {
    await writeArray(`${folder}/v.zarr`);
    await using server = serveFolder(folder);
    await rejected(
      () => describeVolumeFile(`${server.address}/w.zarr`),
      /neither zarr\.json nor \.zarray is in it; check the address/,
    );
    Deno.writeTextFileSync(`${folder}/v.zarr/zarr.json`, "{");
    await rejected(
      () => describeVolumeFile(`${server.address}/v.zarr`),
      /v\.zarr\/zarr\.json: .*damaged JSON/,
    );
  }));

Deno.test("ccboost convert says how to start it where it may not use the network", () =>
  inTempFolder(async (folder) => {
    const { code, err } = await ccboost("convert", "http://127.0.0.1:8999/v.zarr", `${folder}/v.zarr`);
    assert.equal(code, 2);
    assert.match(
      err,
      /network; start it as \.\/ccboost, .* or add --allow-net=127\.0\.0\.1:8999 to deno run/,
    );
  }));

const networked = (...args: readonly string[]) => finish(startAllowed(["--allow-net=127.0.0.1"], ...args));

/** What a failure says. */
async function messageOf(work: Promise<unknown>): Promise<string> {
  const failure = await work.then(() => undefined, (cause: unknown) => cause);
  assert.ok(failure instanceof UserError, `${failure}`);
  return failure.message;
}

for (const status of [401, 402, 403, 405, 451]) {
  Deno.test(`convertVolume() names a chunk that the server refuses with ${status}, and reads none as fill values`, () =>
    inTempFolder(async (folder) => {
      await writeArray(`${folder}/v.zarr`);
      const refuse = (path: string) => path.endsWith("/c/1/0/1") ? new Response("no", { status }) : undefined;
      await using server = serveFolder(folder, refuse);
      const message = await messageOf(converted(`${server.address}/v.zarr`, `${folder}/out`));
      assert.match(message, new RegExp(`/v\\.zarr/c/1/0/1: the server answers ${status}`));
    }));
}

Deno.test("convertVolume() takes what a server forbids for absent where the address says so, and counts it", () =>
  inTempFolder(async (folder) => {
    await writeArray(`${folder}/v.zarr`);
    const refuse = (path: string) =>
      /\/c\/1\/.\/1$/.test(path) ? new Response("no", { status: 403 }) : undefined;
    await using server = serveFolder(folder, refuse);
    const counted: number[] = [];
    const onForbidden = (chunks: number) => void counted.push(chunks);
    const { voxels } = await converted(`${server.address}/v.zarr#absent=403`, `${folder}/out`, {
      onForbidden,
    });
    const expected = noise(360).map((value, i) => i >= 240 && i % 12 >= 8 ? 0 : value);
    assert.deepEqual(voxels, expected);
    assert.deepEqual(counted, [2]);
    const other = await messageOf(converted(`${server.address}/v.zarr#absent=404`, `${folder}/other`));
    assert.match(other, /ends in #absent=404; expected nothing there, or #absent=403/);
  }));

Deno.test("describeVolumeFile() finds an array of either version where the server forbids what is absent, and tells where it forbids all", () =>
  inTempFolder(async (folder) => {
    await writeArray(`${folder}/v.zarr`);
    Deno.mkdirSync(`${folder}/v2.zarr`);
    const fields = { zarr_format: 2, shape: [4, 4, 4], chunks: [2, 2, 2], dtype: "|u1", compressor: null };
    Deno.writeTextFileSync(
      `${folder}/v2.zarr/.zarray`,
      JSON.stringify({ ...fields, fill_value: 0, order: "C", filters: null }),
    );
    const there = (path: string) => fileState(`${folder}${path}`) !== undefined;
    const forbid = (path: string) => there(path) ? undefined : new Response("no", { status: 403 });
    await using server = serveFolder(folder, forbid);
    assert.deepEqual((await describeVolumeFile(`${server.address}/v.zarr`)).shape, SHAPE);
    assert.deepEqual((await describeVolumeFile(`${server.address}/v2.zarr`)).shape, [4, 4, 4]);
    const message = await messageOf(describeVolumeFile(`${server.address}/other.zarr`));
    assert.match(message, /other\.zarr\/zarr\.json: the server answers 403 \(forbidden\)/);
  }));

Deno.test("convertVolume() tells a login page from data, with any status that passes and after a redirect", () =>
  inTempFolder(async (folder) => {
    await writeArray(`${folder}/v.zarr`);
    const pages = [
      "<!DOCTYPE html><title>Log in</title>",
      "\n <html lang='en'>",
      "<?xml version='1.0'?>\n<!DOCTYPE HTML>",
      "\ufeff<!-- x --><HTML>",
    ];
    for (const [i, page] of pages.entries()) {
      const login = (path: string) => {
        if (path === "/login") return new Response(page, { headers: { "content-type": "text/html" } });
        if (!path.endsWith("/c/0/0/0")) return undefined;
        return i % 2 === 0
          ? new Response(page)
          : new Response(null, { status: 302, headers: { location: "/login" } });
      };
      await using server = serveFolder(folder, login);
      const message = await messageOf(converted(`${server.address}/v.zarr`, `${folder}/out${i}`));
      assert.match(message, /c\/0\/0\/0: the server sends a web page instead of data/);
    }
    await using server = serveFolder(folder, () => new Response(pages[0]));
    assert.match(
      await messageOf(describeVolumeFile(`${server.address}/v.zarr`)),
      /zarr\.json: the server sends a web page/,
    );
  }));

Deno.test("ccboost export, convert and info name a forbidden chunk or array, and take --absent-403 with a count", () =>
  inTempFolder(async (folder) => {
    await writeArray(`${folder}/v.zarr`);
    const refuse = (path: string) =>
      path.endsWith("/c/0/0/1") ? new Response("no", { status: 403 }) : undefined;
    await using server = serveFolder(folder, refuse);
    const address = `${server.address}/v.zarr`;
    for (
      const command of [["export", address, `${folder}/o.nrrd`], ["convert", address, `${folder}/o.zarr`]]
    ) {
      const refused = await networked(...command);
      assert.equal(refused.code, 2);
      assert.match(refused.err, /c\/0\/0\/1: the server answers 403 .*--absent-403/);
      const taken = await networked(...command, "--absent-403");
      assert.equal(taken.code, 0, taken.err);
      assert.match(taken.err + taken.out, /1 chunk .*403.* treated as missing/);
    }
    assert.equal((await networked("info", address, "--absent-403")).code, 0);
  }));
