/** What `label` makes of what it is given. */
import assert from "node:assert/strict";
import type { Call } from "../../src/commands/command.ts";
import { withPolarities } from "../../src/commands/label_config.ts";
import { projectOf } from "../../src/commands/label_project.ts";
import { loadSettings } from "../../src/config/settings.ts";
import { createReporter } from "../../src/engine/mod.ts";
import type { LabelState } from "../../src/label/state.ts";
import { voxelCount, wholeRegion, type Zyx } from "../../src/volume/region.ts";
import { createZarr, openZarr, readRegion, writeRegion } from "../../src/volume/zarr/mod.ts";
import { ccboostHere, namesIn, writeJob, writeScores, writeTiffFile } from "../helpers/cli_process.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";
import { labelsOnDisk } from "../label/project.ts";

const SHAPE: Zyx = [18, 30, 40];
const VOXELS = Uint8Array.from({ length: voxelCount(SHAPE) }, (_, i) => i % 251);

/** Opens what is given, and tells what it is. */
async function open(
  given: string | readonly string[],
  flags: Readonly<Record<string, string>> = {},
): Promise<
  LabelState & { readonly folder: string; readonly raw: string; readonly file: { readonly stack: string } }
> {
  const call: Call = {
    operands: typeof given === "string" ? [given] : given,
    flags: new Map(Object.entries(flags).map(([name, value]) => [name, [value]])) as Call["flags"],
    rest: [],
    line: "",
    signal: new AbortController().signal,
    reporter: createReporter({ mode: "quiet", write: () => {} }),
  };
  const project = await projectOf(call);
  try {
    return { ...project.state(), folder: project.folder, raw: project.raw.path, file: project.file() };
  } finally {
    await project.close();
  }
}

Deno.test("label begins a project next to a stack, and goes on with it by either name", () =>
  inTempFolder(async (given) => {
    const folder = await Deno.realPath(given);
    await writeTiffFile(`${folder}/stack.tif`, VOXELS, SHAPE);
    const begun = await open(`${folder}/stack.tif`, { "voxel-size": "4,4,40" });
    assert.equal(begun.folder, `${folder}/stack-ccboost`);
    assert.deepEqual([begun.shape, begun.voxelSize, begun.anisotropy], [SHAPE, [40, 4, 4], 10]);
    const voxels = new Uint8Array(VOXELS.length);
    await readRegion(await openZarr(begun.raw), wholeRegion(SHAPE), voxels);
    assert.deepEqual(voxels, VOXELS);
    const { err } = await ccboostHere("serve", begun.folder);
    assert.match(
      err,
      /is a labelling project, not the work folder of a run; to paint in it: .*ccboost label /,
    );
    const again = await open(`${folder}/stack.tif`);
    assert.deepEqual([again.folder, again.anisotropy], [begun.folder, 10]);
    const byFolder = await open(begun.folder, { anisotropy: "8" });
    assert.deepEqual([byFolder.folder, byFolder.anisotropy], [begun.folder, 8]);
    assert.equal((await open(begun.folder)).anisotropy, 8);
    await writeTiffFile(`${folder}/other.tif`, VOXELS, SHAPE);
    await assert.rejects(
      open(`${folder}/other.tif`, { work: begun.folder }),
      /holds the labels of .*stack\.tif, not of .*other\.tif; choose another folder with --work/,
    );
    await Deno.mkdir(`${folder}/mine`);
    await Deno.writeTextFile(`${folder}/mine/thesis.txt`, "years of work");
    await assert.rejects(
      open(`${folder}/other.tif`, { work: `${folder}/mine` }),
      /is there already and is not a labelling project; choose another folder/,
    );
    assert.deepEqual(namesIn(`${folder}/mine`), ["thesis.txt"]);
  }));

Deno.test("label uses a Zarr array where it is, and rescales what has more than 8 bits", () =>
  inTempFolder(async (given) => {
    const folder = await Deno.realPath(given);
    const array = await createZarr(`${folder}/stack.zarr`, { shape: SHAPE, dtype: "uint8", storesAll: true });
    await writeRegion(array, wholeRegion(SHAPE), VOXELS);
    const inPlace = await open(`${folder}/stack.zarr`);
    assert.equal(inPlace.raw, `${folder}/stack.zarr`);
    await writeScores(`${folder}/wide.nrrd`, [...VOXELS].map((value) => value * 100), SHAPE);
    const wide = await open(`${folder}/wide.nrrd`, { rescale: "0,25000" });
    const voxels = new Uint8Array(VOXELS.length);
    await readRegion(await openZarr(wide.raw), wholeRegion(SHAPE), voxels);
    assert.deepEqual(voxels, VOXELS.map((value) => Math.floor(value * 100 * 255 / 25000 + 0.5)));
  }));

