/** The demo as it is, with its own training: half a minute of a core, too long for every change. */
import assert from "node:assert/strict";
import { ccboostHere, resultOf } from "../helpers/cli_process.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

Deno.test("ccboost demo generates volumes, learns, and finds every planted synapse and no other", () =>
  inTempFolder(async (folder) => {
    const finished = await ccboostHere("demo", folder, "--memory", "1GiB", "--workers", "2", "--json");
    assert.equal(finished.code, 0, finished.err);
    const { evaluation, synapses } = resultOf(finished) as {
      evaluation: { averagePrecision: number };
      synapses: { planted: number; found: number; invented: number };
    };
    assert.ok(evaluation.averagePrecision > 0.5, `${evaluation.averagePrecision}`);
    assert.ok(synapses.planted >= 10, `${synapses.planted} planted`);
    const kept = JSON.parse(await Deno.readTextFile(`${folder}/demo-work/evaluation/0.json`)) as {
      figures: { f1: number; detected: number };
    };
    assert.deepEqual([kept.figures.f1, kept.figures.detected], [1, synapses.planted]);
    assert.deepEqual(synapses, { planted: synapses.planted, found: synapses.planted, invented: 0 });
  }));
