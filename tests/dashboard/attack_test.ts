/** What the dashboard must refuse. */
import assert from "node:assert/strict";
import { askerOf, HOST, type TestFolder, withTestFolder } from "./folder.ts";
import { rawStatus, withServer } from "./listening.ts";

const JSON_TYPE = { "content-type": "application/json" };
const ANSWER = JSON.stringify({ id: 2, polarity: [1, 0, 0] });

const SPELLINGS = [
  "../secret.txt",
  "..%2fsecret.txt",
  "..%2Fsecret.txt",
  "%2e%2e/secret.txt",
  "%2e%2e%2fsecret.txt",
  ".%2e/secret.txt",
  "%2e./secret.txt",
  "..%252fsecret.txt",
  "%252e%252e%252fsecret.txt",
  "..\\secret.txt",
  "..%5csecret.txt",
  "..%c0%afsecret.txt",
  "%c0%ae%c0%ae/secret.txt",
  "..%00/secret.txt",
  "volumes/../../secret.txt",
  "volumes/..%2f..%2fsecret.txt",
  "./../secret.txt",
  "//secret.txt",
  "..//secret.txt",
  "....//secret.txt",
  "..;/secret.txt",
  "%2fetc%2fpasswd",
  "/etc/passwd",
  "C:%5csecret.txt",
  "file:%2f%2f%2fetc%2fpasswd",
  "link.txt",
  "linked/secret.txt",
  "journal.jsonl%00.json",
  "journal.jsonl/",
];

const OTHER_HOSTS = [
  "evil.example",
  "evil.example:8080",
  "127.0.0.1.evil.example:8080",
];

/** A path of each kind that there is. */
function ownPaths({ rawPath }: TestFolder): readonly string[] {
  return ["/", "/api/run", "/api/events", `/zarr/${rawPath}/zarr.json`, "/files/job-stumps.cfg"];
}

Deno.test("dashboard: no spelling of a path leads out of the work folder", () =>
  withTestFolder(async (folder) => {
    await Deno.symlink(`${folder.root}/secret.txt`, `${folder.work}/link.txt`);
    await Deno.symlink(folder.root, `${folder.work}/linked`);
    const ask = askerOf(folder);
    assert.equal((await ask("/zarr/journal.jsonl")).status, 200);
    await withServer(folder, {}, async (port) => {
      for (const prefix of ["/zarr/", "/files/", "/"]) {
        for (const spelling of SPELLINGS) {
          const path = `${prefix}${spelling}`;
          const { status, text } = await rawStatus(port, [`GET ${path} HTTP/1.1`, `Host: 127.0.0.1:${port}`]);
          assert.ok(status >= 400 && status < 500, `${path}: ${status}`);
          assert.doesNotMatch(text, /secret$|root:/m, path);
          assert.ok((await ask(path)).status >= 400, path);
        }
      }
      const { status } = await rawStatus(port, [
        "GET /zarr/journal.jsonl HTTP/1.1",
        `Host: 127.0.0.1:${port}`,
      ]);
      assert.equal(status, 200);
    });
    for (const path of ["../secret", "..", "/etc", "linked", "volumes/../.."]) {
      const { chunks } = await (await ask(`/api/chunks?layer=0&path=${encodeURIComponent(path)}`)).json();
      assert.equal(chunks, null, path);
    }
  }));

Deno.test("dashboard: only results are taken from beside the work folder, and no links", () =>
  withTestFolder(async (folder) => {
    await Deno.symlink(`${folder.root}/secret.txt`, `${folder.root}/job-0-ab-max.nrrd`);
    const ask = askerOf(folder);
    assert.equal(await (await ask("/files/job-stumps.cfg")).text(), "model");
    for (const name of ["job-passwords.txt", "secret.txt", "job.cfg", "job-0-ab-max.nrrd", "train.tif"]) {
      assert.equal((await ask(`/files/${name}`)).status, 404, name);
    }
    const { files } = await (await ask("/api/results")).json();
    assert.deepEqual(files.map(({ name }: { name: string }) => name), ["job-stumps.cfg", "journal.jsonl"]);
  }));

Deno.test("dashboard: another Host is refused, so that a rebound name reads nothing", () =>
  withTestFolder(async (folder) => {
    const ask = askerOf(folder);
    for (const host of OTHER_HOSTS) {
      for (const path of ["/", "/api/run", "/zarr/journal.jsonl", "/api/events"]) {
        assert.equal((await ask(path, { headers: { host } })).status, 403, `${host} ${path}`);
      }
    }
    assert.equal((await askerOf(folder, { hosts: [] })("/api/run")).status, 403);
  }));

Deno.test("dashboard: other sites can neither ask nor read", () =>
  withTestFolder(async (folder) => {
    const ask = askerOf(folder, { viewers: ["https://viewer.example"] });
    const post = (headers: Record<string, string>) =>
      ask("/api/polarity", { method: "POST", body: ANSWER, headers: { ...JSON_TYPE, ...headers } });
    for (
      const origin of [
        "https://evil.example",
        "null",
        "http://127.0.0.1:9999",
        "https://viewer.example",
        `https://${HOST}`,
      ]
    ) {
      assert.equal((await post({ origin })).status, 403, origin);
      assert.equal((await ask("/api/run", { headers: { origin } })).status, 403, origin);
    }
    assert.equal((await post({ "sec-fetch-site": "cross-site" })).status, 403);
    assert.equal((await post({ "sec-fetch-site": "same-site" })).status, 403);
    assert.equal(
      (await ask("/zarr/journal.jsonl", { headers: { "sec-fetch-site": "cross-site" } })).status,
      403,
    );
    const form = { "content-type": "application/x-www-form-urlencoded" };
    assert.equal((await ask("/api/polarity", { method: "POST", body: ANSWER, headers: form })).status, 403);
    assert.equal(
      (await ask("/api/polarity", {
        method: "POST",
        body: ANSWER,
        headers: { "content-type": "text/plain" },
      })).status,
      403,
    );
    for (const method of ["PUT", "DELETE", "PATCH"]) {
      assert.equal(
        (await ask("/api/polarity", { method, body: ANSWER, headers: JSON_TYPE })).status,
        405,
        method,
      );
    }
    await assert.rejects(Deno.stat(`${folder.work}/polarity.json`));
    assert.equal((await post({ origin: `http://${HOST}` })).status, 200);
  }));