Deno.test("label takes several stacks into one project, at first or later, each once", () =>
  inTempFolder(async (given) => {
    const folder = await Deno.realPath(given);
    const SMALL: Zyx = [10, 20, 30];
    const labels = new Uint8Array(voxelCount(SMALL)).fill(255, 0, 20).fill(128, 20, 40);
    for (const name of ["a", "b", "c"]) await writeTiffFile(`${folder}/${name}.tif`, VOXELS, SHAPE);
    await writeScores(`${folder}/wide.nrrd`, [...VOXELS].map((value) => value * 100), SHAPE);
    await writeTiffFile(`${folder}/small.tif`, VOXELS.subarray(0, voxelCount(SMALL)), SMALL);
    await writeTiffFile(`${folder}/labels.tif`, labels, SMALL);
    const path = (name: string) => `${folder}/${name}`;
    await assert.rejects(
      open([path("a.tif"), path("b.tif")], { import: path("labels.tif") }),
      /--import has the labels of one stack, but 2 are without labels/,
    );
    const begun = await open([path("a.tif"), path("b.tif")], { "voxel-size": "4,4,40" });
    assert.equal(begun.folder, path("a-ccboost"));
    const names = (state: LabelState) => state.stacks.map(({ name }) => name);
    assert.deepEqual([names(begun), begun.anisotropy], [["a", "b"], 10]);
    assert.deepEqual(names(await open([path("a.tif"), path("b.tif")])), ["a", "b"]);
    assert.deepEqual(names(await open([path("a.tif")])), ["a", "b"]);
    const more = await open([begun.folder, path("wide.nrrd")], { rescale: "0,25000" });
    assert.deepEqual(names(more), ["a", "b", "wide"]);
    const voxels = new Uint8Array(VOXELS.length);
    const wide = await openZarr(`${begun.folder}/stacks/wide/raw.zarr`);
    await readRegion(wide, wholeRegion(SHAPE), voxels);
    assert.deepEqual(voxels, VOXELS.map((value) => Math.floor(value * 100 * 255 / 25000 + 0.5)));
    await assert.rejects(
      open([begun.folder, path("c.tif")], { "voxel-size": "8,8,8", import: path("labels.tif") }),
      /--import has the labels of one stack, but 2 are without labels/,
    );
    await assert.rejects(
      open(path("c.tif"), { work: path("one"), import: path("labels.tif") }),
      /both must have the same size/,
    );
    const own = await open(path("small.tif"), { work: path("own"), import: path("labels.tif") });
    const both = await open([own.folder, path("small.tif"), path("c.tif")]);
    assert.deepEqual(both.stacks.map(({ name, synapses }) => [name, synapses]), [["small", 1], ["c", 0]]);
    await assert.rejects(open(`${begun.folder}/stacks/b`), /is a further stack of the project .*a-ccboost/);
  }));

Deno.test("label --import begins with the labels of another program, whatever their values", () =>
  inTempFolder(async (folder) => {
    await writeTiffFile(`${folder}/stack.tif`, VOXELS, SHAPE);
    const [, height, width] = SHAPE;
    const labels = new Uint8Array(VOXELS.length).fill(128);
    const set = (z: number, y: number, x: number, length: number, value: number) =>
      labels.fill(value, (z * height + y) * width + x, (z * height + y) * width + x + length);
    set(2, 3, 4, 20, 255);
    set(3, 3, 4, 20, 255);
    set(17, 20, 10, 5, 255);
    set(9, 9, 9, 9, 0);
    await writeTiffFile(`${folder}/painted.tif`, labels, SHAPE);
    const painted = await open(`${folder}/stack.tif`, {
      work: `${folder}/a`,
      import: `${folder}/painted.tif`,
    });
    assert.deepEqual(painted.objects.map(({ id, name, voxels }) => [id, name, voxels]), [
      [2, "synapse 1", 40],
      [3, "synapse 2", 5],
    ]);
    assert.equal(painted.notVoxels, 9);
    assert.deepEqual([painted.seq, painted.canUndo], [1, true]);
    const found = await labelsOnDisk(`${folder}/a`);
    assert.deepEqual(
      found.filter((value) => value === 0).length,
      labels.filter((value) => value === 128).length,
    );
    assert.deepEqual(namesIn(`${folder}/a/import`), []);
    await assert.rejects(
      open(`${folder}/stack.tif`, { work: `${folder}/a`, import: `${folder}/painted.tif` }),
      /has labels already; import further ones on its page/,
    );

    const ids = labels.map((value, i) => value === 255 ? (i > labels.length / 2 ? 9 : 4) : 0);
    await writeTiffFile(`${folder}/ids.tif`, ids, SHAPE);
    const numbered = await open(`${folder}/stack.tif`, {
      work: `${folder}/b`,
      import: `${folder}/ids.tif`,
      "labels-are": "ids",
    });
    assert.deepEqual(numbered.objects.map(({ voxels }) => voxels), [40, 5]);
    assert.equal(numbered.notVoxels, labels.length - 45);

    await writeTiffFile(`${folder}/small.tif`, labels.subarray(0, 30 * 40), [1, 30, 40]);
    await assert.rejects(
      open(`${folder}/stack.tif`, { work: `${folder}/c`, import: `${folder}/small.tif` }),
      /small\.tif has 40 x 30 x 1 voxels .* both must have the same size/,
    );
    // what was begun is no obstacle
    await open(`${folder}/stack.tif`, { work: `${folder}/c`, import: `${folder}/painted.tif` });
  }));

