/** Copies of what was read from servers. */
import assert from "node:assert/strict";
import { cacheIn, objectCache } from "../../../src/volume/remote/cache.ts";
import { httpStore } from "../../../src/volume/remote/store.ts";
import { serveFolder } from "../../helpers/serve_folder.ts";
import { inTempFolder } from "../../helpers/temp_folder.ts";
import { noise } from "../../helpers/tiff_files.ts";

const QUICK = { timeout: 5000, delays: [1, 1] };

function files(folder: string): string[] {
  return Array.from(Deno.readDirSync(folder)).flatMap(({ name, isDirectory }) =>
    isDirectory ? files(`${folder}/${name}`) : [`${folder}/${name}`]
  );
}

Deno.test("httpStore() sends what it has a copy of only a question, and sees changed and damaged copies", () =>
  inTempFolder(async (folder) => {
    let [tag, content, sent] = ['"one"', noise(100), 0];
    await using server = serveFolder(folder, () => {
      sent++;
      return new Response(content as Uint8Array<ArrayBuffer>, { headers: { etag: tag } });
    });
    const answers: (string | null)[] = [];
    await using asking = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      async (request) => {
        answers.push(request.headers.get("if-none-match"));
        if (request.headers.get("if-none-match") === tag) return new Response(null, { status: 304 });
        return await fetch(`${server.address}/a`);
      },
    );
    const cache = cacheIn(`${folder}/cache`, 1 << 20);
    const read = () =>
      httpStore(`http://127.0.0.1:${asking.addr.port}`, 1000, { patience: QUICK, cache }).get("/a");
    assert.deepEqual(await read(), content);
    assert.deepEqual(await read(), content);
    assert.deepEqual([answers, sent], [[null, tag], 1]);
    [tag, content] = ['"two"', noise(90)];
    assert.deepEqual(await read(), content, "changed");
    assert.equal(sent, 2);
    const [copy = ""] = files(`${folder}/cache`);
    const bytes = Deno.readFileSync(copy);
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    Deno.writeFileSync(copy, bytes);
    assert.deepEqual(await read(), content, "damaged");
    assert.equal(sent, 3);
    assert.equal((Deno.statSync(copy).mode ?? 0) & 0o077, 0, "for its owner alone");
  }));

Deno.test("cacheIn() keeps no more than its bound, and drops what was used longest ago", () =>
  inTempFolder(async (folder) => {
    const most = 64_000;
    const cache = cacheIn(`${folder}/c`, most);
    for (let i = 0; i < 200; i++) {
      await cache.keep(`n${i}`, '"t"', noise(1000));
      const held = files(`${folder}/c`).reduce((sum, file) => sum + Deno.statSync(file).size, 0);
      assert.ok(held <= most * 17 / 16, `${held}`);
    }
    assert.equal(await cache.read("n0", 1000), undefined);
    assert.deepEqual((await cache.read("n199", 1000))?.bytes, noise(1000));
    await cache.keep("large", '"t"', new Uint8Array(most / 2));
    assert.equal(await cache.read("large", most), undefined, "one object must not take the place of all");
  }));

Deno.test("objectCache() is where the environment says, and off where a folder cannot be made or nobody wants it", () =>
  inTempFolder(async (folder) => {
    const of = (variables: Readonly<Record<string, string>>) => objectCache((name) => variables[name]);
    assert.equal(of({}), undefined);
    assert.equal(of({ HOME: folder, CCBOOST_CACHE: "off" }), undefined);
    assert.equal(of({ HOME: folder, CCBOOST_CACHE_MIB: "0" }), undefined);
    assert.throws(
      () => of({ HOME: folder, CCBOOST_CACHE_MIB: "much" }),
      /CCBOOST_CACHE_MIB is much; expected/,
    );
    await of({ HOME: folder })?.keep("a", '"t"', noise(10));
    assert.equal(files(`${folder}/.cache/ccboost`).length, 1);
    Deno.writeTextFileSync(`${folder}/file`, "");
    const unusable = of({ CCBOOST_CACHE: `${folder}/file/below` });
    await unusable?.keep("a", '"t"', noise(10));
    assert.equal(await unusable?.read("a", 10), undefined);
  }));
