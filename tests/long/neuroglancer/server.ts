/** A web server of a folder, as browsers want it: with types of contents, and parts of files. */

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html",
  js: "text/javascript",
  css: "text/css",
  json: "application/json",
};

/** Serves a folder on this machine. */
export function servePages(folder: string): { readonly address: string } & AsyncDisposable {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const path = decodeURIComponent(new URL(request.url).pathname);
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
    const first = from === "" ? bytes.length - Number(to) : Number(from);
    const end = from === "" || to === "" ? bytes.length : Math.min(bytes.length, Number(to) + 1);
    const part = bytes.slice(first, end);
    const place = `bytes ${first}-${first + part.length - 1}/${bytes.length}`;
    return new Response(part, { status: 206, headers: { "content-type": type, "content-range": place } });
  });
  return {
    address: `http://127.0.0.1:${server.addr.port}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
