/** Files and folders sent into a bucket, on a server of others that speaks S3. */
import assert from "node:assert/strict";
import { accessTo } from "../../../src/volume/remote/access.ts";
import { fetchBytes } from "../../../src/volume/remote/fetch.ts";
import { listObjects, removeStale, sendTree, treeFiles } from "../../../src/volume/remote/send.ts";
import { rejected } from "../../helpers/hostile_files.ts";
import { type S3Server, withBucket } from "../../helpers/s3_server.ts";
import { noise } from "../../helpers/tiff_files.ts";

const PATIENCE = { timeout: 20_000, delays: [1, 1, 1] };

function optionsFor(server: S3Server, more: Readonly<Record<string, string>> = {}) {
  const env: Readonly<Record<string, string>> = { ...server.env, ...more };
  return { access: accessTo(`s3://${server.bucket}`, (name) => env[name]), patience: PATIENCE };
}

Deno.test("sendTree() sends large files in parts, again where one fails, and leaves nothing where it must give up", (t) =>
  withBucket(t, async (server, folder) => {
    const bytes = noise(20 * 2 ** 20 + 5);
    await Deno.writeFile(`${folder}/large`, bytes);
    const address = `s3://${server.bucket}/a b/large(1)+`;
    const options = optionsFor(server);
    let sent = 0;
    const send = () =>
      sendTree(`${folder}/large`, address, treeFiles(`${folder}/large`), {
        ...options,
        onSent: (more) => void (sent += more),
      });
    await server.break(
      { path: "PUT .*partNumber=2", kind: 503, times: 2 },
      { path: "PUT .*partNumber=3", kind: "drop", times: 1 },
    );
    await send();
    assert.equal(sent, bytes.length);
    assert.deepEqual(await fetchBytes(address, 2 ** 25, undefined, options), bytes);
    const range = { suffixLength: 7 };
    assert.deepEqual(
      await fetchBytes(address, 2 ** 25, range, options),
      bytes.slice(-7),
      "counted from the start",
    );
    await server.break({ path: "GET .*large", kind: "half", times: 2 });
    const part = await fetchBytes(address, 2 ** 25, { offset: 9, length: 1 << 20 }, options);
    assert.deepEqual(part, bytes.subarray(9, 9 + (1 << 20)));

    await server.break({ path: "PUT .*partNumber=3", kind: 403, code: "AccessDenied", times: 9 });
    await rejected(send, /large\(1\)\+: the server answers 403 \(AccessDenied\)/);
    assert.ok((await server.asked()).some((line) => /^DELETE .*uploadId=/.test(line)));
    await server.break({ path: "GET .*large", kind: 503, times: 99 });
    await rejected(
      () => fetchBytes(address, 2 ** 25, undefined, options),
      /the server answers 503 \(InternalError\)/,
    );
  }));

Deno.test("listObjects() lists what was sent, and removeStale() removes what is no file any more", (t) =>
  withBucket(t, async (server, folder) => {
    const options = optionsFor(server);
    await Deno.mkdir(`${folder}/many`);
    for (let i = 0; i < 40; i++) Deno.writeTextFileSync(`${folder}/many/&${i}`, `${i}`);
    const address = `s3://${server.bucket}/many`;
    const files = treeFiles(`${folder}/many`);
    await sendTree(`${folder}/many`, address, files, options);
    const listed = await listObjects(address, options);
    assert.deepEqual([...listed.keys()].sort(), files.map(({ name }) => address + name).sort());
    assert.equal(listed.get(`${address}/&12`), 2);
    await removeStale(address, files.slice(0, 30), listed.keys(), options);
    assert.equal((await listObjects(address, options)).size, 30);
    await rejected(() => listObjects("s3://no-such-bucket/x", options), /NoSuchBucket/);
  }));

Deno.test("listObjects() goes on where a list fills several answers", async () => {
  // s3rver cannot go on with a list
  const asked: (string | null)[] = [];
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, ({ url }) => {
    const token = new URL(url).searchParams.get("continuation-token");
    asked.push(token);
    const next = token === null ? "<NextContinuationToken>a&amp;b/+=</NextContinuationToken>" : "";
    const key = token === null ? "x/&lt;1&#62;" : "x/2";
    return new Response(`<R>${next}<Contents><Key>${key}</Key><Size>7</Size></Contents></R>`);
  });
  const env: Readonly<Record<string, string>> = { AWS_ENDPOINT_URL: `http://127.0.0.1:${server.addr.port}` };
  const access = accessTo("s3://em", (name) => env[name]);
  const found = await listObjects("s3://em/x", { access, patience: PATIENCE });
  assert.deepEqual([...found], [["s3://em/x/<1>", 7], ["s3://em/x/2", 7]]);
  assert.deepEqual(asked, [null, "a&b/+="]);
});
