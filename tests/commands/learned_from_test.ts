/** Figures on what a model learned from prove nothing, and `evaluate` says so. */
import assert from "node:assert/strict";
import { describeSynapses } from "../../src/commands/evaluate_text.ts";
import { seenInTraining } from "../../src/commands/learned_from.ts";
import { formatSettings, loadSettings } from "../../src/config/settings.ts";
import type { SynapseEvaluation } from "../../src/stages/synapses/evaluate_synapses.ts";
import { ccboost, resultOf, writeScores, writeTiffFile } from "../helpers/cli_process.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

const SHAPE = [2, 3, 4] as const;

/** Writes what a run of `<name>.cfg` notes when it begins. */
async function writeJournal(folder: string, name: string, overrides: readonly string[] = []): Promise<void> {
  const settings = await loadSettings(`${folder}/${name}.cfg`, { isKnownChannel: () => true, overrides });
  const event = {
    event: "run-started",
    command: "",
    version: "",
    settings: formatSettings(settings),
    time: "",
  };
  await Deno.writeTextFile(`${folder}/${name}-work/journal.jsonl`, `${JSON.stringify(event)}\n`);
}

/** A folder as a run leaves it, with scores of the volume that was learned from and of another. */
async function writeRun(folder: string): Promise<void> {
  const labels = Uint8Array.from({ length: 24 }, (_, i) => i < 6 ? 255 : 0);
  const other = Uint8Array.from({ length: 24 }, (_, i) => i > 12 ? 255 : 0);
  for (const [name, voxels] of [["labels", labels], ["copy", labels], ["other", other]] as const) {
    await writeTiffFile(`${folder}/${name}.tif`, voxels, SHAPE);
  }
  for (const name of ["raw", "raw2"]) {
    await writeTiffFile(`${folder}/${name}.tif`, new Uint8Array(24).fill(name.length), SHAPE);
  }
  const write = async (name: string, text: string) => {
    await Deno.writeTextFile(`${folder}/${name}.cfg`, text);
    await Deno.mkdir(`${folder}/${name}-work`);
    await writeJournal(folder, name);
    await Deno.writeTextFile(`${folder}/.${name}-run.json`, JSON.stringify({ workFolder: `${name}-work` }));
  };
  await Deno.writeTextFile(`${folder}/out-stumps.cfg`, "");
  await write(
    "out",
    `outFileName = "out"; train: { rawVolume = "raw.tif"; groundTruth = "labels.tif"; zAnisotropyFactor = 1.0; };
     test = ({ rawVolume = "raw.tif"; }, { rawVolume = "raw2.tif"; });`,
  );
  await write(
    "all",
    `outFileName = "all"; savedStumpsPath = "out-stumps.cfg"; usedSavedStumpsPathOnlyForTesting = true;
     test = ({ rawVolume = "raw2.tif"; zAnisotropyFactor = 1.0; });`,
  );
  const scores = Array.from(labels, (label, i) => label / 100 + i / 1000);
  for (const name of ["out-0", "out-1", "all-0"]) {
    await writeScores(`${folder}/${name}-ab-max.nrrd`, scores, SHAPE);
  }
}

Deno.test("seenInTraining() knows labels that were learned from, also by a copy or by a saved model", () =>
  inTempFolder(async (folder) => {
    await writeRun(folder);
    const seen = (scores: string, labels: string) =>
      seenInTraining(`${folder}/${scores}`, `${folder}/${labels}`);
    assert.equal(await seen("out-0-ab-max.nrrd", "labels.tif"), "labels");
    assert.equal(await seen("out-1-ab-max.nrrd", "copy.tif"), "labels");
    assert.equal(await seen("out-0-ab-max.nrrd", "other.tif"), "volume");
    assert.equal(await seen("out-1-ab-max.nrrd", "other.tif"), undefined);
    assert.equal(await seen("all-0-ab-max.nrrd", "labels.tif"), "labels");
    assert.equal(await seen("all-0-ab-max.nrrd", "other.tif"), undefined);
    assert.equal(await seen("out-work/scores/0-max.zarr", "labels.tif"), "labels");
    await writeScores(`${folder}/stray.nrrd`, [], [0, 0, 0]);
    assert.equal(await seen("stray.nrrd", "labels.tif"), undefined);
  }));

Deno.test("seenInTraining() knows the labels and stacks of each of several training volumes", () =>
  inTempFolder(async (folder) => {
    await writeRun(folder);
    await writeJournal(folder, "out", ["train[1].rawVolume=raw2.tif", "train[1].groundTruth=other.tif"]);
    const seen = (scores: string, labels: string) =>
      seenInTraining(`${folder}/${scores}`, `${folder}/${labels}`);
    for (const labels of ["labels.tif", "other.tif"]) {
      assert.equal(await seen("out-0-ab-max.nrrd", labels), "labels");
      assert.equal(await seen("all-0-ab-max.nrrd", labels), "labels");
    }
    for (const scores of ["out-0-ab-max.nrrd", "out-1-ab-max.nrrd"]) {
      assert.equal(await seen(scores, "raw2.tif"), "volume");
    }
  }));

Deno.test("ccboost evaluate warns of figures on what the model learned from", () =>
  inTempFolder(async (folder) => {
    await writeRun(folder);
    const evaluate = (scores: string, labels: string, ...flags: string[]) =>
      ccboost("evaluate", `${folder}/${scores}`, `${folder}/${labels}`, ...flags);
    const warned = await evaluate("out-0-ab-max.nrrd", "labels.tif");
    assert.equal(warned.code, 0, warned.err);
    assert.match(warned.out, /^The model was trained on these labels, so these figures prove nothing/);
    const clean = await evaluate("out-1-ab-max.nrrd", "other.tif", "--json");
    assert.equal(resultOf(clean)["seenInTraining"], null);
  }));

Deno.test("figures by synapse that contradict those by voxel are explained", () => {
  const found: SynapseEvaluation = {
    threshold: 1,
    detected: 1,
    missed: 1,
    merged: 1,
    invented: 0,
    split: 0,
    ignored: 0,
    tooSmall: { predicted: 0, labelled: 0 },
    precision: 1,
    recall: 0.5,
    f1: 2 / 3,
    matches: [],
    misses: [],
    inventions: [],
  };
  assert.match(
    describeSynapses(found, {}),
    /Merged: .* touch.*higher --threshold/,
  );
  assert.doesNotMatch(describeSynapses({ ...found, merged: 0 }, {}), /Merged/);
  const split = describeSynapses({ ...found, merged: 0, invented: 2, split: 2 }, {});
  assert.match(split, /several pieces/);
  assert.match(split, /false positives/);
});
