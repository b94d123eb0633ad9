/** Who may ask: checks of Host, Origin and token, and the headers that every answer carries. */
import { createHash, timingSafeEqual } from "node:crypto";
import type { Context, MiddlewareHandler } from "hono";
import { every } from "hono/combine";
import { getCookie, setCookie } from "hono/cookie";
import { secureHeaders } from "hono/secure-headers";

/** Who may ask for what. */
export interface GuardOptions {
  /** Values of the Host header that are answered; where a token is asked for, none means any. */
  readonly hosts: readonly string[];
  /** Required of every request; empty: none. */
  readonly token: string;
  /** Origins of viewers elsewhere that may read `/zarr/`. */
  readonly viewers: readonly string[];
  /** Proxies in front of this server that are trusted to ask who may see it: their addresses, with the path under which they show it. */
  readonly proxies?: readonly URL[];
}

/** Names of this machine for itself, as a browser may write them. */
export const LOOPBACK = ["127.0.0.1", "localhost", "[::1]"];

const COOKIE = "ccboost-token";

/** What every answer carries, unless it carries something else itself. */
const SECURITY: Parameters<typeof secureHeaders>[0] = {
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    // Blosc chunks are unpacked by WebAssembly.
    scriptSrc: ["'self'", "'wasm-unsafe-eval'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'", "data:", "blob:"],
    connectSrc: ["'self'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
  },
  xFrameOptions: "DENY",
  strictTransportSecurity: false, // there is plain http alone
  overwrite: false,
};

/** Refuses what does not come from the page itself, or from an allowed viewer. */
export function guard(options: GuardOptions): MiddlewareHandler {
  return every(secureHeaders(SECURITY), async (c, next) => {
    const viewer = viewerOf(c, options);
    const headers = viewerHeaders(viewer, options);
    const refusal = refusalOf(c, options);
    if (refusal !== undefined) return c.json({ error: refusal.error }, refusal.status, headers);
    if (c.req.method === "OPTIONS") {
      if (viewer === undefined) {
        return c.json({ error: "only viewers elsewhere ask for options" }, 403, headers);
      }
      return c.body(null, 204, {
        ...headers,
        "access-control-allow-methods": "GET, HEAD",
        "access-control-allow-headers": "range, if-none-match, authorization",
      });
    }
    const given = new URL(c.req.url).searchParams.get("token");
    if (options.token !== "" && given !== null && c.req.method === "GET" && isToken(given, options.token)) {
      // The token leaves the address, so that it is in no history and no link that is passed on.
      setCookie(c, COOKIE, given, { httpOnly: true, sameSite: "Strict", path: "/" });
      // Relative, since a proxy may show this under a path of its own.
      return c.body(null, 302, {
        ...headers,
        location: "../".repeat(c.req.path.split("/").length - 2) || "./",
      });
    }
    await next();
    for (const [name, value] of Object.entries(headers)) c.res.headers.set(name, value);
    return undefined;
  });
}

function viewerHeaders(viewer: string | undefined, { viewers }: GuardOptions): Record<string, string> {
  const vary: Record<string, string> = viewers.length > 0 ? { vary: "Origin" } : {};
  if (viewer === undefined) return vary;
  return {
    ...vary,
    "access-control-allow-origin": viewer,
    "access-control-expose-headers": "accept-ranges, content-range, etag",
    "cross-origin-resource-policy": "cross-origin",
  };
}

const METHODS: readonly string[] = ["GET", "HEAD", "POST", "OPTIONS"];

/** One synapse of a labelling project, and what may be done with it besides. */
const OBJECT = /^\/api\/label(\/stacks\/[^/]+)?\/objects\/[^/]+$/;
const OBJECT_METHODS: readonly string[] = ["PATCH", "DELETE"];

function refusalOf(
  c: Context,
  options: GuardOptions,
): { readonly status: 400 | 401 | 403 | 405; readonly error: string } | undefined {
  const { method } = c.req;
  if (![...METHODS, ...(OBJECT.test(c.req.path) ? OBJECT_METHODS : [])].includes(method)) {
    return { status: 405, error: `method ${method} is not allowed` };
  }
  const host = (c.req.header("host") ?? "").toLowerCase();
  if (host === "") return { status: 400, error: "the Host header is missing" };
  const isAnyHost = options.token !== "" && options.hosts.length === 0;
  if (!isAnyHost && !answersFor(host, options)) {
    const advice = `if a proxy that you trust shows it there, start it with --proxy https://${host}`;
    return { status: 403, error: `this server does not answer for ${host}; ${advice}` };
  }
  const origin = c.req.header("origin");
  const isProxy = options.proxies?.some((proxy) => proxy.origin === origin) === true;
  if (origin !== undefined && origin !== `http://${host}` && !isProxy && viewerOf(c, options) === undefined) {
    return { status: 403, error: `requests from ${origin} are not answered` };
  }
  const site = c.req.header("sec-fetch-site");
  const isOwn = site === undefined || site === "same-origin" || site === "none";
  const isLink = c.req.header("sec-fetch-mode") === "navigate" && method === "GET" && c.req.path === "/";
  if (!isOwn && !isLink && viewerOf(c, options) === undefined) {
    return { status: 403, error: "requests from other sites are not answered" };
  }
  if (
    (method === "POST" || method === "PATCH") &&
    !/^application\/json\b/i.test(c.req.header("content-type") ?? "")
  ) {
    return { status: 403, error: "only application/json is accepted" };
  }
  if (method !== "OPTIONS" && options.token !== "" && !hasToken(c, options.token)) {
    return { status: 401, error: "the token is missing or wrong; open the address that the program printed" };
  }
  return undefined;
}

/** Whether this server is meant by a Host header: a tunnel may give this machine another port, a proxy another name. */
function answersFor(host: string, { hosts, proxies = [] }: GuardOptions): boolean {
  const isLoopback = (name: string) => LOOPBACK.includes(name.replace(/:\d+$/, ""));
  return hosts.includes(host) || (isLoopback(host) && hosts.some(isLoopback)) ||
    proxies.some((proxy) => proxy.host === host);
}

/** The Origin of a viewer that may read this; undefined where it is none. */
function viewerOf(c: Context, { viewers }: GuardOptions): string | undefined {
  const origin = c.req.header("origin");
  const isRead = ["GET", "HEAD", "OPTIONS"].includes(c.req.method) && c.req.path.startsWith("/zarr/");
  return origin !== undefined && isRead && viewers.includes(origin) ? origin : undefined;
}

function hasToken(c: Context, token: string): boolean {
  const bearer = /^Bearer (.+)$/.exec(c.req.header("authorization") ?? "")?.[1];
  const query = new URL(c.req.url).searchParams.get("token");
  return [bearer, getCookie(c, COOKIE), query].some((given) => given != null && isToken(given, token));
}

/** Compares in a time that tells nothing of where the texts differ. */
function isToken(given: string, token: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(token));
}
