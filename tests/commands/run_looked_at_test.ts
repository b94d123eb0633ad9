/** What a run refuses before it works: nothing is written, and no hours are lost. */
import assert from "node:assert/strict";
import { encodeTiff } from "../../fixtures/tiff.ts";
import { voxelCount, type Zyx } from "../../src/volume/region.ts";
import {
  ccboostHere as ccboost,
  namesIn,
  writeJob,
  writeScores,
  writeTiffFile,
} from "../helpers/cli_process.ts";
import { CLI } from "../helpers/project.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

const SHAPE: Zyx = [40, 64, 64];

/** What is wrong, how it is made so in the folder of the job, the keys that are set, and what is said. */
const REFUSED: readonly (readonly [
  what: string,
  make: (folder: string) => unknown,
  set: readonly string[],
  message: RegExp,
])[] = [
  [
    "a test volume of 16 bits",
    (folder) => writeWide(`${folder}/wide.nrrd`),
    ["test[0].rawVolume=wide.nrrd"],
    /wide\.nrrd: uint16 with 1 components per voxel; expected uint8.*--rescale/,
  ],
  ["a test volume of floats", (folder) => writeScores(`${folder}/f.nrrd`, [1, 2], [1, 1, 2]), [
    "test[0].rawVolume=f.nrrd",
  ], /f\.nrrd: float32 with 1 components/],
  ["a test volume that is none", (folder) => Deno.writeTextFileSync(`${folder}/no.tif`, "text"), [
    "test[0].rawVolume=no.tif",
  ], /no\.tif: .*begins with/],
  ["a test volume whose folder has gone", (folder) => Deno.mkdirSync(`${folder}/slices`), [
    "test[0].rawVolume=slices",
  ], /slices: this folder is no volume and has no slices/],
  ["a channel of another size", (folder) => writeScores(`${folder}/c.nrrd`, [1, 2], [1, 1, 2]), [
    'test[0].otherFeatures=["c.nrrd"]',
  ], /c\.nrrd has 2 x 1 x 1 voxels \(x, y, z\) but rawVolume, .*raw\.tif, has 64 x 64 x 40 /],
  [
    "a ground truth of another size",
    (folder) => writeTiffFile(`${folder}/l.tif`, Uint8Array.of(0, 255), [1, 1, 2]),
    ["train.groundTruth=l.tif"],
    /l\.tif has 2 x 1 x 1 voxels .* but rawVolume, .*raw\.tif, has 64 x 64 x 40 /,
  ],
  ["a training volume of 16 bits", (folder) => writeWide(`${folder}/wide.nrrd`), [
    "train.rawVolume=wide.nrrd",
  ], /wide\.nrrd: uint16/],
  [
    "no folder for the outputs",
    () => {},
    ["outFileName=none/out"],
    /outFileName: no folder .*none; create it/,
  ],
  [
    "a file for the outputs' folder",
    () => {},
    ["outFileName=raw.tif/out"],
    /outFileName: .*raw\.tif is not a folder|Not a directory/,
  ],
  ["no folder for the weights", () => {}, [
    "saveTrainingWeights=true",
    "saveTrainingWeightsNegFileName=none/w.nrrd",
  ], /saveTrainingWeightsNegFileName: no folder/],
  [
    "too few slices for the border",
    () => {},
    ["borderMinDist=20"],
    /raw\.tif has 40 voxels along z, too few for borderMinDist = 20: .*which needs 41; set borderMinDist to 19 or less/,
  ],
  [
    "too few slices for the border of flat voxels",
    () => {},
    ["borderMinDist=60", "train.zAnisotropyFactor=2.0"],
    /along z, too few for borderMinDist = 60: .*divided by zAnisotropyFactor = 2 along z, which needs 61; set borderMinDist to 39 or less/,
  ],
  [
    "too few columns for the border",
    () => {},
    ["borderMinDist=32", "train.zAnisotropyFactor=4.0"],
    /64 voxels along y, too few for borderMinDist = 32: .*needs 65; set borderMinDist to 31 or less$/m,
  ],
];

function writeWide(path: string): void {
  const head = `NRRD0004\ntype: ushort\ndimension: 3\nsizes: 64 64 40\nendian: little\nencoding: raw\n\n`;
  const voxels = new Uint8Array(2 * voxelCount(SHAPE));
  Deno.writeFileSync(path, Uint8Array.from([...new TextEncoder().encode(head), ...voxels]));
}

for (const [what, make, set, message] of REFUSED) {
  Deno.test(`ccboost run and --dry-run refuse ${what} before they work`, () =>
    inTempFolder(async (folder) => {
      const config = await writeJob(folder);
      await make(folder);
      const before = namesIn(folder);
      const flags = set.flatMap((text) => ["--set", text]);
      const { code, err } = await ccboost("run", config, ...flags);
      assert.equal(code, 2, err);
      assert.match(err, message);
      const said = err.trim().split("\n").filter((line) => !line.startsWith("memory: "));
      assert.equal(said.length, 1, err);
      assert.deepEqual(namesIn(folder), before);
      if (/outFileName|Weights/.test(set.join())) return; // a plan writes nothing
      const planned = await ccboost("run", config, "--dry-run", ...flags);
      assert.equal(planned.code, 2);
      assert.match(planned.err, message);
    }));
}

Deno.test("ccboost run refuses a folder that it may not write to before it works", () =>
  inTempFolder(async (folder) => {
    const config = await writeJob(folder);
    Deno.mkdirSync(`${folder}/results`);
    Deno.mkdirSync(`${folder}/work`);
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", "--allow-read", `--allow-write=${folder}/work`, CLI, "run", config]
        .concat(["--set", "outFileName=results/out", "--work", `${folder}/work/w`]),
    }).output();
    const err = new TextDecoder().decode(stderr);
    assert.equal(code, 2, err);
    assert.match(err, /results\/out: cannot write: .*--allow-write/);
    assert.deepEqual(namesIn(`${folder}/work`), []);
  }));

Deno.test("ccboost run takes a stack that is just thick enough for the border", () =>
  inTempFolder(async (folder) => {
    const config = await writeJob(folder);
    await Deno.writeFile(`${folder}/one.tif`, encodeTiff(new Uint8Array(voxelCount(SHAPE)), SHAPE));
    const { code, err } = await ccboost("run", config, "--dry-run", "--set", "borderMinDist=19", "--quiet");
    assert.equal(code, 0, err);
  }));
