/** Labels of another program: what they mean, what is taken of them, and that this is one change. */
import assert from "node:assert/strict";
import { createImporter, type Importer } from "../../src/label/importer.ts";
import { openProject } from "../../src/label/project.ts";
import type { ImportLook, Meaning } from "../../src/label/import_state.ts";
import { voxelCount, wholeRegion } from "../../src/volume/region.ts";
import { openZarr, readRegion } from "../../src/volume/zarr/mod.ts";
import { writeScores, writeTiffFile } from "../helpers/cli_process.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";
import { labelsOnDisk, makeProject, SHAPE, strokeOf, withProject } from "./project.ts";

const VOXELS = voxelCount(SHAPE);
const [, HEIGHT, WIDTH] = SHAPE;
const GOING = new AbortController().signal;

/** Background with two pieces, of 12 and 3 voxels. */
function pieces(background: number, first: number, second: number): number[] {
  const values = new Array<number>(VOXELS).fill(background);
  const at = (z: number, y: number, x: number) => (z * HEIGHT + y) * WIDTH + x;
  values.fill(first, at(3, 4, 120), at(3, 4, 132)); // lies in two chunks
  values.fill(second, at(17, 8, 9), at(17, 8, 12));
  return values;
}

function inProject(test: (importer: Importer, folder: string) => Promise<void>): Promise<void> {
  return inTempFolder(async (given) => {
    const folder = `${await Deno.realPath(given)}/stack-ccboost`;
    await Deno.mkdir(folder);
    await makeProject(folder);
    await withProject(folder, (project) => test(createImporter(project), folder));
  });
}

const meaningsOf = ({ values }: ImportLook): string[] => values.map(({ text, means }) => `${text} ${means}`);

/** Labels are looked for where the stack is, which is in the project's folder here. */
for (
  const [name, values, means] of [
    ["painted", pieces(0, 255, 255), ["0 not", "255 synapse"]],
    ["numbered", pieces(0, 4, 9), ["0 not", "4 synapse", "9 synapse"]],
    ["two values", pieces(0, 1, 1), ["0 not", "1 synapse"]],
    ["three values", pieces(1, 2, 0), ["0 unsure", "1 not", "2 synapse"]],
    ["a background of -1", pieces(-1, 7, 8), ["-1 not", "7 synapse", "8 synapse"]],
    ["two backgrounds", pieces(0, -1, 5), ["-1 unsure", "0 unsure", "5 unsure"]],
  ] as const
) {
  Deno.test(`look() tells what labels mean most likely: ${name}`, () =>
    inProject(async (importer, folder) => {
      await writeScores(`${folder}/labels.nrrd`, values, SHAPE);
      const look = await importer.look("labels.nrrd", undefined, GOING);
      assert.deepEqual(meaningsOf(look), means);
      const synapses = means.filter((text) => text.endsWith("synapse")).length;
      assert.equal(look.synapses, name === "painted" || name === "two values" ? 2 : synapses);
      const sum = (kind: Meaning) =>
        look.values.reduce((all, { voxels, means: its }) => its === kind ? all + voxels : all, 0);
      assert.deepEqual(look.voxels, { synapse: sum("synapse"), not: sum("not"), unsure: sum("unsure") });
    }));
}

Deno.test("look() takes other meanings, and its array has what they are", () =>
  inProject(async (importer, folder) => {
    await writeScores(`${folder}/labels.nrrd`, pieces(0, 4, 9), SHAPE);
    const first = await importer.look("labels.nrrd", undefined, GOING);
    const look = await importer.look("labels.nrrd", ["unsure", "synapse", "not"], GOING);
    assert.ok(look.version > first.version);
    assert.deepEqual(look.voxels, { synapse: 12, not: 3, unsure: VOXELS - 15 });
    const kinds = new Uint8Array(VOXELS);
    await readRegion(await openZarr(`${folder}/${look.kinds}`), wholeRegion(SHAPE), kinds);
    assert.deepEqual(kinds, Uint8Array.from(pieces(128, 255, 0)));
    await assert.rejects(
      importer.look("labels.nrrd", ["not"], GOING),
      /expected 3, one for each value, not 1/,
    );
    await assert.rejects(importer.take(first.version), /were not looked at last/);
  }));

