/** Plays a user of the dashboard in Chromium: `deno run ... run_browser.ts <folder>`. Ends with 0 where all is as it should be. */
import assert from "node:assert/strict";
import type { Browser, Page } from "playwright-core";
import { openBrowser, openPage, tell, WAIT } from "../helpers/browser_play.ts";
import { ask, deno, type Running, startServing, stop } from "../helpers/serving.ts";
import { CLI } from "../helpers/project.ts";
import type { FixtureSynapse } from "../../fixtures/fixture.ts";
import { writeDemo } from "../../fixtures/generate.ts";
import { readStumpFile } from "../../src/boosting/mod.ts";
import type { PolarityState, RunSnapshot } from "../../src/dashboard/api.ts";
import { numberText } from "../../src/dashboard/page/fields.tsx";
import { openZarr, readRegion } from "../../src/volume/zarr/mod.ts";

const ROUNDS = 40;

/** A synapse of the training volume, x first as in configurations. */
interface KnownSynapse {
  readonly pos: readonly [x: number, y: number, z: number];
  readonly polarity: FixtureSynapse["polarity"];
}

/** Volumes with known synapses, and a configuration that does not say their polarity. */
async function writeJob(folder: string): Promise<{ config: string; synapses: KnownSynapse[] }> {
  const { train } = await writeDemo(folder, { shape: [64, 64, 64], anisotropy: 1, seed: 1 });
  const config = `${folder}/demo.cfg`;
  const text = await Deno.readTextFile(config);
  const short = text.replace("numStumps = 300", `numStumps = ${ROUNDS}`)
    .replace(
      "numWLToExplorePerIter = 1000",
      "numWLToExplorePerIter = 200; candidatePoses = 16; crossFitFolds = 2",
    )
    .replace(/ccPolarity = \([^)]*\)/, "ccPolarity = ()");
  await Deno.writeTextFile(config, short);
  const synapses = train.synapses.map(({ position: [z, y, x], polarity }): KnownSynapse => ({
    pos: [x, y, z],
    polarity,
  }));
  return { config, synapses };
}

/** Notes every percentage that a page shows, until the whole is done. */
async function watchPercent(page: Page): Promise<number[]> {
  const seen: number[] = [];
  for (const end = Date.now() + WAIT; Date.now() < end;) {
    const text = await page.getByTestId("percent").textContent();
    const percent = Number.parseInt(text ?? "", 10);
    if (seen.at(-1) !== percent) seen.push(percent);
    if (percent === 100) return seen;
    await page.waitForTimeout(50);
  }
  throw new Error(`the run was not done in time: ${seen}`);
}

/** Clicks, in the plane in which the vesicles lie most to a side, on that side; every third time it presses a key instead. */
async function answerAll(page: Page, url: string, synapses: readonly KnownSynapse[]): Promise<void> {
  const { components } = await ask<PolarityState>(url, "/api/polarity");
  for (const { id, pos } of components) {
    const truth = nearest(synapses, pos).polarity;
    await page.getByRole("heading", { name: `On which side of synapse ${id} are` }).waitFor();
    await page.waitForFunction(() => !document.querySelector<HTMLButtonElement>(".side.a")?.disabled);
    const planes = { xy: [0, 1], zy: [2, 1], xz: [0, 2] } as const;
    const size = (name: keyof typeof planes) => Math.hypot(...planes[name].map((k) => truth[k] ?? 0));
    const name = (Object.keys(planes) as (keyof typeof planes)[]).reduce((a, b) => size(b) > size(a) ? b : a);
    const box = await page.locator(`canvas[data-plane=${name}]`).boundingBox();
    assert.ok(box);
    const [across, down] = planes[name].map((k) => (truth[k] ?? 0) / size(name) * 60);
    await page.mouse.click(box.x + box.width / 2 + (across ?? 0), box.y + box.height / 2 + (down ?? 0));
  }
}

function nearest(synapses: readonly KnownSynapse[], pos: readonly number[]): KnownSynapse {
  const distance = ({ pos: at }: KnownSynapse) => Math.hypot(...at.map((n, k) => n - (pos[k] ?? 0)));
  const [first, ...others] = synapses;
  assert.ok(first);
  return others.reduce((best, one) => distance(one) < distance(best) ? one : best, first);
}

/** Compares what the viewer tells and paints with the array. */
async function compareValues(page: Page, url: string, work: string): Promise<void> {
  const arrays = await ask<{ path: string; role: string; volumes: string[] }[]>(url, "/api/arrays");
  const raw = arrays.find(({ role, volumes }) => role === "raw" && volumes.includes("test 0"));
  const score = arrays.find(({ path }) => path.endsWith("-max.zarr"));
  assert.ok(raw && score);
  const [rawArray, scoreArray] = [
    await openZarr(`${work}/${raw.path}`),
    await openZarr(`${work}/${score.path}`),
  ];
  for (const [z, y, x] of [[5, 20, 33], [31, 7, 60], [40, 40, 11]] as const) {
    const at = `${x + 0.5},${y + 0.5},${z + 0.5}`;
    // Zoom 8: the middle of the canvas is the middle of the voxel.
    await page.goto(
      `${url}#/view?raw=${raw.path}&over=${score.path}&at=${at}&centre=${at}&zoom=8&opacity=0&grey=0,255`,
    );
    await page.reload();
    const voxel = { start: [z, y, x], shape: [1, 1, 1] } as const;
    const [intensity, value] = [new Uint8Array(1), new Float32Array(1)];
    await readRegion(rawArray, voxel, intensity);
    await readRegion(scoreArray, voxel, value);
    const shown = (id: string) => page.getByTestId(id);
    await page.waitForFunction(
      (text) => document.querySelector("[data-testid=raw-value]")?.textContent === text,
      String(intensity[0]),
    );
    const text = numberText(value[0] ?? NaN);
    await page.waitForFunction(
      (text) => document.querySelector("[data-testid=over-value]")?.textContent === text,
      text,
    );
    assert.equal(await shown("raw-value").textContent(), String(intensity[0]));
    for (const name of ["xy", "zy", "xz"]) {
      const pixel = await page.locator(`canvas[data-plane=${name}]`).first().evaluate((element) => {
        const canvas = element as HTMLCanvasElement;
        // Off the cross-hair, which has a gap in the middle.
        const data = canvas.getContext("2d")?.getImageData(canvas.width / 2 + 2, canvas.height / 2 + 2, 1, 1)
          .data;
        return data ? [...data.slice(0, 3)] : [];
      });
      assert.deepEqual(pixel, [intensity[0], intensity[0], intensity[0]], `${name} of ${z}, ${y}, ${x}`);
    }
  }
}

