/** What the page tells and asks of a run with several training volumes. */
import assert from "node:assert/strict";
import type { ArrayInfo, PolarityState, RunResults, RunSnapshot } from "../../src/dashboard/api.ts";
import { expectedStages } from "../../src/dashboard/server/expected_stages.ts";
import { titleOf } from "../../src/dashboard/page/view_state.ts";
import { loadSettings } from "../../src/config/settings.ts";
import { readAnswers, readLeftOut } from "../../src/stages/training/polarity_answers.ts";
import { addTrainingVolume, askerOf, withTestFolder } from "./folder.ts";

type Ask = ReturnType<typeof askerOf>;

async function json<T>(answer: Promise<Response>): Promise<T> {
  const given = await answer;
  assert.equal(given.status, 200, await given.clone().text());
  return await given.json() as T;
}

function post(ask: Ask, body: unknown): Promise<Response> {
  return ask("/api/polarity", {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json" },
  });
}

Deno.test("GET /api/polarity asks about the synapses of every training volume", () =>
  withTestFolder(async (folder) => {
    const rawPath = await addTrainingVolume(folder);
    const state = await json<PolarityState>(askerOf(folder)("/api/polarity"));
    assert.deepEqual(
      state.components.map(({ volume, id, pos, configured }) => [volume, id, pos, configured]),
      [
        [0, 1, [5, 5, 5], [1, 0, 0]],
        [0, 2, [12, 12, 12], null],
        [0, 3, [30, 25, 14], null],
        [1, 1, [3, 3, 3], [0, 1, 0]],
        [1, 2, [12, 12, 12], null],
      ],
    );
    assert.deepEqual(state.volumes, [
      {
        group: "train[0]",
        name: "train.tif",
        componentsPath: "ground-truth/components.zarr",
        rawPath: folder.rawPath,
      },
      { group: "train[1]", name: "second.tif", componentsPath: "ground-truth-1/components.zarr", rawPath },
    ]);
    assert.match(state.text, /^# train\[0\]\nccPolarity = \([^]*\n\n# train\[1\]\nccPolarity = \(/);
  }));

Deno.test("GET /api/polarity asks about the volumes whose synapses are counted already", () =>
  withTestFolder(async (folder) => {
    const one = await json<PolarityState>(askerOf(folder)("/api/polarity"));
    assert.deepEqual(one.volumes.map(({ group }) => group), ["train"]);
    await addTrainingVolume(folder, false);
    const state = await json<PolarityState>(askerOf(folder)("/api/polarity"));
    assert.equal(state.unavailable, "");
    assert.deepEqual(state.components.map(({ volume }) => volume), [0, 0, 0]);
    assert.equal(state.volumes.length, 2);
  }));

Deno.test("POST /api/polarity keeps the answers of each training volume, and a configuration with all of them", () =>
  withTestFolder(async (folder) => {
    await addTrainingVolume(folder);
    const ask = askerOf(folder);
    const before = (await json<RunSnapshot>(ask("/api/run"))).answers;
    await json(post(ask, { volume: 1, id: 2, polarity: [0, 0, 1] }));
    const given = (await json<RunSnapshot>(ask("/api/run"))).answers;
    assert.notEqual(given, before);
    await json(post(ask, { id: 2, polarity: [1, 1, 0] }));
    const state = await json<PolarityState>(post(ask, { volume: 0, id: 3, polarity: "no synapse" }));
    assert.deepEqual(
      state.components.map(({ answer, leftOut }) => answer ?? leftOut),
      [null, [1, 1, 0], "no synapse", null, [0, 0, 1]],
    );
    assert.deepEqual(await readAnswers(folder.work), [{ pos: [12, 12, 12], polarity: [1, 1, 0] }]);
    assert.deepEqual(await readAnswers(folder.work, 1), [{ pos: [12, 12, 12], polarity: [0, 0, 1] }]);
    assert.deepEqual([await readLeftOut(folder.work, 1), (await readLeftOut(folder.work)).length], [[], 1]);
    const { train, useSynapses } = await loadSettings(state.configPath, { isKnownChannel: () => true });
    assert.deepEqual(
      train.map(({ ccPolarity, useSynapses }) => [ccPolarity.map(({ polarity }) => polarity), useSynapses]),
      [[[[1, 0, 0], [1, 1, 0]], [1, 2]], [[[0, 1, 0], [0, 0, 1]], []]],
    );
    assert.deepEqual(useSynapses, []);

    const wrong: [body: unknown, message: RegExp][] = [
      [{ volume: 2, id: 1, polarity: [1, 0, 0] }, /there is no training volume 2; there are 2, from 0/],
      [{ volume: -1, id: 1, polarity: [1, 0, 0] }, /volume is the place .* expected 0, 1/],
      [{ volume: "1", id: 1, polarity: [1, 0, 0] }, /volume is the place/],
      [{ volume: 1, id: 3, polarity: [1, 0, 0] }, /no synapse 3 in training volume 1; there are 2/],
      [{ volume: 1, id: 1, polarity: [1, 0, 0] }, /set in the configuration/],
    ];
    for (const [body, message] of wrong) {
      const answer = await post(ask, body);
      assert.equal(answer.status, 400);
      assert.match(await answer.text(), message);
    }
  }));

Deno.test("POST /api/polarity writes that no synapse of a volume is used where all are left out", () =>
  withTestFolder(async (folder) => {
    await addTrainingVolume(folder, true, "");
    const ask = askerOf(folder);
    await json(post(ask, { volume: 1, id: 1, polarity: "no synapse" }));
    const { configPath } = await json<PolarityState>(
      post(ask, { volume: 1, id: 2, polarity: "cannot tell" }),
    );
    const { train } = await loadSettings(configPath, { isKnownChannel: () => true });
    assert.deepEqual(train.map(({ useSynapses }) => useSynapses), [[], [0]], "an empty list would mean all");
  }));

Deno.test("GET /api/results offers the answers of each training volume, and no other file", () =>
  withTestFolder(async (folder) => {
    await addTrainingVolume(folder);
    const ask = askerOf(folder);
    await json(post(ask, { volume: 1, id: 2, polarity: [0, 0, 1] }));
    await Deno.writeTextFile(`${folder.work}/polarity-x.json`, "secret");
    const { files } = await json<RunResults>(ask("/api/results"));
    const found = files.find(({ name }) => name === "polarity-1.json");
    assert.equal(found?.what, "the polarity answers of training volume 1");
    assert.match(await (await ask("/files/polarity-1.json")).text(), /\[0,0,1\]/);
    for (const name of ["polarity-x.json", "polarity-0.json", "polarity-2.json"]) {
      assert.equal((await ask(`/files/${name}`)).status, 404, name);
    }
  }));

Deno.test("GET /api/arrays tells to which training volume an array belongs", () =>
  withTestFolder(async (folder) => {
    const rawPath = await addTrainingVolume(folder);
    const arrays = await json<ArrayInfo[]>(askerOf(folder)("/api/arrays"));
    const of = (path: string) => {
      const array = arrays.find((one) => one.path === path) ?? assert.fail(path);
      return [titleOf(array), array.role, ...array.volumes];
    };
    assert.deepEqual(of(folder.rawPath), ["train", "raw", "test 0", "train"]);
    assert.deepEqual(of(rawPath), ["second", "raw", "train 1"]);
    assert.deepEqual(of("ground-truth/components.zarr"), ["labelled synapses", "components", "train"]);
    assert.deepEqual(of("ground-truth-1/components.zarr"), ["labelled synapses", "components", "train 1"]);
  }));

Deno.test("expectedStages() has the stages of every training volume, and boosts once", () =>
  withTestFolder(async (folder) => {
    const { root } = folder;
    await addTrainingVolume(folder);
    const settings = await loadSettings(`${root}/job.cfg`, {
      isKnownChannel: () => true,
      overrides: [
        "train[1].rawVolume=second.tif",
        "train[1].groundTruth=second-labels.tif",
        "train[1].groundTruthErodeRadius=1",
        "test=()",
      ],
    });
    const stages = expectedStages(settings);
    assert.deepEqual(
      stages.filter(({ doubt, title }) => doubt !== "unlikely" && !title.startsWith("convert")).map((
        { title },
      ) => title),
      [
        ...[
          "components",
          "erode ground truth 1",
          "components 1",
          "samples",
          "samples 1",
          "gather",
          "gather 1",
        ],
        ...["bin", "boost", "cross-fit", "cross-fit 1", "cells", "cells 1", "second stage"],
      ],
    );
    assert.equal(
      stages.find(({ title }) => title === "samples 1")?.about,
      "finds training samples (second.tif)",
    );
    const undivided = expectedStages(settings, true).map(({ title }) => title);
    assert.ok(undivided.includes("training scores 1") && !undivided.includes("cross-fit"));
  }));

Deno.test("a run with too few synapses in all training volumes together is not divided", () =>
  withTestFolder(async (folder) => {
    const titles = async () => {
      const { run } = await json<RunSnapshot>(askerOf(folder)("/api/run"));
      return run.stages.map(({ title }) => title);
    };
    assert.ok(!(await titles()).includes("cross-fit"), "three synapses are too few for four folds");
    await addTrainingVolume(folder, false);
    assert.ok((await titles()).includes("cross-fit"), "it is not known how many there are in the second");
    await addTrainingVolume(folder);
    assert.ok(!(await titles()).includes("cross-fit"), "five are too few as well");
  }));
