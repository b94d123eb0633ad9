/** A web server of files, for tests of what is read over http. */

/** A server on this machine that is running. */
export interface FolderServer extends AsyncDisposable {
  /** Such as `http://127.0.0.1:34567`. */
  readonly address: string;
  /** Paths that were asked for. */
  readonly asked: string[];
}

/** What to do instead of answering: the answer, or undefined to answer as usual. */
export type Interfere = (path: string, asked: number) => Response | undefined;

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
    const range = /^bytes=(\d*)-(\d*)$/.exec(request.headers.get("range") ?? "");
    if (range === null) return new Response(bytes);
    const [, from = "", to = ""] = range;
    const part = from === "" ? bytes.slice(-Number(to)) : bytes.slice(Number(from), Number(to) + 1);
    return new Response(part, { status: 206 });
  });
  return {
    address: `http://127.0.0.1:${server.addr.port}`,
    asked,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
