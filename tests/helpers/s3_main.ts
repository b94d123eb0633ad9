/**
 * The process of `startS3`: the package s3rver, and between it and whoever asks a place to put faults. It is no dependency of the
 * program, so it is neither in deno.json nor in deno.lock.
 */
import { createHash, createHmac } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Fault } from "./s3_server.ts";

interface Bucketing {
  callback(): (request: IncomingMessage, response: ServerResponse) => void;
  configureBuckets(): Promise<unknown>;
}

const [folder = "", bucket = ""] = Deno.args;
// Not a literal, so that nobody looks for it who only checks types.
const name = ["npm:s3rver", "3.7.1"].join("@");
const { default: S3rver } = await import(name) as { default: new (options: object) => Bucketing };
const store = new S3rver({
  directory: folder,
  silent: true,
  configureBuckets: [{ name: bucket }],
});
await store.configureBuckets();
const serve = store.callback();
let faults: (Fault & { left: number })[] = [];
const asked: string[] = [];

function textOf(request: IncomingMessage): Promise<string> {
  return new Promise((done) => {
    let text = "";
    request.on("data", (part: Uint8Array) => text += new TextDecoder().decode(part));
    request.on("end", () => done(text));
  });
}

const SECRET = "S3RVER";

function hmac(key: string | Uint8Array, text: string): Uint8Array {
  return createHmac("sha256", key).update(text).digest();
}

/**
 * Whether a request is signed as "Signature Version 4" says (Authenticating Requests: Using the Authorization Header), which the store
 * itself does not look at.
 */
function isSignedWrong({ method = "", url = "", headers }: IncomingMessage): boolean {
  const given =
    /Credential=([^/]+)\/(\d+)\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=(\w+)/
      .exec(headers.authorization ?? "");
  const [, , day = "", region = "", names = "", signature = ""] = given ?? [];
  if (given === null) return false;
  const [path = "", query = ""] = url.split("?");
  const canonical = [
    method,
    path,
    query.split("&").sort().join("&"),
    ...names.split(";").map((name) => `${name}:${String(headers[name]).trim()}`),
    "",
    names,
    String(headers["x-amz-content-sha256"]),
  ].join("\n");
  const scope = `${day}/${region}/s3/aws4_request`;
  const sum = createHash("sha256").update(canonical).digest("hex");
  const key = hmac(hmac(hmac(hmac(`AWS4${SECRET}`, day), region), "s3"), "aws4_request");
  const text = ["AWS4-HMAC-SHA256", String(headers["x-amz-date"]), scope, sum].join("\n");
  return createHmac("sha256", key).update(text).digest("hex") !== signature;
}

/** Half of what the store answers, though all of it was announced. */
function breakOff(request: IncomingMessage, response: ServerResponse): void {
  const end = response.end.bind(response);
  const cut = (part: Uint8Array) => {
    response.socket?.write(part.subarray(0, part.length >> 1));
    response.socket?.destroy();
    return true;
  };
  response.write = ((part: Uint8Array | string) => {
    response.flushHeaders();
    return cut(typeof part === "string" ? new TextEncoder().encode(part) : part);
  }) as typeof response.write;
  response.end =
    ((part?: unknown) =>
      part instanceof Uint8Array ? (response.flushHeaders(), cut(part)) : end()) as typeof response.end;
  serve(request, response);
}

const server = createServer((request, response) => {
  const { url = "", method = "" } = request;
  if (url === "/-/faults") {
    void textOf(request).then((text) => {
      faults = (JSON.parse(text) as Fault[]).map((fault) => ({ ...fault, left: fault.times }));
      asked.length = 0;
      response.end();
    });
    return;
  }
  if (url === "/-/asked") return void response.end(JSON.stringify(asked));
  asked.push(`${method} ${url}`);
  const fault = faults.find(({ left, path }) => left > 0 && new RegExp(path).test(`${method} ${url}`));
  if (fault === undefined && !isSignedWrong(request)) return serve(request, response);
  if (fault === undefined) return refuse(request, response, 403, "SignatureDoesNotMatch");
  fault.left--;
  if (fault.kind === "half") return breakOff(request, response);
  if (fault.kind === "drop") return void request.socket.destroy();
  refuse(request, response, fault.kind, fault.code ?? "InternalError");
});

function refuse(request: IncomingMessage, response: ServerResponse, status: number, code: string): void {
  request.resume();
  response.writeHead(status, { "content-type": "application/xml" });
  response.end(`<?xml version="1.0"?><Error><Code>${code}</Code></Error>`);
}

const [, , port = "0"] = Deno.args;
server.listen(Number(port), "127.0.0.1", () => {
  const address = server.address();
  const text = typeof address === "object" && address !== null ? `${address.port}\n` : "\n";
  Deno.stdout.writeSync(new TextEncoder().encode(text));
});