Deno.test("label of a configuration opens its training volume with its labels and polarities", () =>
  inTempFolder(async (given) => {
    const folder = await Deno.realPath(given);
    const config = await writeJob(folder);
    const settings = await loadSettings(config, { isKnownChannel: () => true });
    const begun = await open(config);
    assert.equal(begun.folder, `${folder}/job-ccboost`);
    assert.equal(begun.anisotropy, 1);
    assert.ok(begun.objects.length > 0);
    assert.deepEqual(
      begun.objects.map(({ polarity }) => `${polarity}`).sort(),
      settings.train[0]?.ccPolarity.map(({ polarity }) => `${polarity}`).sort(),
    );
    const again = await open(config);
    assert.deepEqual([again.folder, again.seq], [begun.folder, begun.seq]);
    await Deno.writeTextFile(
      `${folder}/test.cfg`,
      'outFileName = "o"; savedStumpsPath = "raw.tif"; test = ();',
    );
    await assert.rejects(open(`${folder}/test.cfg`), /train/);
    const text = await Deno.readTextFile(config);
    const withGroups = (change: (group: string) => string) =>
      text.replace(/train: (\{[^]*?\n\});/, (_, group: string) => `train: (${group}, ${change(group)});`);
    await Deno.copyFile(`${folder}/raw.tif`, `${folder}/other.tif`);
    await Deno.writeTextFile(
      `${folder}/several.cfg`,
      withGroups((group) => group.replace("raw.tif", "other.tif")),
    );
    const both = await open(`${folder}/several.cfg`);
    assert.equal(both.folder, `${folder}/several-ccboost`);
    const count = begun.objects.length;
    assert.deepEqual(both.stacks.map(({ name, synapses }) => [name, synapses]), [["raw", count], [
      "other",
      count,
    ]]);
    assert.deepEqual((await open(`${folder}/several.cfg`)).seq, both.seq);
    await Deno.writeTextFile(
      `${folder}/twice.cfg`,
      withGroups((group) => group.replace("labels.tif", "raw.tif")),
    );
    await assert.rejects(open(`${folder}/twice.cfg`), /trains on .*raw\.tif twice, .* each stack once/);
  }));

Deno.test("withPolarities() takes the nearest synapse, and tells of an entry without one", () =>
  inTempFolder(async (folder) => {
    const shape: Zyx = [4, 8, 8];
    const labels = await createZarr(`${folder}/labels.zarr`, { shape, dtype: "uint32" });
    const voxels = new Uint32Array(voxelCount(shape));
    for (const [x, value] of [[2, 2], [3, 1], [5, 3]] as const) voxels[(1 * 8 + 2) * 8 + x] = value;
    await writeRegion(labels, wholeRegion(shape), voxels);
    const objects = [2, 3].map((id) => ({ id, name: `${id}`, polarity: null }));
    const entries = [
      { pos: [3, 2, 1], polarity: [1, 0, 0] },
      { pos: [2, 6, 1], polarity: [0, 1, 0] },
    ] as const;
    const warnings: string[] = [];
    const found = await withPolarities(objects, labels, entries, {
      warn: (text) => void warnings.push(text),
    });
    assert.deepEqual(found.map(({ polarity }) => polarity), [[1, 0, 0], null]);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? "", /^train\.ccPolarity\[1\] \(pos = \[2,6,1\]\): no labelled synapse there/);
  }));

Deno.test("label says what is wrong before it converts anything", () =>
  inTempFolder(async (folder) => {
    await writeTiffFile(`${folder}/stack.tif`, VOXELS, SHAPE);
    for (
      const [args, expected] of [
        [["none.tif"], /none\.tif: no such file/],
        [["stack.tif", "--port", "x"], /--port is "x"/],
        [["stack.tif", "--voxel-size", "1"], /--voxel-size is "1"/],
        [["stack.tif", "--labels-are", "all", "--import", "stack.tif"], /--labels-are is "all"/],
      ] as const
    ) {
      const [name, ...flags] = args;
      const { code, err } = await ccboostHere("label", `${folder}/${name}`, ...flags);
      assert.equal(code, 2, err);
      assert.match(err, expected);
      assert.deepEqual(namesIn(folder), ["stack.tif"]);
    }
  }));
