/** A dashboard that listens on a port, and requests to it written by hand. */
import { listen } from "../../src/dashboard/server/listen.ts";
import { appOf, type TestFolder } from "./folder.ts";

/** The answer to a request written by hand, since every client resolves dots. */
export async function rawStatus(
  port: number,
  lines: readonly string[],
): Promise<{ status: number; text: string }> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  try {
    await connection.write(new TextEncoder().encode(`${lines.join("\r\n")}\r\nConnection: close\r\n\r\n`));
    let text = "";
    const decoder = new TextDecoder();
    const bytes = new Uint8Array(65536);
    for (;;) {
      const n = await connection.read(bytes);
      if (n === null) break;
      text += decoder.decode(bytes.subarray(0, n), { stream: true });
    }
    return { status: Number(/^HTTP\/1.1 (\d+)/.exec(text)?.[1]), text };
  } finally {
    connection.close();
  }
}

/** Runs a test with a server over the folder, on a port of its own. */
export async function withServer(
  folder: TestFolder,
  limits: { readonly connections?: number; readonly headersTime?: number },
  test: (port: number) => Promise<void>,
): Promise<void> {
  const hosts: string[] = [];
  const app = appOf(folder, { hosts });
  const server = await listen((request) => app.fetch(request), { hostname: "127.0.0.1", port: 0 }, limits);
  hosts.push(`127.0.0.1:${server.port}`);
  try {
    await test(server.port);
  } finally {
    await server.close();
  }
}
