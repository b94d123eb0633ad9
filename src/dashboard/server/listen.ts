/** Listens: limits on connections and on the time that a client may take. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { UserError } from "../../user_error.ts";

/** Where to listen. */
export interface ListenOptions {
  readonly hostname: string;
  /** 0: any that is free. */
  readonly port: number;
}

/**
 * Connections at once; more are closed as they come. A page holds one for events and for a moment up to five more. One that sends no
 * whole request in time is closed too.
 */
const MOST_CONNECTIONS = 512;
const HEADERS_TIME = 10_000;
const REQUEST_TIME = 20_000;
const KEEP_ALIVE_TIME = 5_000;

/**
 * Starts a server.
 * @param limits shorter times and fewer connections, for tests
 * @throws {UserError} where the port is taken, or the address is not one of this machine
 */
export function listen(
  fetch: (request: Request) => Response | Promise<Response>,
  { hostname, port }: ListenOptions,
  limits: { readonly connections?: number; readonly headersTime?: number } = {},
): Promise<{ readonly port: number; close(): Promise<void> }> {
  const server = createServer(
    { connectionsCheckingInterval: Math.min(1000, limits.headersTime ?? HEADERS_TIME) },
    getRequestListener(fetch, { overrideGlobalObjects: false }),
  );
  server.maxConnections = limits.connections ?? MOST_CONNECTIONS;
  server.headersTimeout = limits.headersTime ?? HEADERS_TIME;
  server.requestTimeout = REQUEST_TIME;
  server.keepAliveTimeout = KEEP_ALIVE_TIME;
  return new Promise((resolve, reject) => {
    server.once("error", (cause) => reject(listenError(cause, hostname, port)));
    server.listen(port, hostname, () => {
      resolve({
        port: (server.address() as AddressInfo).port,
        close: () =>
          new Promise((closed) => {
            server.close(() => closed());
            server.closeAllConnections();
          }),
      });
    });
  });
}

function listenError(cause: unknown, hostname: string, port: number): unknown {
  const code = cause instanceof Error && "code" in cause ? cause.code : "";
  if (code === "EADDRINUSE") {
    return new UserError(
      `port ${port} of ${hostname} is already in use; choose another --port, or 0 for any`,
      { cause, code: "port-taken" },
    );
  }
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND") {
    return new UserError(
      `--host ${hostname} is not an address of this machine; use one, or 0.0.0.0 for all`,
      { cause },
    );
  }
  return cause;
}
