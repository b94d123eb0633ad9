/** Code of the page in tests, without a browser. */

/** Runs a test with what the page's code finds in a browser: its address, and a way to ask the server. */
export async function asPage(fetch: typeof globalThis.fetch, test: () => Promise<void>): Promise<void> {
  const before = globalThis.fetch;
  globalThis.fetch = fetch;
  Object.defineProperty(globalThis, "location", { value: new URL("http://127.0.0.1/"), configurable: true });
  try {
    await test();
  } finally {
    globalThis.fetch = before;
  }
}
