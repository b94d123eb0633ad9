/** Plays a user who is asked about the synapses of two training volumes: `deno run ... two_volumes_browser.ts <folder>`. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import type { PolarityState, RunSnapshot } from "../../src/dashboard/api.ts";
import { loadSettings } from "../../src/config/settings.ts";
import { openBrowser, openPage, tell } from "../helpers/browser_play.ts";
import { ask, startServing, stop } from "../helpers/serving.ts";
import { writeTwoVolumes } from "../helpers/two_volumes.ts";

/** A configuration that says of no synapse where its vesicles are. */
async function writeJob(folder: string): Promise<string> {
  await writeTwoVolumes(folder);
  const config = `${folder}/job.cfg`;
  const text = await Deno.readTextFile(config);
  await Deno.writeTextFile(config, text.replace(/ccPolarity = \([^)]*\);/g, ""));
  return config;
}

/** Answers the question that is shown, which is about this synapse. */
async function answer(page: Page, volume: number, id: number): Promise<void> {
  await page.getByRole("heading", { name: `side of synapse ${id} of training volume ${volume} are` })
    .waitFor();
  await page.waitForFunction(() => !document.querySelector<HTMLButtonElement>(".side.a")?.disabled);
  await page.keyboard.press("a");
}

async function asked(page: Page, url: string): Promise<void> {
  const fetched: string[] = [];
  page.on("request", (request) => void fetched.push(request.url()));
  const { components, volumes } = await ask<PolarityState>(url, "/api/polarity");
  assert.deepEqual(volumes.map(({ group, name }) => [group, name]), [
    ["train[0]", "raw-0.tif"],
    ["train[1]", "raw-1.tif"],
  ]);
  await page.getByRole("heading", { name: `Waiting for you: ${components.length} questions` }).waitFor();
  await page.getByRole("link", { name: "Answer" }).click();
  for (const [index, { name }] of volumes.entries()) {
    const list = page.getByRole("list", { name: `Synapses of Training volume ${index}: ${name}` });
    const buttons = list.getByRole("button");
    await buttons.first().waitFor();
    assert.equal(await buttons.count(), components.filter(({ volume }) => volume === index).length);
  }
  const [first, ...others] = components;
  assert.ok(first);
  await answer(page, first.volume, first.id);
  // one is answered again, after it was taken back
  await page.keyboard.press("u");
  for (const { volume, id } of [first, ...others]) await answer(page, volume, id);
  for (const { rawPath, componentsPath } of volumes) {
    for (const path of [rawPath, componentsPath]) {
      assert.ok(path);
      if (!fetched.some((one) => one.includes(path))) {
        await page.waitForRequest((request) => request.url().includes(path));
      }
    }
  }
  await page.getByText("All are answered").waitFor();
}

async function play(folder: string): Promise<void> {
  const faults: string[] = [];
  const scenes: string[] = [];
  const config = await writeJob(folder);
  const run = await startServing("run", config, "--serve", "--port", "0");
  const browser = await openBrowser();
  try {
    const page = await openPage(browser, run.url, faults);
    await asked(page, run.url);
    scenes.push("asked");

    await page.waitForFunction(() => document.title.startsWith("done"));
    const { run: { stages } } = await ask<RunSnapshot>(run.url, "/api/run");
    const states = new Map(stages.map(({ title, state }) => [title, state]));
    for (const title of ["gather 1", "cross-fit 1", "cells 1"]) {
      assert.equal(states.get(title), "done", title);
    }
    const { configPath, components } = await ask<PolarityState>(run.url, "/api/polarity");
    assert.ok(components.every(({ answer }) => answer));
    const { train } = await loadSettings(configPath, { isKnownChannel: () => true });
    assert.deepEqual(
      train.map(({ ccPolarity }) => ccPolarity.length),
      [0, 1].map((index) => components.filter(({ volume }) => volume === index).length),
    );
    scenes.push("trained");

    await page.goto(`${run.url}#/view`);
    const options = page.getByRole("option", { name: "raw-1 (training volume 1)" });
    await options.first().waitFor({ state: "attached" });
    scenes.push("looked");
    assert.deepEqual(faults, []);
  } finally {
    await browser.close();
    await stop(run);
  }
  await tell({ scenes });
}

if (import.meta.main) await play(Deno.args[0] ?? "");