/** Bytes of everything that the page loads at first. */
async function firstLoad(browser: Browser, url: string): Promise<number> {
  const page = await browser.newPage();
  let bytes = 0;
  page.on("response", (response) => {
    if (!new URL(response.url()).pathname.startsWith("/api/")) {
      bytes += Number(response.headers()["content-length"]);
    }
  });
  await page.goto(url);
  await page.getByTestId("percent").waitFor();
  await page.close();
  return bytes;
}

/** Milliseconds from asking for the viewer to the first intensities on its planes. */
async function firstPicture(page: Page, url: string): Promise<number> {
  await page.goto("about:blank");
  const begin = performance.now();
  await page.goto(`${url}#/view`);
  await page.waitForFunction(() =>
    /^\d/.test(document.querySelector("[data-testid=raw-value]")?.textContent ?? "")
  );
  return Math.round(performance.now() - begin);
}

async function play(folder: string): Promise<void> {
  const scenes: string[] = [];
  let measured = {};
  const faults: string[] = [];
  const { config, synapses } = await writeJob(folder);
  const work = `${folder}/demo-work`;
  const run = await startServing("run", config, "--serve", "--port", "0");
  const browser = await openBrowser();
  let other: Running | undefined;
  try {
    const bytes = await firstLoad(browser, run.url);
    assert.ok(bytes > 50_000 && bytes < 400_000, `${bytes} bytes at first`);
    const page = await openPage(browser, run.url, faults);
    await page.getByRole("heading", { name: "Waiting for you" }).waitFor();
    scenes.push("waiting");

    await page.getByRole("link", { name: "Answer" }).click();
    await answerAll(page, run.url, synapses);
    await page.getByText("All are answered").waitFor();
    const { components } = await ask<PolarityState>(run.url, "/api/polarity");
    for (const { id, pos, answer } of components) {
      const truth = nearest(synapses, pos).polarity;
      assert.ok(
        answer && answer.reduce((sum, n, k) => sum + n * (truth[k] ?? 0), 0) > 0,
        `synapse ${id}: ${answer}`,
      );
    }
    scenes.push("asked");

    // The run goes on by itself. A second server shows it, too, and is started anew in the middle.
    await page.goto(`${run.url}#/`);
    const watched = watchPercent(page);
    other = await startServing("serve", work, "--port", "0");
    const { port } = new URL(other.url);
    const second = await openPage(browser, other.url, faults);
    await second.getByTestId("percent").waitFor();
    await stop(other);
    await second.getByText("Connection lost; retrying").waitFor();
    other = await startServing("serve", work, "--port", port);
    await second.getByText("Connection lost; retrying").waitFor({ state: "detached" });
    const all = await watched;
    // The page may first show how far the run had come before it asked.
    const percents = all.slice(all.indexOf(Math.min(...all)));
    assert.ok(
      percents.length >= 3 && percents.every((n, i) => i === 0 || n >= (percents[i - 1] ?? 0)),
      `${all}`,
    );
    assert.equal((await watchPercent(second)).at(-1), 100);
    await page.waitForFunction(() => document.title.startsWith("done"));
    const { run: summary, rounds } = await ask<RunSnapshot>(run.url, "/api/run");
    const { stumps } = await readStumpFile(`${folder}/demo-stumps.cfg`, { anisotropy: 1 });
    assert.deepEqual([summary.state, rounds.length], ["done", stumps.length]);
    assert.equal(rounds.length % ROUNDS, 0, `${rounds.length} rounds`);
    scenes.push("watched");

    await compareValues(page, run.url, work);
    const picture = await firstPicture(page, run.url);
    measured = { firstLoadBytes: bytes, firstPictureMs: picture };
    scenes.push("looked");

    // The configuration that the answers were written to gives the same model.
    const again = await deno(
      "run",
      "--no-prompt",
      "--no-check",
      "--allow-read",
      "--allow-write",
      CLI,
      "run",
      `${work}/config-with-polarity.cfg`,
      "--set",
      `outFileName=${folder}/again`,
      "--set",
      "test=()",
      "--quiet",
      "--workers",
      "0",
    ).output();
    assert.equal(again.code, 0);
    assert.equal(
      await Deno.readTextFile(`${folder}/again-stumps.cfg`),
      await Deno.readTextFile(`${folder}/demo-stumps.cfg`),
    );
    scenes.push("trained");
    assert.deepEqual(faults, []);
  } finally {
    await browser.close();
    await stop(run);
    if (other) await stop(other);
  }
  await tell({ scenes, ...measured });
}

if (import.meta.main) await play(Deno.args[0] ?? "");
