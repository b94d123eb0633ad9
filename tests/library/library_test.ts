import assert from "node:assert/strict";
import { join } from "node:path";
import { createSettings, loadSettings, run, score, type SettingValues, train } from "../../mod.ts";
import { POLARITIES, TINY, tinyVolume } from "../helpers/run_tiny.ts";
import { encodeTiff } from "../../fixtures/tiff.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

const KEYS: SettingValues = {
  outFileName: "out",
  numStumps: 20,
  borderMinDist: 2,
  NegSampleProportion: 5,
  train: { rawVolume: "raw.tif", groundTruth: "labels.tif", ccPolarity: [] },
  test: [{ rawVolume: "raw.tif" }],
};

async function writeTiny(folder: string): Promise<void> {
  const { raw, labels } = tinyVolume(1);
  await Deno.writeFile(join(folder, "raw.tif"), encodeTiff(raw, TINY));
  await Deno.writeFile(join(folder, "labels.tif"), encodeTiff(labels, TINY));
}

Deno.test("createSettings() gives what a file of the same keys gives", async () => {
  await inTempFolder(async (folder) => {
    await writeTiny(folder);
    const [entry] = POLARITIES;
    const [pos, polarity] = (entry ?? "").match(/\[[^\]]*\]/g)?.map((text) => JSON.parse(text)) ?? [];
    const created = createSettings({
      ...KEYS,
      NegSampleProportion: 2.5,
      svox: { seed: 3, cubeness: undefined },
      train: { rawVolume: "raw.tif", groundTruth: "labels.tif", ccPolarity: [{ pos, polarity }] },
    }, { folder });
    const file = join(folder, "config.cfg");
    await Deno.writeTextFile(
      file,
      `outFileName = "out"; numStumps = 20; borderMinDist = 2; NegSampleProportion = 2.5; svox: { seed = 3; };
      train: { rawVolume = "raw.tif"; groundTruth = "labels.tif"; ccPolarity = (${entry}); };
      test = ( { rawVolume = "raw.tif"; } );`,
    );
    assert.deepEqual(created, await loadSettings(file));
  });
});

Deno.test("createSettings() tells everything that is wrong at once", () => {
  assert.throws(
    () => createSettings({ outFileName: "out", numStumps: -1, numStump: 3, test: [{}] }),
    (cause: Error) =>
      /numStumps is -1/.test(cause.message) && /numStump is not a known key/.test(cause.message) &&
      /test\[0\]\.rawVolume is missing/.test(cause.message),
  );
});

Deno.test("train() and score() give the files of run()", async () => {
  await inTempFolder(async (folder) => {
    await writeTiny(folder);
    await Deno.mkdir(join(folder, "whole"));
    const options = { polarity: "none", memory: 2 ** 30, workers: 1 } as const;
    const settings = createSettings(KEYS, { folder });
    const learnt = await train(settings, options);
    assert.equal(learnt.model, join(folder, "out-stumps.cfg"));
    assert.deepEqual(learnt.files.map(({ path }) => path), [learnt.model]);
    const scored = await score(settings, learnt.model, options);
    const whole = await run({ ...settings, outFileName: join(folder, "whole", "out") }, options);
    const names = (files: readonly { readonly path: string }[], from: string) =>
      files.map(({ path }) => path.slice(from.length));
    assert.deepEqual(
      names([...learnt.files, ...scored.files], folder),
      names(whole.files, join(folder, "whole")),
    );
    for (const { path } of [...learnt.files, ...scored.files]) {
      const other = join(folder, "whole", path.slice(folder.length));
      assert.deepEqual(await Deno.readFile(path), await Deno.readFile(other), path);
    }
  });
});

Deno.test("score() asks for a model where it is given none", async () => {
  await inTempFolder(async (folder) => {
    await writeTiny(folder);
    await assert.rejects(score(createSettings(KEYS, { folder })), /no model is given/);
  });
});
