import assert from "node:assert/strict";
import { createSettings, formatSettings } from "../../src/config/settings.ts";
import { failure, load, SMALL, TEST, TRAIN } from "./cases.ts";

const FIRST = 'rawVolume = "raw.tif"; groundTruth = "labels.tif";';
const SECOND = 'rawVolume = "test.tif"; groundTruth = "extra.nrrd";';
/** A configuration with a list of training volumes; further keys of each. */
const several = (first = "", second = ""): string =>
  `outFileName = "out"; train = ( { ${FIRST} ${first} }, { ${SECOND} ${second} } ); ${TEST}`;

Deno.test("loadSettings() takes one training volume, as a group or in a list, and several", async () => {
  const alone = await load(SMALL);
  assert.equal(alone.train.length, 1);
  assert.deepEqual(await load(`outFileName = "out"; train = ( { ${FIRST} } ); ${TEST}`), alone);
  const { train } = await load(several("groundTruthErodeRadius = 1;", 'labels = "ids";'));
  assert.deepEqual(
    train.map((
      { rawVolume, groundTruth, labels, groundTruthErodeRadius },
    ) => [rawVolume, groundTruth, labels, groundTruthErodeRadius]),
    [["/data/raw.tif", "/data/labels.tif", "0/255", 1], ["/data/test.tif", "/data/extra.nrrd", "ids", 0]],
  );
  const made = createSettings({
    outFileName: "out",
    train: [{ rawVolume: "a.tif", groundTruth: "b.tif" }, { rawVolume: "c.tif", groundTruth: "d.tif" }],
  }, { folder: "/data", isKnownChannel: () => true, files: { readText: () => "", exists: () => true } });
  assert.deepEqual(made.train.map(({ rawVolume }) => rawVolume), ["/data/a.tif", "/data/c.tif"]);
});

Deno.test("loadSettings() takes an empty list of training volumes for none", async () => {
  const only = 'savedStumpsPath = "model.cfg"; usedSavedStumpsPathOnlyForTesting = true;';
  for (const empty of ["train = ();", "train = [];"]) {
    assert.deepEqual((await load(`outFileName = "out"; ${empty} ${TEST} ${only}`)).train, []);
    assert.match(await failure(`outFileName = "out"; ${empty} ${TEST}`), /train is missing/);
  }
});

Deno.test("loadSettings() names the training volume that is wrong", async () => {
  const wrong: [text: string, message: RegExp][] = [
    [
      several().replace("test.tif", "gone.tif"),
      /train\[1\]\.rawVolume names \/data\/gone\.tif, which does not/,
    ],
    [several().replace(SECOND, 'rawVolume = "test.tif";'), /train\[1\]\.groundTruth is missing/],
    [several("", "seed = 1;"), /seed belongs outside all groups: move it out of train\[1\]/],
    [
      several("", "ccPolarity = ( { pos = [1, 2, 3]; } );"),
      /train\[1\]\.ccPolarity\[0\]\.polarity is missing/,
    ],
    [several().replace(`{ ${SECOND}  }`, "7"), /train\[1\] is 7; it must be a group/],
    [SMALL.replace(TRAIN, "train = 7;"), /train is 7; it must be a group \{ \}, or a list \( \) of groups/],
    [
      several("", 'rescale = "all";'),
      /train\[1\]\.rescale is "all"; it must be \[low, high\]/,
    ],
  ];
  for (const [text, message] of wrong) assert.match(await failure(text), message);
});

Deno.test("loadSettings() needs one anisotropy and the same channels for all training volumes", async () => {
  const { train, test } = await load(several("zAnisotropyFactor = 4;"));
  assert.deepEqual([...train, ...test].map(({ zAnisotropyFactor }) => zAnisotropyFactor), [4, 4, 4]);
  assert.match(
    await failure(several("zAnisotropyFactor = 4;", "zAnisotropyFactor = 5;")),
    /train\[1\]\.zAnisotropyFactor is 5 and train\[0\]\.zAnisotropyFactor is 4; all volumes/,
  );
  assert.match(
    await failure(several("", 'otherFeatures = ["gauss-s1.0"];')),
    /train\[1\]\.otherFeatures differs from train\[0\]\.otherFeatures: 1 channels instead of 8/,
  );
  const channels = 'otherFeatures = ["gauss-s1.0"];';
  assert.match(
    await failure(several(channels, channels)),
    /test\[0\]\.otherFeatures differs from train\[0\]\.otherFeatures: 8 channels instead of 1/,
  );
});

