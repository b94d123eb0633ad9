/** Files of one folder over HTTP: nothing outside it, ranges, ETag. */
import { join, sep } from "node:path";
import { isMissing } from "../../if_there.ts";
import { readFull } from "../../volume/file.ts";

/** A file that may be sent. */
export interface ContainedFile {
  readonly path: string;
  readonly info: Deno.FileInfo;
}

/**
 * Finds a regular file below a folder.
 *
 * @param urlPath path as it stands in the URL, still encoded, without a leading slash
 * @returns undefined where there is none, and for anything that leads or could be read as leading out of the folder: dots, encoded or
 * double-encoded separators, symbolic links to elsewhere
 */
export async function containedFile(folder: string, urlPath: string): Promise<ContainedFile | undefined> {
  const path = await containedPath(folder, urlPath);
  if (path === undefined) return undefined;
  const info = await Deno.stat(path);
  return info.isFile ? { path, info } : undefined;
}

/** As `containedFile`, for files and folders: the real path. */
export async function containedPath(folder: string, urlPath: string): Promise<string | undefined> {
  const segments = urlPath.split("/").map(decodeSegment);
  const names = segments.filter((name) => name !== undefined);
  if (names.length < segments.length) return undefined;
  try {
    const root = await Deno.realPath(folder);
    const real = await Deno.realPath(join(root, ...names));
    return real.startsWith(root.endsWith(sep) ? root : `${root}${sep}`) ? real : undefined;
  } catch (cause) {
    if (isAbsent(cause)) return undefined;
    throw cause;
  }
}

/** A name as a folder can hold it; undefined for what is none or could be taken apart further on. */
function decodeSegment(segment: string): string | undefined {
  let name: string;
  try {
    name = decodeURIComponent(segment);
  } catch (cause) {
    if (cause instanceof URIError) return undefined;
    throw cause;
  }
  // A percent sign that is still there would be an encoded separator to whoever decodes twice.
  // deno-lint-ignore no-control-regex
  if (name === "" || name === "." || name === ".." || /[/\\:%\x00-\x1f]/.test(name)) return undefined;
  return name;
}

/** Whether a failure is told as if nothing were there. */
function isAbsent(cause: unknown): boolean {
  return isMissing(cause) || cause instanceof Deno.errors.FilesystemLoop ||
    cause instanceof Deno.errors.NotCapable ||
    cause instanceof Deno.errors.PermissionDenied || cause instanceof TypeError ||
    (cause instanceof Error && "code" in cause && cause.code === "ENAMETOOLONG");
}

const PIECE = 1 << 18;

/** Sends a file or the range of it that is asked for; 304 where the client has it, 416 for a range that there is not. */
export async function sendFile(
  request: Request,
  { path }: ContainedFile,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  using open = new DisposableStack();
  const file = open.use(await Deno.open(path, { read: true }));
  const info = await file.stat(); // of this file: another one may have taken its name meanwhile
  const etag = `"${info.size.toString(36)}-${(info.mtime?.getTime() ?? 0).toString(36)}-${info.ino ?? 0}"`;
  const common = {
    "accept-ranges": "bytes",
    "cache-control": "no-cache",
    "content-type": typeOf(path),
    etag,
    ...headers,
  };
  if (isKnown(request.headers.get("if-none-match"), etag)) {
    return new Response(null, { status: 304, headers: common });
  }
  const range = rangeOf(request, info.size, etag);
  if (range === "unsatisfiable") {
    return new Response(null, {
      status: 416,
      headers: { ...common, "content-range": `bytes */${info.size}` },
    });
  }
  const { from, to } = range ?? { from: 0, to: info.size - 1 };
  const length = to - from + 1;
  const status = range ? 206 : 200;
  const all = {
    ...common,
    "content-length": String(length),
    ...(range ? { "content-range": `bytes ${from}-${to}/${info.size}` } : {}),
  };
  if (request.method === "HEAD" || length === 0) return new Response(null, { status, headers: all });
  if (from > 0) await file.seek(from, Deno.SeekMode.Start);
  if (length > PIECE) {
    return new Response(inPieces(path, file, length, open.move()), { status, headers: all });
  }
  const bytes = new Uint8Array(length);
  if (await readFull(file, bytes) < length) throw becameShorter(path);
  return new Response(bytes, { status, headers: all });
}

function isKnown(header: string | null, etag: string): boolean {
  if (header === null) return false;
  return header.split(",").some((tag) => tag.trim().replace(/^W\//, "") === etag || tag.trim() === "*");
}

/** The one range that a request wants, both ends included; undefined where it wants all, or several, which may be answered with all. */
function rangeOf(request: Request, size: number, etag: string) {
  const match = /^bytes=(\d*)-(\d*)$/.exec(request.headers.get("range")?.replaceAll(" ", "") ?? "");
  const condition = request.headers.get("if-range");
  if (!match || (condition !== null && condition !== etag)) return undefined;
  const [, first = "", last = ""] = match;
  if (first === "" && last === "") return undefined;
  if (first === "") {
    const count = Math.min(Number(last), size);
    return count > 0 ? { from: size - count, to: size - 1 } : "unsatisfiable" as const;
  }
  const from = Number(first);
  const to = last === "" ? size - 1 : Math.min(Number(last), size - 1);
  if (last !== "" && Number(last) < from) return undefined;
  return from < size ? { from, to } : "unsatisfiable" as const;
}

/** The next bytes of a file as the client takes them, which is closed then. */
function inPieces(path: string, file: Deno.FsFile, length: number, open: Disposable): ReadableStream {
  let left = length;
  return new ReadableStream({
    async pull(controller) {
      const bytes = new Uint8Array(Math.min(PIECE, left));
      let n: number | null;
      try {
        n = await file.read(bytes);
        if (n === null) throw becameShorter(path);
      } catch (cause) {
        open[Symbol.dispose]();
        throw cause;
      }
      controller.enqueue(bytes.subarray(0, n));
      left -= n;
      if (left > 0) return;
      open[Symbol.dispose]();
      controller.close();
    },
    cancel: () => open[Symbol.dispose](),
  });
}

function becameShorter(path: string): Error {
  return new Error(`${path} became shorter while it was sent`);
}

const TYPES: Readonly<Record<string, string>> = {
  css: "text/css; charset=utf-8",
  csv: "text/csv; charset=utf-8",
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  json: "application/json",
  svg: "image/svg+xml",
};

/** Zarr metadata is JSON; what is not known is bytes, which no browser shows. */
function typeOf(path: string): string {
  const name = path.slice(path.lastIndexOf(sep) + 1);
  if (/^\.z(array|attrs|group|metadata)$/.test(name)) return "application/json";
  return TYPES[name.slice(name.lastIndexOf(".") + 1).toLowerCase()] ?? "application/octet-stream";
}
