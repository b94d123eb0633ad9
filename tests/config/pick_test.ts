import assert from "node:assert/strict";
import { describePick, dividePick, withPick } from "../../src/config/pick.ts";
import { loadSettings } from "../../src/config/settings.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

Deno.test("dividePick() and withPick() keep what a location was", () => {
  assert.deepEqual(dividePick("/d/a.tif"), { text: "/d/a.tif", pick: {} });
  assert.deepEqual(dividePick("/d/a.h5:/x#channel=1,time=0"), {
    text: "/d/a.h5:/x",
    pick: { channel: 1, time: 0 },
  });
  assert.deepEqual(dividePick("/d/a#b.tif"), { text: "/d/a#b.tif", pick: {} });
  assert.equal(withPick("a.tif#channel=1", { time: 2 }), "a.tif#channel=1,time=2");
  assert.equal(withPick("a.tif#channel=1", { channel: 0 }), "a.tif#channel=0");
  assert.equal(withPick("a.tif", {}), "a.tif");
  assert.equal(describePick({}), "");
});

Deno.test("loadSettings() puts channel and timePoint into the volume's location", () =>
  inTempFolder(async (folder) => {
    for (const name of ["raw.tif", "labels.tif"]) Deno.writeTextFileSync(`${folder}/${name}`, "");
    Deno.writeTextFileSync(
      `${folder}/c.cfg`,
      `outFileName = "o"; train: { rawVolume = "raw.tif"; groundTruth = "labels.tif"; channel = 1; };
      test = ( { rawVolume = "raw.tif"; channel = 0; timePoint = 2; }, { rawVolume = "raw.tif"; } );`,
    );
    const { train: [train], test } = await loadSettings(`${folder}/c.cfg`, { isKnownChannel: () => false });
    assert.equal(train?.rawVolume, `${folder}/raw.tif#channel=1`);
    assert.deepEqual(test.map(({ rawVolume }) => rawVolume), [
      `${folder}/raw.tif#channel=0,time=2`,
      `${folder}/raw.tif`,
    ]);
  }));
