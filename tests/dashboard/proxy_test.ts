/** The page behind a tunnel to another port, and behind proxies that show it under a path of their own. */
import assert from "node:assert/strict";
import { startDashboard, withoutPrefix } from "../../src/dashboard/server/start.ts";
import { ccboost } from "../helpers/cli_process.ts";
import { inChromium, play } from "../helpers/chromium.ts";
import { askerOf, HOST, withTestFolder } from "./folder.ts";

const HUB = "https://hub.example.org";

Deno.test("dashboard: a tunnel to another port of this machine is answered, another name is not and says which flag", () =>
  withTestFolder(async (folder) => {
    const ask = askerOf(folder);
    for (const host of ["localhost:9000", "127.0.0.1:1", "[::1]:9000", "localhost"]) {
      assert.equal((await ask("/api/run", { headers: { host } })).status, 200, host);
      const own = { host, origin: `http://${host}` };
      assert.equal((await ask("/api/run", { headers: own })).status, 200, host);
    }
    for (
      const host of ["hub.example.org", "localhost.example.org", "127.0.0.1.example.org:80", "evil:8080"]
    ) {
      const refused = await ask("/api/run", { headers: { host } });
      assert.equal(refused.status, 403, host);
      assert.match((await refused.json() as { error: string }).error, new RegExp(`--proxy https://${host}`));
    }
    // A page of another site that is opened in the same browser.
    const foreign = { host: "localhost:9000", origin: "http://localhost:9001" };
    assert.equal((await ask("/api/run", { headers: foreign })).status, 403);
  }));

Deno.test("dashboard: a proxy that is named is answered, with its origin, and no other", () =>
  withTestFolder(async (folder) => {
    const ask = askerOf(folder, { proxies: [new URL(`${HUB}/user/me/proxy/8080`)] });
    const host = "hub.example.org";
    assert.equal((await ask("/", { headers: { host, origin: HUB } })).status, 200);
    assert.equal((await ask("/api/run", { headers: { host: HOST, origin: HUB } })).status, 200);
    assert.equal(
      (await ask("/api/run", { headers: { host, origin: "https://other.example.org" } })).status,
      403,
    );
    assert.equal((await ask("/api/run", { headers: { host: "other.example.org" } })).status, 403);
  }));

Deno.test("withoutPrefix() leaves out the path of a proxy that hands it on, and nothing else", () => {
  const proxies = [new URL(`${HUB}/node/c1/8080/`), new URL(HUB)];
  const path = (url: string) =>
    new URL(withoutPrefix(new Request(`http://c1:8080${url}`), proxies).url).pathname;
  assert.equal(path("/node/c1/8080/"), "/");
  assert.equal(path("/node/c1/8080"), "/");
  assert.equal(path("/node/c1/8080/api/run"), "/api/run");
  assert.equal(path("/node/c1/80801/api"), "/node/c1/80801/api");
  assert.equal(path("/api/run"), "/api/run");
});

Deno.test("dashboard: opening it with the token leads to the page itself, under whatever path", () =>
  withTestFolder(async (folder) => {
    const token = "0123456789abcdef";
    const ask = askerOf(folder, { token, hosts: [] });
    for (
      const [path, location] of [["/", "./"], ["/main.js", "./"], ["/api/run", "../"], [
        "/zarr/a/b",
        "../../",
      ]] as const
    ) {
      assert.equal((await ask(`${path}?token=${token}`)).headers.get("location"), location, path);
    }
  }));

Deno.test("startDashboard() serves its page under a path that a proxy hands on", () =>
  withTestFolder(async ({ work, page }) => {
    const dashboard = await startDashboard({
      ...{ workFolder: work, pageFolder: page, viewers: [], hostname: "127.0.0.1", port: 0 },
      proxies: [`${HUB}/node/c1/8080`],
    });
    try {
      for (const path of ["", "node/c1/8080/"]) {
        const answer = await fetch(`${dashboard.url}${path}api/run`);
        assert.equal(answer.status, 200, path);
        await answer.body?.cancel();
      }
    } finally {
      await dashboard.close();
    }
  }));

Deno.test("ccboost serve says what --proxy takes", async () => {
  const { code, err } = await ccboost("serve", ".", "--proxy", "hub.example.org");
  assert.equal(code, 2);
  assert.match(
    err,
    /--proxy is "hub\.example\.org"; expected the address at which it shows the page, such as https:/,
  );
});

inChromium("dashboard: the built page works under a path of a proxy, which hands it on or not", async () => {
  const { seen } = await play(new URL("prefix_browser.ts", import.meta.url)) as { seen: readonly string[] };
  assert.deepEqual(seen, ["stripped", "handed on"]);
});
