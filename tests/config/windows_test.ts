/** Paths as Windows writes them: what libconfig makes of them is no path, and the message says what to write. */
import assert from "node:assert/strict";
import { loadSettings } from "../../src/config/settings.ts";
import { UserError } from "../../src/user_error.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

async function refusal(folder: string, text: string): Promise<string> {
  Deno.writeTextFileSync(`${folder}/c.cfg`, text);
  try {
    await loadSettings(`${folder}/c.cfg`, { isKnownChannel: () => false });
  } catch (cause) {
    if (cause instanceof UserError) return cause.message;
    throw cause;
  }
  return "";
}

const train = (raw: string, truth = "data/images.tif") =>
  `outFileName = "out"; train: { rawVolume = "${raw}"; groundTruth = "${truth}"; };`;

Deno.test("loadSettings() says what to write for a path with backslashes", () =>
  inTempFolder(async (folder) => {
    Deno.mkdirSync(`${folder}/data`);
    for (const name of ["raw.tif", "new.tif", "train.tif", "f.tif", "images.tif"]) {
      Deno.writeTextFileSync(`${folder}/data/${name}`, "");
    }
    for (const name of ["raw.tif", "new.tif", "train.tif", "f.tif"]) {
      const message = await refusal(folder, train(`data\\${name}`));
      assert.ok(
        message.includes(
          `a backslash begins a character in libconfig: write "data/${name}", or \\\\ for each \\`,
        ),
        message,
      );
    }
    assert.match(
      await refusal(folder, train("data\\images.tif")),
      /which does not exist.*; write it with \/: "data\/images\.tif"/,
    );
    assert.match(await refusal(folder, train("data\\\\raw.tif")), /; write it with \/: "data\/raw\.tif"/);
    assert.match(
      await refusal(folder, train("C:\\data\\other.tif")),
      /; write paths with \/ instead of backslashes/,
    );
    assert.match(
      await refusal(folder, train("data/raw.tif", "data\\raw.tif")),
      /groundTruth is .*write "data\/raw\.tif"/,
    );
    assert.equal(await refusal(folder, train("data/raw.tif")), "");
  }));

Deno.test("loadSettings() takes no backslash for a folder in the names of outputs", () =>
  inTempFolder(async (folder) => {
    Deno.writeTextFileSync(`${folder}/raw.tif`, "");
    const settings = train("raw.tif", "raw.tif").replace('"out"', '"results\\\\out"');
    assert.match(
      await refusal(folder, settings),
      /outFileName is .*, with backslashes; write it with \/: "results\/out"/,
    );
    const weights = `${train("raw.tif", "raw.tif")} saveTrainingWeightsPosFileName = "a\\\\b.nrrd";`;
    assert.match(await refusal(folder, weights), /saveTrainingWeightsPosFileName is .*"a\/b\.nrrd"/);
  }));
