/** A web server of files, for tests of what is read over http: parts of them too, and types as browsers want them. */

/** A server on this machine that is running. */
export interface FolderServer extends AsyncDisposable {
  /** Such as `http://127.0.0.1:34567`. */
  readonly address: string;
  /** Paths that were asked for. */
  readonly asked: string[];
}

/** What to do instead of answering: the answer, or undefined to answer as usual. */
export type Interfere = (path: string, asked: number) => Response | undefined;

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html",
  js: "text/javascript",
  css: "text/css",
  json: "application/json",
};

/** Serves the files of a folder, and parts of them. */
export function serveFolder(folder: string, interfere: Interfere = () => undefined): FolderServer {
  const asked: string[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const path = decodeURIComponent(new URL(request.url).pathname);
    asked.push(path);
    const instead = interfere(path, asked.length);
    if (instead !== undefined) return instead;
    let bytes: Uint8Array<ArrayBuffer>;
    try {
      bytes = await Deno.readFile(`${folder}${path}`);
    } catch (cause) {
      if (cause instanceof Error) return new Response("nothing here", { status: 404 });
      throw cause;
    }
    const type = TYPES[path.split(".").at(-1) ?? ""] ?? "application/octet-stream";
    const range = /^bytes=(\d*)-(\d*)$/.exec(request.headers.get("range") ?? "");
    if (range === null) return new Response(bytes, { headers: { "content-type": type } });
    const [, from = "", to = ""] = range;
    const first = from === "" ? Math.max(0, bytes.length - Number(to)) : Number(from);
    const end = from === "" || to === "" ? bytes.length : Math.min(bytes.length, Number(to) + 1);
    const part = bytes.slice(first, end);
    const place = `bytes ${first}-${first + part.length - 1}/${bytes.length}`;
    return new Response(part, { status: 206, headers: { "content-type": type, "content-range": place } });
  });
  return {
    address: `http://127.0.0.1:${server.addr.port}`,
    asked,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
