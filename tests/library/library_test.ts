import assert from "node:assert/strict";
import { join } from "node:path";
import {
  arraySource,
  createSettings,
  createZarr,
  exportVolume,
  findComponents,
  findSynapses,
  loadSettings,
  type Progress,
  run,
  score,
  type SettingValues,
  train,
  verifyWorkFolder,
  writeRegion,
} from "../../mod.ts";
import { packDirection } from "../../src/orientation/direction.ts";
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

/** The same with one channel, for runs. */
const otherFeatures = ["gauss-s1.0"];
const RUN_KEYS: SettingValues = {
  ...KEYS,
  train: { rawVolume: "raw.tif", groundTruth: "labels.tif", ccPolarity: [], otherFeatures },
  test: [{ rawVolume: "raw.tif", otherFeatures }],
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
    const options = { polarity: "none", memory: "1GiB", workers: 0 } as const;
    const settings = createSettings(RUN_KEYS, { folder });
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

Deno.test("with 0 workers nothing is computed in a worker, with the same result", async () => {
  await inTempFolder(async (folder) => {
    await writeTiny(folder);
    const settings = (name: string) => createSettings({ ...RUN_KEYS, outFileName: name }, { folder });
    const options = { polarity: "none", memory: "1GiB", block: [32, 64, 64] } as const;
    const usual = await run(settings("usual"), { ...options, workers: 2 });
    const { Worker } = globalThis;
    const here = await (async () => {
      globalThis.Worker = class {
        constructor() {
          throw new Error("a worker was started");
        }
      } as unknown as typeof Worker;
      try {
        return await run(settings("here"), { ...options, workers: 0 });
      } finally {
        globalThis.Worker = Worker;
      }
    })();
    assert.ok(here.files.length > 1);
    for (const [i, { path }] of here.files.entries()) {
      assert.deepEqual(await Deno.readFile(path), await Deno.readFile(usual.files[i]?.path ?? ""), path);
    }
  });
});

Deno.test("score() asks for a model where it is given none", async () => {
  await inTempFolder(async (folder) => {
    await writeTiny(folder);
    await assert.rejects(score(createSettings(KEYS, { folder })), /no model/);
  });
});

Deno.test("train() tells a function how far its stages are, and verifyWorkFolder() the same", async () => {
  await inTempFolder(async (folder) => {
    await writeTiny(folder);
    const told: Progress[] = [];
    const progress = (one: Progress) => void told.push(one);
    const settings = createSettings(RUN_KEYS, { folder });
    const { workFolder } = await train(settings, { polarity: "none", workers: 1, progress });
    assert.ok(told.some(({ kind }) => kind === "message"));
    const last = new Map<string, number>();
    for (const one of told) {
      if (one.kind !== "stage") continue;
      assert.ok(one.done >= (last.get(one.stage) ?? 0) && one.done <= one.total, one.stage);
      last.set(one.stage, one.done);
    }
    const ends = told.filter((one) => one.kind === "stage" && one.done === one.total);
    assert.deepEqual(new Set(ends.map((one) => one.kind === "stage" && one.stage)), new Set(last.keys()));
    assert.ok(last.size > 4);

    told.length = 0;
    const { faults, bytes } = await verifyWorkFolder(workFolder, { progress });
    assert.deepEqual(faults, []);
    assert.ok(bytes > 0);
    assert.deepEqual(told.map((one) => one.kind === "stage" && one.stage)[0], "verify");
  });
});

Deno.test("a memory that is none, or too little, is an error that says so", async () => {
  const scores = arraySource("scores", Float32Array.of(1), [1, 1, 1]);
  await assert.rejects(
    findSynapses(scores, { threshold: 1, memory: "much" }),
    /"much" is not an amount of memory/,
  );
  await assert.rejects(
    findSynapses(scores, { threshold: 1, memory: "1MiB" }),
    /findSynapses: .* at least 256MiB/,
  );
});

Deno.test("findSynapses() takes threshold, directions and anisotropy from what scoring kept, unless they are given", async () => {
  await inTempFolder(async (folder) => {
    const shape = [4, 1, 1] as const;
    const whole = { start: [0, 0, 0], shape } as const;
    const attributes = { threshold: 2, anisotropy: 5, direction: "0-direction.zarr" };
    const scores = await createZarr(join(folder, "0-max.zarr"), { shape, dtype: "float32", attributes });
    await writeRegion(scores, whole, Float32Array.of(1, 2, 3, 0));
    const found = await findSynapses(scores, { minSize: 1 });
    assert.equal(found.hasDirections, false);

    const directions = await createZarr(join(folder, "0-direction.zarr"), { shape, dtype: "uint32" });
    await writeRegion(directions, whole, new Uint32Array(4).fill(packDirection(0, 0, -1)));
    const table = await findSynapses(scores, { minSize: 1 });
    assert.deepEqual([table.threshold, table.unit], [2, "xy-voxels"]);
    assert.deepEqual(table.synapses.map(({ centroid, voxels }) => [centroid, voxels]), [[[1.5, 0, 0], 2]]);
    assert.ok(Math.abs((table.synapses[0]?.direction?.[2] ?? 0) + 1) < 1e-3);

    const flat = await findSynapses(scores, { minSize: 1, threshold: 1, anisotropy: 1 });
    assert.deepEqual(flat.synapses.map(({ voxels }) => voxels), [3]);
    const long = await findSynapses(scores, { minSize: 1, threshold: 1 });
    const lengthOf = ({ synapses: [first] }: typeof long) => first?.length ?? NaN;
    assert.ok(Math.abs(lengthOf(long) / lengthOf(flat) - 5) < 1e-6);

    const bare = await createZarr(join(folder, "bare.zarr"), { shape, dtype: "float32" });
    await assert.rejects(
      findSynapses(bare),
      /bare\.zarr has no threshold/,
    );
  });
});

Deno.test("findComponents() tells a voxel for ccPolarity, x first, and the centroid, z first", async () => {
  const labels = arraySource("labels", Uint8Array.of(0, 255, 255, 255, 0, 0), [1, 2, 3]);
  const { components, counts } = await findComponents(labels, { neighbours: 26 });
  assert.deepEqual(components.map(({ pos, voxels }) => [pos, voxels]), [[[1, 0, 0], 3]]);
  assert.deepEqual(components[0]?.centroid, [0, 1 / 3, 1]);
  assert.deepEqual(counts, { negative: 3, positive: 3, ignored: 0 });
});

Deno.test("exportVolume() leaves what exists alone unless it may overwrite it", async () => {
  await inTempFolder(async (folder) => {
    const volume = await createZarr(join(folder, "a.zarr"), { shape: [2, 3, 4], dtype: "uint8" });
    const path = join(folder, "a.nrrd");
    await Deno.writeTextFile(path, "mine");
    await assert.rejects(exportVolume(volume, path), /a\.nrrd already exists/);
    assert.equal(await Deno.readTextFile(path), "mine");
    await exportVolume(volume, path, { overwrite: true });
    assert.match(await Deno.readTextFile(path), /^NRRD/);
  });
});