Deno.test("look() tells many numbers together, each with its own likely meaning until that is changed", () =>
  inProject(async (importer, folder) => {
    const values = pieces(0, 1, 2).map((value, i) => i % WIDTH < 40 && i % 7 === 0 ? 3 + i % 50 : value);
    await writeScores(`${folder}/many.nrrd`, values, SHAPE);
    const look = await importer.look("many.nrrd", undefined, GOING);
    assert.equal(look.values.length, 13);
    const others = look.values.at(-1);
    assert.match(others?.text ?? "", /^\d+ others$/);
    assert.equal(others?.means, "synapse");
    const changed = await importer.look(
      "many.nrrd",
      look.values.map(({ means }, i) => i === 12 ? "unsure" : means),
      GOING,
    );
    assert.equal(changed.voxels.unsure, others?.voxels);
  }));

Deno.test("take() adds labels where nothing is painted, as one change that is kept", () =>
  inTempFolder(async (folder) => {
    await makeProject(folder);
    await writeScores(`${folder}/labels.nrrd`, pieces(0, 4, 9), SHAPE);
    const painted = strokeOf(2, [3, 4, 118, 6]);
    const expected = Uint32Array.from(pieces(1, 3, 4));
    expected.fill(2, (3 * HEIGHT + 4) * WIDTH + 118, (3 * HEIGHT + 4) * WIDTH + 124);
    const project = await openProject(folder);
    await project.store.addObject("mine");
    await project.store.stroke(painted);
    const before = await labelsOnDisk(folder);
    const importer = createImporter(project);
    const { version } = await importer.look("labels.nrrd", undefined, GOING);
    const change = await importer.take(version);
    assert.equal(change.seq, 3);
    assert.deepEqual(await labelsOnDisk(folder), expected);
    const told = () => project.state().objects.map(({ name, voxels }) => [name, voxels]);
    const all = [["mine", 6], ["synapse 2", 8], ["synapse 3", 3]];
    assert.deepEqual(told(), all);
    await project.store.changeObject(4, { name: "renamed", polarity: [1, 0, 0] });
    const undone = await project.store.undo();
    assert.deepEqual(undone.chunks, change.chunks);
    assert.deepEqual(await labelsOnDisk(folder), before);
    assert.deepEqual(told(), all.slice(0, 1));
    await project.store.redo();
    assert.deepEqual(await labelsOnDisk(folder), expected);
    assert.deepEqual(told().at(-1), ["renamed", 3]);
    const { version: again } = await importer.look("labels.nrrd", undefined, GOING);
    await assert.rejects(importer.take(again), /add nothing: all that they label is painted already/);
    await project.close();
    // as a kill right after the change was logged would leave it
    await Deno.remove(`${folder}/labels.zarr/c`, { recursive: true });
    await withProject(folder, async (reopened) => {
      assert.deepEqual(reopened.state().objects.map(({ name }) => name), ["mine", "synapse 2", "renamed"]);
      assert.deepEqual((await labelsOnDisk(folder)).filter((value) => value >= 3).length, 11);
      await reopened.store.undo();
      assert.equal((await labelsOnDisk(folder)).filter((value) => value !== 0).length, 0);
    });
  }));

Deno.test("look() says what does not fit, and stays in the folder of the stack", () =>
  inProject(async (importer, folder) => {
    await writeTiffFile(`${folder}/small.tif`, new Uint8Array(600), [1, 20, 30]);
    await writeScores(`${folder}/scores.nrrd`, pieces(0, 0.5, 1), SHAPE);
    await Deno.writeTextFile(`${folder}/text.tif`, "none");
    assert.deepEqual(importer.state().names, ["labels.zarr", "scores.nrrd", "small.tif", "text.tif"]);
    for (
      const [path, expected] of [
        ["small.tif", /small\.tif has 30 x 20 x 1 voxels .* both must have the same size/],
        ["scores.nrrd", /has the value 0\.5; labels must be whole numbers/],
        ["text.tif", /text\.tif/],
        ["none.tif", /none\.tif: no such file/],
        ["../other.tif", /lies outside of the stack's folder; give a path inside of /],
        ["a/../../other.tif", /lies outside/],
        ["/etc/passwd", /lies outside/],
        [".", /lies outside/],
        ["", /is no path of labels/],
        ["a\u0000b", /is no path of labels/],
        ["http://127.0.0.1/labels.zarr", /is no path of labels/],
        ["x".repeat(2000), /is no path of labels/],
      ] as const
    ) {
      await assert.rejects(importer.look(path, undefined, GOING), expected, path);
    }
    assert.equal(importer.state().done, null);
  }));
