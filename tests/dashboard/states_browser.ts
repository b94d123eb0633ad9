/** Plays a user whose run waits, is answered in two tabs, is killed, and whose files are damaged. Ends with 0 where all is told. */
import assert from "node:assert/strict";
import type { Browser, Page } from "playwright-core";
import { writeDemo } from "../../fixtures/generate.ts";
import type { PolarityComponent, PolarityState } from "../../src/dashboard/api.ts";
import { openBrowser, openPage, tell, WAIT } from "../helpers/browser_play.ts";
import { ask, type Running, startServing, stop } from "../helpers/serving.ts";

/** More tabs than a browser opens connections to one server. */
const TABS = 8;
/** Rounds that take long enough to be killed in. */
const ROUNDS = 20_000;

async function writeJob(folder: string): Promise<string> {
  await writeDemo(folder, { shape: [96, 96, 96], anisotropy: 1, seed: 1 });
  const config = `${folder}/demo.cfg`;
  const text = `candidatePoses = 16; crossFitFolds = 1;\n${await Deno.readTextFile(config)}`;
  await Deno.writeTextFile(
    config,
    text.replace("numStumps = 300", `numStumps = ${ROUNDS}`).replace(
      /ccPolarity = \([^)]*\)/,
      "ccPolarity = ()",
    ),
  );
  return config;
}

async function answered(page: Page, count: number, of: number): Promise<void> {
  await page.waitForFunction(
    (text) => document.querySelector("[data-testid=answered]")?.textContent?.includes(text),
    `${count} of ${of} answered`,
  );
}