Deno.test("dashboard: an allowed viewer reads arrays and nothing else", () =>
  withTestFolder(async (folder) => {
    const origin = "https://viewer.example";
    const ask = askerOf(folder, { viewers: [origin] });
    const headers = { origin, "sec-fetch-site": "cross-site" };
    const array = await ask(`/zarr/${folder.rawPath}/zarr.json`, { headers });
    assert.equal(array.status, 200);
    assert.equal(array.headers.get("access-control-allow-origin"), origin);
    await array.body?.cancel();
    const before = await ask(`/zarr/${folder.rawPath}/c/0/0/0`, {
      method: "OPTIONS",
      headers: { ...headers, "access-control-request-headers": "range" },
    });
    assert.equal(before.status, 204);
    assert.match(before.headers.get("access-control-allow-headers") ?? "", /range/);
    for (const path of ["/api/run", "/api/polarity", "/files/job-stumps.cfg", "/"]) {
      assert.equal((await ask(path, { headers })).status, 403, path);
    }
  }));

Deno.test("dashboard: without the token nothing is answered where one is asked for", () =>
  withTestFolder(async (folder) => {
    const token = "0123456789abcdef";
    const ask = askerOf(folder, { token, hosts: [] });
    for (const path of [...ownPaths(folder), "/main.js"]) {
      assert.equal((await ask(path)).status, 401, path);
      assert.equal((await ask(`${path}?token=wrong`)).status, 401, path);
      assert.equal((await ask(path, { headers: { authorization: "Bearer wrong" } })).status, 401, path);
      assert.equal((await ask(path, { headers: { cookie: "ccboost-token=" } })).status, 401, path);
    }
    assert.equal(
      (await ask("/api/polarity", { method: "POST", body: ANSWER, headers: JSON_TYPE })).status,
      401,
    );
    const opened = await ask(`/?token=${token}`);
    assert.equal(opened.status, 302);
    assert.equal(opened.headers.get("location"), "./");
    const cookie = opened.headers.get("set-cookie") ?? "";
    assert.match(cookie, /HttpOnly/);
    assert.match(cookie, /SameSite=Strict/);
    const [pair = ""] = cookie.split(";");
    assert.equal((await ask("/api/run", { headers: { cookie: pair } })).status, 200);
    assert.equal((await ask("/api/run", { headers: { authorization: `Bearer ${token}` } })).status, 200);
  }));

Deno.test("dashboard: a body that is too large or no answer is refused", () =>
  withTestFolder(async (folder) => {
    const ask = askerOf(folder);
    const post = (body: string | ReadableStream) =>
      ask("/api/polarity", { method: "POST", body, headers: JSON_TYPE });
    assert.equal((await post(`{"id":2,"polarity":null,"more":"${"x".repeat(5000)}"}`)).status, 413);
    let sent = 0;
    const endless = new ReadableStream({
      pull(controller) {
        sent++;
        controller.enqueue(new TextEncoder().encode(" ".repeat(1024)));
      },
    });
    assert.equal((await post(endless)).status, 413);
    assert.ok(sent < 100, `${sent} KiB were taken`);
    for (
      const body of [
        "",
        "{",
        "[]",
        "null",
        "7",
        '{"id":1.5,"polarity":[1,0,0]}',
        '{"id":2,"polarity":[0,0,0]}',
        '{"id":2,"polarity":[2,0,0]}',
        '{"id":2,"polarity":[1,0]}',
        '{"id":2}',
        '{"id":99,"polarity":[1,0,0]}',
        '{"id":1,"polarity":[1,0,0]}',
        '{"id":"__proto__","polarity":[1,0,0]}',
      ]
    ) {
      assert.equal((await post(body)).status, 400, body);
    }
    await assert.rejects(Deno.stat(`${folder.work}/polarity.json`));
  }));

Deno.test("dashboard: every answer forbids inline scripts, framing and sniffing", () =>
  withTestFolder(async (folder) => {
    const ask = askerOf(folder);
    for (const path of [...ownPaths(folder), "/none", "/api/polarity"]) {
      const answer = await ask(path);
      const policy = answer.headers.get("content-security-policy") ?? "";
      assert.match(policy, /default-src 'none'/, path);
      assert.doesNotMatch(policy, /unsafe-inline|'unsafe-eval'|https?:|\*/, path);
      assert.equal(answer.headers.get("x-content-type-options"), "nosniff", path);
      assert.equal(answer.headers.get("x-frame-options"), "DENY", path);
      await answer.body?.cancel();
    }
    const refused = await ask("/", { headers: { host: "evil.example" } });
    assert.match(refused.headers.get("content-security-policy") ?? "", /default-src 'none'/);
  }));
