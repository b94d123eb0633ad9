/**
 * The process of `startS3`: the package s3rver, and between it and whoever asks a place to put faults. It is no dependency of the
 * program, so it is neither in deno.json nor in deno.lock.
 */
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
  if (fault === undefined) return serve(request, response);
  fault.left--;
  if (fault.kind === "half") return breakOff(request, response);
  if (fault.kind === "drop") return void request.socket.destroy();
  request.resume();
  response.writeHead(fault.kind, { "content-type": "application/xml" });
  response.end(`<?xml version="1.0"?><Error><Code>${fault.code ?? "InternalError"}</Code></Error>`);
});
const [, , port = "0"] = Deno.args;
server.listen(Number(port), "127.0.0.1", () => {
  const address = server.address();
  const text = typeof address === "object" && address !== null ? `${address.port}\n` : "\n";
  Deno.stdout.writeSync(new TextEncoder().encode(text));
});
