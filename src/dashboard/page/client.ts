/** The typed client of the server's routes. */
import { hc } from "hono/client";
import type { App } from "../server/app.ts";
import { Unreachable } from "./unreachable.ts";

/** Where the page is, which is under a path of its own where a proxy shows it. */
export const BASE = new URL(".", location.href).pathname;

/** An address of this server from one that begins with a slash. */
export function addressOf(path: string): string {
  return BASE + path.replace(/^\//, "");
}

/** The page of the run with which a labelling project's stack is searched, from the project's page. */
export const RUN_PAGE = "run/";

/** Calls the routes; types come from the server. */
export const client = hc<App>(BASE, { fetch: fetchOrSay });

/** As `client`, but the routes below one path are called below another, where there are the same. Both begin with a slash. */
export function clientOf(path: string, other: string) {
  const [from, to] = [path, other].map(addressOf);
  return hc<App>(BASE, {
    fetch: (input: RequestInfo | URL, init?: RequestInit) =>
      fetchOrSay(String(input).replace(from ?? "", to ?? ""), init),
  });
}

/** As `fetch`, with a message that people understand where nobody answers. */
async function fetchOrSay(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  try {
    return await fetch(input, init);
  } catch (cause) {
    throw new Unreachable("the program that shows this page cannot be reached", { cause });
  }
}

/** What is wrong, as people read it. */
export function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

/** The body of an answer. @throws {Error} with what the server says is wrong */
export async function bodyOf<T>(answer: { ok: boolean; status: number; json(): Promise<T> }): Promise<T> {
  if (answer.ok) return await answer.json();
  const { error } = await answer.json() as { readonly error?: string };
  throw new Error(error ?? `the server answered ${answer.status}`);
}
