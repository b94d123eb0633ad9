/** Opens the built page behind two proxies with a path of their own, in Chromium: `deno run ... prefix_browser.ts <folder>`. */
import assert from "node:assert/strict";
import { startDashboard } from "../../src/dashboard/server/start.ts";
import { openBrowser, tell } from "../helpers/browser_play.ts";
import { writeTestFolder } from "./folder.ts";

const PREFIX = "/user/me/proxy/8080";

/** A proxy that shows a server under a path. @param strips whether the server sees the path */
function proxyOf(port: () => number, strips: boolean) {
  return Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, async (request) => {
    const url = new URL(request.url);
    if (!url.pathname.startsWith(`${PREFIX}/`)) return new Response("no", { status: 404 });
    const path = strips ? url.pathname.slice(PREFIX.length) : url.pathname;
    const answer = await fetch(`http://127.0.0.1:${port()}${path}${url.search}`, {
      headers: { accept: "*/*" },
    });
    return new Response(answer.body, { status: answer.status, headers: answer.headers });
  });
}

const { work } = await writeTestFolder(await Deno.realPath(Deno.args[0] ?? ""));
const seen: string[] = [];
const browser = await openBrowser();
for (const strips of [true, false]) {
  let port = 0;
  const proxy = proxyOf(() => port, strips);
  const address = `http://127.0.0.1:${proxy.addr.port}${PREFIX}/`;
  const dashboard = await startDashboard({
    ...{ workFolder: work, viewers: [], hostname: "127.0.0.1", port: 0 },
    proxies: strips ? [] : [address],
  });
  port = dashboard.port;
  const page = await browser.newPage();
  const failed: string[] = [];
  page.on("response", (answer) => {
    if (answer.status() >= 400) failed.push(`${answer.status()} ${answer.url()}`);
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(address) && request.url().startsWith("http")) {
      failed.push(`outside: ${request.url()}`);
    }
  });
  await page.goto(address);
  await page.getByTestId("percent").waitFor();
  await page.goto(`${address}#/results`);
  await page.getByText("job-stumps.cfg").first().waitFor();
  const href = await page.locator("a[download]").first().getAttribute("href");
  assert.ok(href?.startsWith(`${PREFIX}/files/`), String(href));
  await page.goto(`${address}#/view`);
  await page.locator("canvas").first().waitFor();
  assert.deepEqual(failed, []);
  seen.push(strips ? "stripped" : "handed on");
  await page.close();
  await dashboard.close();
  await proxy.shutdown();
}
await browser.close();
await tell({ seen });
Deno.exit(0);