/** The page says what to do, and nothing looks like a failure. */
async function waits(page: Page, questions: number): Promise<void> {
  await page.getByRole("heading", { name: `Waiting for you: ${questions} questions` }).waitFor();
  assert.equal(await page.locator(".problem, [role=alert], pre").count(), 0);
  const text = await page.locator("main").textContent() ?? "";
  assert.doesNotMatch(text, /Ended|ccPolarity|\{|error/);
  assert.match(await page.title(), /^waiting for you/);
}

/** Keys that come while answers are on their way are for the next synapses; undo works after a reload; another tab sees it. */
async function answersByKeys(browser: Browser, page: Page, url: string, faults: string[]): Promise<void> {
  const { components } = await ask<PolarityState>(url, "/api/polarity");
  const of = components.length;
  const other = await openPage(browser, `${url}#/polarity`, faults);
  await answered(other, 0, of);
  await page.route("**/api/polarity", async (route) => {
    if (route.request().method() === "POST") await new Promise((done) => setTimeout(done, 400));
    await route.continue();
  });
  await page.getByRole("link", { name: "Answer" }).click();
  await page.getByText("The line is the direction across the cleft that training uses").waitFor();
  for (const key of ["a", "b", "t"]) await page.keyboard.press(key);
  await answered(other, 3, of);
  const { components: now } = await ask<PolarityState>(url, "/api/polarity");
  const given = now.slice(0, 4).map(({ answer, leftOut }) => leftOut ?? (answer ? "side" : "open"));
  assert.deepEqual(given, ["side", "side", "cannot tell", "open"]);
  await page.unroute("**/api/polarity");
  await page.reload();
  await answered(page, 3, of);
  await page.keyboard.press("u");
  await answered(other, 2, of);
  const heading = page.getByRole("heading", { name: `synapse ${components[2]?.id} are` });
  await heading.waitFor();
  await other.close();
}

/** The end of a line is dragged a quarter of a turn, and the page says that training will not follow. */
async function drags(page: Page, { normal, box }: PolarityComponent): Promise<void> {
  assert.ok(normal);
  const planes = { xy: [0, 1], zy: [2, 1], xz: [0, 2] } as const;
  const part = (name: keyof typeof planes) => Math.hypot(...planes[name].map((k) => normal[k]));
  const name = (Object.keys(planes) as (keyof typeof planes)[]).reduce((a, b) => part(b) > part(a) ? b : a);
  const canvas = page.locator(`canvas[data-plane=${name}]`);
  const place = await canvas.boundingBox();
  assert.ok(place);
  const picture = () => canvas.evaluate((element) => (element as HTMLCanvasElement).toDataURL());
  const before = await picture();
  const longest = Math.max(...box.shape);
  const zoom = Math.min(place.width, place.height) / (Math.max(48, longest) + 48);
  const [du = 0, dv = 0] = planes[name].map((k) => normal[k] * (longest / 2 + 14) * zoom);
  const [x, y] = [place.x + place.width / 2, place.y + place.height / 2];
  await page.mouse.move(x + du, y + dv);
  await page.mouse.down();
  await page.mouse.move(x - dv, y + du, { steps: 5 });
  await page.mouse.up();
  const doubt = page.getByText("away from the direction that training uses");
  await doubt.waitFor();
  assert.notEqual(await picture(), before);
  assert.match(await page.getByTestId("answered").textContent() ?? "", /^2 of/, "dragging is no answer");
}

/** All tabs load and hear of an answer, though they are more than the connections that a browser opens. */
async function manyTabs(browser: Browser, url: string, faults: string[]): Promise<void> {
  const context = await browser.newContext();
  const tabs: Page[] = [];
  for (let i = 0; i < TABS; i++) {
    const tab = await context.newPage();
    tab.setDefaultTimeout(WAIT);
    tab.on("pageerror", (error) => void faults.push(error.message));
    await tab.goto(`${url}#/polarity`);
    tabs.push(tab);
  }
  const { components } = await ask<PolarityState>(url, "/api/polarity");
  for (const tab of tabs) await answered(tab, 2, components.length);
  const [first, last] = [tabs[0], tabs.at(-1)];
  await first?.keyboard.press("a");
  await answered(last ?? assert.fail(), 3, components.length);
  for (const tab of tabs) await answered(tab, 3, components.length);
  // a hidden tab gives its stream back, and catches up when it is in sight again
  const hide = (tab: Page, isHidden: boolean) =>
    tab.evaluate((hidden) => {
      Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }, isHidden);
  assert.ok(first && last);
  await hide(last, true);
  await first.keyboard.press("u");
  await answered(first, 2, components.length);
  await first.waitForTimeout(1500);
  assert.match(await last.getByTestId("answered").textContent() ?? "", /^3 of/);
  await hide(last, false);
  await answered(last, 2, components.length);
  await context.close();
}

async function answerAll(url: string): Promise<void> {
  const { components } = await ask<PolarityState>(url, "/api/polarity");
  for (const { id, answer, leftOut } of components) {
    if (answer || leftOut) continue;
    const body = JSON.stringify({ id, polarity: [0, 1, 0] });
    const headers = { "content-type": "application/json" };
    await (await fetch(`${url}api/polarity`, { method: "POST", body, headers })).body?.cancel();
  }
}

/** The page of a killed run says what happened and how to go on, at first without and then with a server. */
async function killed(page: Page, run: Running, work: string): Promise<Running> {
  await page.goto(`${run.url}#/`);
  await page.getByRole("heading", { name: /^Trains / }).waitFor();
  await page.getByRole("button", { name: "Stop" }).waitFor();
  run.process.kill("SIGKILL");
  await run.process.status;
  await page.getByText("Connection lost; retrying.").waitFor();
  assert.match(
    await page.locator(".notice").textContent() ?? "",
    /[Ff]inished work is kept.*run .*demo\.cfg/,
  );
  assert.equal(await page.locator(".pill").textContent(), "connection lost");
  const clock = () => page.locator(".facts").first().textContent();
  const before = await clock();
  await page.waitForTimeout(2200);
  assert.equal(await clock(), before, "the clock stands still");
  await page.goto(`${run.url}#/`).catch(() => undefined);
  const served = await startServing("serve", work, "--port", new URL(run.url).port);
  await page.goto(`${served.url}#/`);
  await page.getByRole("heading", { name: "The run was killed" }).waitFor();
  assert.match(
    await page.locator(".problem").textContent() ?? "",
    /[Ff]inished work is kept.*resume/,
  );
  assert.equal(await page.locator(".pill").textContent(), "killed");
  assert.equal(await page.getByRole("button", { name: "Stop" }).count(), 0);
  return served;
}

/** Damaged and missing chunks are hatched and told, and neither black nor grey. */
async function damaged(page: Page, url: string, work: string): Promise<void> {
  const [name] = Array.from(Deno.readDirSync(`${work}/volumes`), ({ name }) => name).filter((one) =>
    one.startsWith("train-") && !one.startsWith("train-labels")
  );
  const chunks = `${work}/volumes/${name}/c`;
  const bytes = await Deno.readFile(`${chunks}/0/0/0`);
  bytes[100] = (bytes[100] ?? 0) ^ 1;
  await Deno.writeFile(`${chunks}/0/0/0`, bytes);
  await Deno.remove(`${chunks}/0/1/0`);
  await page.goto(`${url}#/view?raw=volumes/${name}&over=&at=20.5,20.5,20.5&centre=48,48,48&zoom=2`);
  await page.reload();
  const faults = page.getByTestId("faults");
  await page.waitForFunction(() => {
    const text = document.querySelector("[data-testid=faults]")?.textContent ?? "";
    return /damaged on disk/.test(text) && /missing from the disk/.test(text);
  });
  assert.match(await faults.textContent() ?? "", /Run the same command again/);
  assert.equal(await page.getByTestId("raw-value").textContent(), "damaged");
  const colours = await page.locator("canvas[data-plane=xy]").first().evaluate((element) => {
    const canvas = element as HTMLCanvasElement;
    const place = [canvas.width / 2 - 80, canvas.height / 2 - 80, 40, 40] as const;
    const data = canvas.getContext("2d")?.getImageData(...place).data ?? [];
    return new Set(Array.from({ length: data.length / 4 }, (_, i) => data.slice(i * 4, i * 4 + 3).join()))
      .size;
  });
  assert.ok(colours > 1, "a hatch has lines");
}

/** An address that there is not; the view is kept between parts of the page; H hides what lies over; planes are enlarged. */
async function finds(page: Page, url: string): Promise<void> {
  await page.goto(`${url}#/nowhere`);
  await page.getByRole("heading", { name: "There is no page at this address" }).waitFor();
  await page.goto(`${url}#/view`);
  await page.getByRole("slider", { name: "Slice along z" }).fill("7");
  await page.getByText("z 7", { exact: false }).first().waitFor();
  await page.waitForFunction(() => location.hash.includes("7.5"));
  await page.getByRole("link", { name: "Results" }).click();
  await page.getByRole("link", { name: "Viewer" }).click();
  await page.getByText("· z 7").waitFor();
  await page.getByRole("button", { name: "Enlarge plane zy" }).click();
  assert.equal(await page.locator("canvas").count(), 1);
  await page.keyboard.press("e");
  await page.waitForFunction(() => document.querySelectorAll("canvas").length === 4);
  await page.keyboard.press("Shift+PageDown");
  await page.getByText("· z 17").waitFor();
  await page.getByRole("slider", { name: /^Black at/ }).fill("255");
  const [black, white] = [
    await page.getByRole("slider", { name: /^Black at/ }).inputValue(),
    await page.getByRole("slider", { name: /^White at/ }).inputValue(),
  ];
  assert.ok(Number(black) < Number(white) || Number(black) === 255, `${black} to ${white}`);
}

/** A run that is stopped on its page says so there, and that nothing is lost. */
async function stopsRun(page: Page, config: string): Promise<void> {
  const run = await startServing("run", config, "--serve", "--port", "0");
  try {
    await page.goto(`${run.url}#/`);
    await page.getByRole("button", { name: "Stop" }).click();
    await page.getByRole("button", { name: "Yes, stop" }).click();
    await page.getByRole("heading", { name: "Stopped" }).waitFor();
    assert.match(await page.locator("main").textContent() ?? "", /[Ff]inished work is kept/);
    assert.equal(await page.locator(".pill").textContent(), "stopped");
  } finally {
    await stop(run);
  }
}

async function play(folder: string): Promise<void> {
  const faults: string[] = [];
  const config = await writeJob(folder);
  const work = `${folder}/demo-work`;
  const run = await startServing("run", config, "--serve", "--port", "0");
  const browser = await openBrowser();
  let served: Running | undefined;
  try {
    const page = await openPage(browser, run.url, faults);
    await page.getByText("Waiting for you").first().waitFor();
    const { components } = await ask<PolarityState>(run.url, "/api/polarity");
    const asked = components.filter(({ normal }) => normal !== null).length;
    assert.equal(asked, components.length);
    await waits(page, asked);
    await answersByKeys(browser, page, run.url, faults);
    await drags(page, components[2] ?? assert.fail());
    await manyTabs(browser, run.url, faults);
    await answerAll(run.url);
    served = await killed(page, run, work);
    await damaged(page, served.url, work);
    await finds(page, served.url);
    await stopsRun(page, config);
    assert.deepEqual(faults.filter((fault) => !fault.startsWith("asked for")), []);
  } finally {
    await browser.close();
    if (served) await stop(served);
    else run.process.kill("SIGKILL");
  }
  await tell({ scenes: ["waiting", "answered", "dragged", "tabs", "killed", "damaged", "found", "stopped"] });
}

if (import.meta.main) await play(Deno.args[0] ?? "");
