import assert from "node:assert/strict";
import { voxelCount, type Zyx } from "../../src/volume/region.ts";
import {
  ccboost as startCcboost,
  ccboostHere as ccboost,
  resultOf,
  writeTiffFile,
} from "../helpers/cli_process.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

const SHAPE: Zyx = [10, 20, 30];

/** Boxes of label 255: first voxel and size, x, y, z. The last is too small to count. */
const BOXES = [
  { from: [2, 3, 1], size: [4, 3, 2] },
  { from: [15, 10, 4], size: [3, 3, 3] },
  { from: [25, 2, 7], size: [2, 2, 1] },
] as const;

function labels(): Uint8Array {
  const voxels = new Uint8Array(voxelCount(SHAPE));
  for (const { from: [x0, y0, z0], size: [nx, ny, nz] } of BOXES) {
    for (let z = z0; z < z0 + nz; z++) {
      for (let y = y0; y < y0 + ny; y++) {
        voxels.fill(255, (z * 20 + y) * 30 + x0, (z * 20 + y) * 30 + x0 + nx);
      }
    }
  }
  return voxels;
}

async function writeConfig(folder: string, ccPolarity: string): Promise<string> {
  await writeTiffFile(`${folder}/raw.tif`, new Uint8Array(voxelCount(SHAPE)), SHAPE);
  await writeTiffFile(`${folder}/labels.tif`, labels(), SHAPE);
  const config = `${folder}/c.cfg`;
  await Deno.writeTextFile(
    config,
    `outFileName = "out"; minPosRegionSize = 10;
train: { rawVolume = "raw.tif"; groundTruth = "labels.tif"; ${ccPolarity} };`,
  );
  return config;
}

Deno.test("ccboost components lists size, position, box and polarity, and what to fill in", async () => {
  await inTempFolder(async (folder) => {
    const config = await writeConfig(folder, "ccPolarity = ({ pos = [16,11,5]; polarity = [0,-1,0]; });");
    const finished = await startCcboost("components", config, "--json");
    assert.equal(finished.code, 0, finished.out);
    assert.equal(finished.err, "");
    const data = resultOf(finished);
    assert.deepEqual(data["components"], [
      {
        id: 1,
        voxels: 24,
        position: [3, 4, 1],
        box: { from: [2, 3, 1], to: [5, 5, 2] },
        polarity: null,
        isUsed: true,
      },
      {
        id: 2,
        voxels: 27,
        position: [16, 11, 5],
        box: { from: [15, 10, 4], to: [17, 12, 6] },
        polarity: [0, -1, 0],
        isUsed: true,
      },
    ]);
    assert.deepEqual([data["dropped"], data["lacking"]], [1, 1]);
    const text = await ccboost("components", config, "--quiet");
    assert.match(
      text.out,
      /^2 labelled synapses of at least 10 voxels; ignored .*: 1$/m,
    );
    assert.match(text.out, /^ 1 +24 +3,4,1 +2-5 3-5 1-2 +missing$/m);
    assert.match(text.out, /^ 2 +27 +16,11,5 +15-17 10-12 4-6 +\[0,-1,0\]$/m);
  });
});