Deno.test("loadSettings() wants one scale of directions in all training volumes", async () => {
  const scale = (sigma: string) => `orientEstimate = "hessOrient-s${sigma}-repolarized";`;
  assert.match(
    await failure(several(scale("2"), scale("3.5"))),
    /train\[1\]\.orientEstimate computes directions at a scale of 3\.5, and train\[0\]\.orientEstimate at 2; use one/,
  );
  assert.match(
    await failure(several(scale("2"))),
    /train\[1\]\.orientEstimate .* at a scale of 5, and train\[0\]/,
  );
  assert.equal((await load(several(scale("5")))).train.length, 2);
  assert.equal((await load(several(scale("2"), 'orientEstimate = "extra.nrrd";'))).train.length, 2);
});

Deno.test("loadSettings() takes no training volume twice, but one stack with other labels", async () => {
  assert.match(
    await failure(several().replace(SECOND, FIRST)),
    /train\[1\] has the same rawVolume and groundTruth as train\[0\]; remove one of them/,
  );
  assert.equal((await load(several().replace('"test.tif"; ground', '"raw.tif"; ground'))).train.length, 2);
});

Deno.test("loadSettings() takes useSynapses of each training volume, and outside of the groups only of one", async () => {
  const { train } = await load(several("", "useSynapses = [2, 3];"));
  assert.deepEqual(train.map(({ useSynapses }) => useSynapses), [[], [2, 3]]);
  assert.match(
    await failure(several() + "useSynapses = [1];"),
    /useSynapses outside of the train groups .* several training volumes .* put it into the group/,
  );
  const alone = async (inside: string, outside: string) =>
    (await load(SMALL.replace('"labels.tif";', `"labels.tif"; ${inside}`) + outside)).train[0]?.useSynapses;
  assert.deepEqual(await alone("", "useSynapses = [1];"), [1]);
  assert.deepEqual(await alone("useSynapses = [2];", ""), [2]);
  assert.deepEqual(await alone("useSynapses = [2];", "useSynapses = [2];"), [2]);
  assert.match(
    await failure(
      SMALL.replace('"labels.tif";', '"labels.tif"; useSynapses = [2];') + "useSynapses = [1, 3];",
    ),
    /useSynapses is \[1, 3\], but train\.useSynapses is \[2\]; remove one of them/,
  );
});

Deno.test("loadSettings() writes weights and features of one training volume only", async () => {
  assert.match(
    await failure(several() + "saveTrainingWeights = true;"),
    /saveTrainingWeights writes one volume, but train lists several; set it to false/,
  );
  assert.match(
    await failure(several() + "extra = { saveTrainingFeatures = true; };"),
    /extra\.saveTrainingFeatures works with one training volume.*set it to false/,
  );
});

Deno.test("loadSettings() puts overrides into the training volume that they name", async () => {
  const { train } = await load(several(), { overrides: ["train[1].labels=ids", "train.0.labels=binary"] });
  assert.deepEqual(train.map(({ labels }) => labels), ["binary", "ids"]);
  assert.match(
    await failure(several(), { overrides: ["train.labels=ids"] }),
    /^--set train\.labels: train lists 2 volumes; say which one is meant: train\[0\]\.labels to train\[1\]\.labels$/,
  );
  assert.match(
    await failure(SMALL.replace(TRAIN, "train = ();"), { overrides: ["train.labels=ids"] }),
    /--set train\.labels: train lists no volume; name the first of them: train\[0\]\.labels/,
  );
  const listed = SMALL.replace(TRAIN, `train = ( { ${FIRST} } );`);
  for (const text of [SMALL, listed]) {
    for (const key of ["train.labels", "train[0].labels"]) {
      assert.equal((await load(text, { overrides: [`${key}=ids`] })).train[0]?.labels, "ids");
    }
    const overrides = ["train[1].rawVolume=test.tif", "train[1].groundTruth=extra.nrrd"];
    assert.deepEqual((await load(text, { overrides })).train, (await load(several())).train);
  }
  assert.match(
    await failure(SMALL, { overrides: ["train[2].labels=ids"] }),
    /--set train\[2\]\.labels: the list has 1 elements/,
  );
  assert.equal((await load(several(), { overrides: [`train={ ${FIRST} }`] })).train.length, 1);
});

Deno.test("formatSettings() writes one training volume as a group, and several as a list", async () => {
  const cases: [text: string, written: RegExp][] = [
    [SMALL, /train = \{/],
    [`outFileName = "out"; train = ( { ${FIRST} } ); ${TEST}`, /train = \{/],
    [SMALL + "useSynapses = [2];", /useSynapses = \[2\];[^]*train = \{(?![^]*useSynapses)/],
    [
      SMALL.replace('"labels.tif";', '"labels.tif"; useSynapses = [2];'),
      /train = \{[^]*useSynapses = \[2\];/,
    ],
    [several("", "useSynapses = [2];"), /train = \([^]*useSynapses = \[\];[^]*useSynapses = \[2\];/],
  ];
  for (const [text, written] of cases) {
    const settings = await load(text);
    const again = formatSettings(settings);
    assert.match(again, written);
    assert.deepEqual(await load(again), settings);
  }
});
