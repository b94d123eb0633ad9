import assert from "node:assert/strict";
import { join } from "node:path";
import { loadSettings } from "../../src/config/settings.ts";
import { describeSettings } from "../../src/config/settings_doc.ts";
import { referencePath, ROOT } from "../helpers/project.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

const isKnownChannel = (stem: string) => /^(gradient-magnitude-s[\d.]+|stensor-s[\d.]+-r[\d.]+)$/.test(stem);

function referenceConfigs(): string | undefined {
  const folder = referencePath("configs");
  try {
    Deno.statSync(folder);
    return folder;
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    return undefined;
  }
}

Deno.test("loadSettings() reads files, folders and includes from disk", () =>
  inTempFolder(async (folder) => {
    await Deno.mkdir(join(folder, "raw.zarr"));
    await Deno.writeTextFile(join(folder, "labels.tif"), "");
    await Deno.writeTextFile(join(folder, "common.cfg"), "numStumps = 7;");
    const text = '@include "common.cfg"\noutFileName = "o";\n' +
      'train = { rawVolume = "raw.zarr"; groundTruth = "labels.tif"; };\n';
    const path = join(folder, "job.cfg");
    await Deno.writeTextFile(path, text);
    const settings = await loadSettings(path, { isKnownChannel });
    assert.equal(settings.numStumps, 7);
    assert.equal(settings.train[0]?.rawVolume, join(folder, "raw.zarr"));
    assert.deepEqual(settings.test, []);
    await assert.rejects(
      loadSettings(path, { isKnownChannel, overrides: ["train.rawVolume=none.tif/x"] }),
      /^UserError: --set train\.rawVolume: .*none\.tif\/x, which does not exist/,
    );
  }));

Deno.test("loadSettings() says what is wrong with a configuration file that is missing or a folder", () =>
  inTempFolder(async (folder) => {
    const missing = join(folder, "none.cfg");
    await assert.rejects(loadSettings(missing, { isKnownChannel }), {
      name: "UserError",
      message: `${missing}: no such file; check the path`,
    });
    await assert.rejects(loadSettings(folder, { isKnownChannel }), {
      name: "UserError",
      message: `${folder}: this is a folder; give the path of a configuration file in it`,
    });
  }));

Deno.test(
  "loadSettings() says so when a file may not be read",
  { permissions: { read: false } },
  async () => {
    await assert.rejects(
      loadSettings("/nowhere/a.cfg", { isKnownChannel }),
      /a\.cfg: no permission to read this file/,
    );
  },
);

const configs = referenceConfigs();
const skipped = configs === undefined ? " (skipped: no reference data; CCBOOST_REFERENCE may name it)" : "";

Deno.test(
  `loadSettings() reads the reference configurations${skipped}`,
  { ignore: configs === undefined },
  async () => {
    const load = (name: string) => loadSettings(join(configs ?? "", name), { isKnownChannel });
    const [every, fibsem, vnc] = await Promise.all([
      load("every-key.cfg"),
      load("fibsem.cfg"),
      load("vnc.cfg"),
    ]);
    assert.equal(every.outFileName, join(configs ?? "", "every-key"));
    assert.equal(every.numWLToExplorePerIter, 256);
    assert.deepEqual(every.train[0]?.otherFeatures, fibsem.train[0]?.otherFeatures);
    assert.deepEqual(every.train[0]?.orientEstimate, { kind: "computed", sigma: 3.5 });
    assert.deepEqual(fibsem.train[0]?.ccPolarity, [
      { pos: [78, 40, 18], polarity: [0, -1, 0] },
      { pos: [60, 53, 30], polarity: [0, -1, 0] },
    ]);
    assert.equal(vnc.train[0]?.zAnisotropyFactor, 10);
    assert.equal(vnc.NegSampleProportion, 10);
  },
);

Deno.test("docs/settings.md says what the settings table says", () => {
  const hint = "run `deno run --allow-write=docs src/config/settings_doc.ts` and commit docs/settings.md";
  assert.equal(Deno.readTextFileSync(`${ROOT}docs/settings.md`), describeSettings(), hint);
});