Deno.test("ccboost components ends with a ccPolarity that is complete when it is filled in", async () => {
  await inTempFolder(async (folder) => {
    const config = await writeConfig(folder, "");
    const snippet = String(resultOf(await ccboost("components", config, "--json"))["ccPolarity"]);
    assert.match(snippet, /# synapse 1, 24 voxels/);
    // As it is, a configuration with blanks is refused instead of run with something else.
    await writeConfig(folder, snippet);
    assert.equal((await ccboost("components", config)).code, 2);
    await writeConfig(folder, snippet.replaceAll("[ , , ]", "[1,0,0]"));
    const filled = resultOf(await ccboost("components", config, "--json"));
    assert.deepEqual([filled["lacking"], filled["ccPolarity"]], [0, ""]);
  });
});

Deno.test("ccboost components asks for no more than useSynapses and --polarity none use", async () => {
  await inTempFolder(async (folder) => {
    const config = await writeConfig(folder, "");
    const one = await ccboost("components", config, "--set", "useSynapses=[2]", "--json");
    assert.deepEqual(resultOf(one)["lacking"], 1);
    assert.doesNotMatch(String(resultOf(one)["ccPolarity"]), /synapse 1,/);
    const none = await ccboost("components", config, "--polarity", "none");
    assert.equal(none.code, 0);
    assert.doesNotMatch(none.out, /polarity|ccPolarity/);
  });
});

Deno.test("ccboost components warns of an entry without a component and still lists the others", async () => {
  await inTempFolder(async (folder) => {
    const entries = "{ pos = [29,19,9]; polarity = [1,0,0]; }, { pos = [3,4,1]; polarity = [1,0,0]; }";
    const config = await writeConfig(folder, `ccPolarity = (${entries});`);
    const { code, out, err } = await ccboost("components", config);
    assert.equal(code, 0);
    assert.match(err, /^warning: train\.ccPolarity\[0\] \(pos = \[29,19,9\]\): no labelled synapse/m);
    assert.match(out, /^ 1 .*\[1,0,0\]$/m);
    assert.match(out, /^ 2 .*missing$/m);
  });
});

Deno.test("ccboost components lists the synapses of each training volume", async () => {
  await inTempFolder(async (folder) => {
    const config = await writeConfig(folder, "ccPolarity = ({ pos = [16,11,5]; polarity = [0,-1,0]; });");
    const other = labels().map((label, i) => i < 10 * 30 * 20 / 4 ? 0 : label);
    await writeTiffFile(`${folder}/other.tif`, other, SHAPE);
    const entry = "train[1].ccPolarity=({ pos = [29,19,9]; polarity = [1,0,0]; })";
    const set = ["train[1].rawVolume=raw.tif", "train[1].groundTruth=other.tif", entry].flatMap((
      key,
    ) => ["--set", key]);
    const { code, out, err } = await ccboost("components", config, ...set);
    assert.equal(code, 0, out + err);
    assert.match(err, /^warning: train\[1\]\.ccPolarity\[0\] \(pos = \[29,19,9\]\): no labelled synapse/m);
    assert.match(out, /^train\[0\]: .*raw\.tif, .*labels\.tif$[^]*^train\[1\]: .*raw\.tif, .*other\.tif$/m);
    assert.match(out, /put this into the train\[0\] group[^]*put this into the train\[1\] group/);
    assert.equal(out.match(/Or answer by clicking/g)?.length, 1);
    const { volumes } = resultOf(await ccboost("components", config, ...set, "--json")) as {
      volumes: {
        groundTruth: string;
        components: { voxels: number; polarity: unknown }[];
        lacking: number;
      }[];
    };
    assert.deepEqual(
      volumes.map((
        { components, lacking },
      ) => [components.map(({ voxels, polarity }) => [voxels, polarity]), lacking]),
      [[[[24, null], [27, [0, -1, 0]]], 1], [[[27, null]], 1]],
    );
    assert.match(volumes[1]?.groundTruth ?? "", /other\.tif$/);
    for (const name of ["ground-truth", "ground-truth-1"]) {
      assert.ok(Deno.statSync(`${folder}/out-work/${name}/components.zarr`).isDirectory);
    }
  });
});

Deno.test("ccboost components checks that the labels of all training volumes can be learned from, as a run does", async () => {
  await inTempFolder(async (folder) => {
    const config = await writeConfig(folder, "");
    const set = ["train[1].rawVolume=raw.tif", "train[1].groundTruth=other.tif"].flatMap((
      key,
    ) => ["--set", key]);
    const write = (name: string, label: number) =>
      writeTiffFile(`${folder}/${name}`, new Uint8Array(voxelCount(SHAPE)).fill(label), SHAPE);
    await write("other.tif", 0);
    assert.equal((await ccboost("components", config, ...set)).code, 0, "one with background alone");
    await write("other.tif", 128);
    const unlabelled = await ccboost("components", config, ...set);
    assert.equal(unlabelled.code, 2);
    assert.match(
      unlabelled.err,
      /^error: \S*other\.tif has no voxel of 255 .* its labels are 128 \(6000 voxels\)/m,
    );
    await write("other.tif", 0);
    await write("labels.tif", 0);
    const negative = await ccboost("components", config, ...set);
    assert.equal(negative.code, 2);
    assert.match(
      negative.err,
      /labels\.tif and \S*other\.tif have no voxel of 255 \(positive\): 12000 voxels are 0/,
    );
  });
});

Deno.test("ccboost components needs a train group", async () => {
  await inTempFolder(async (folder) => {
    await writeTiffFile(`${folder}/raw.tif`, new Uint8Array(8), [2, 2, 2]);
    await Deno.writeTextFile(`${folder}/s.cfg`, "stumps = ();");
    await Deno.writeTextFile(
      `${folder}/c.cfg`,
      `outFileName = "out"; savedStumpsPath = "s.cfg"; usedSavedStumpsPathOnlyForTesting = true;
test = ({ rawVolume = "raw.tif"; });`,
    );
    const { code, err } = await ccboost("components", `${folder}/c.cfg`);
    assert.equal(code, 2);
    assert.match(err, /c\.cfg: .*no train group/);
  });
});
