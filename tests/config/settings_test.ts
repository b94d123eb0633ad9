import assert from "node:assert/strict";
import { anisotropyOf, DEFAULT_CHANNEL_STEMS, formatSettings } from "../../src/config/settings.ts";
import { failure, load, SMALL, TRAIN } from "./cases.ts";

const DEFAULT_CHANNELS = DEFAULT_CHANNEL_STEMS.map((stem) => ({ kind: "computed", stem }));

Deno.test("loadSettings() gives every default where only what is required is set", async () => {
  const volume = {
    zAnisotropyFactor: 1,
    orientEstimate: { kind: "model" },
    otherFeatures: DEFAULT_CHANNELS,
  };
  assert.deepEqual(await load(SMALL), {
    outFileName: "/data/out",
    numStumps: 2000,
    numWLToExplorePerIter: 4000,
    candidatePoses: 500,
    largestBox: 20,
    largestAngle: 90,
    maxTrainingSamples: 100_000,
    seed: 0,
    thresholdSearchOnWholeData: false,
    borderMinDist: 10,
    minPosRegionSize: 10,
    NegSampleProportion: "auto",
    PosSkipFactor: 0,
    reweightingSamplingRatio: 2,
    appendArtificialNegatives: false,
    treatArtificialNegativesAsPositivesInResampling: false,
    useSynapses: [],
    useSynapsesTask: 0,
    savedStumpsPath: "",
    usedSavedStumpsPathOnlyForTesting: false,
    relearnThresholds: false,
    saveTrainingWeights: false,
    saveTrainingWeightsPosFileName: "/data/out-trainingWeightsPos.nrrd",
    saveTrainingWeightsNegFileName: "/data/out-trainingWeightsNeg.nrrd",
    gridStep: 2,
    crossFitFolds: 4,
    smoothing: "auto",
    autoContext: true,
    outputFirstStage: false,
    outputSynapses: true,
    outputPlattScaling: false,
    outputFormat: "file",
    outputOrientationEstimate: false,
    svox: { seed: 2, cubeness: 16, join: "model" },
    extra: { saveTrainingFeatures: false, saveTestingFeatures: false },
    train: [{
      rawVolume: "/data/raw.tif",
      groundTruth: "/data/labels.tif",
      labels: "0/255",
      groundTruthErodeRadius: 0,
      ccPolarity: [],
      useSynapses: [],
      ...volume,
    }],
    test: [{ rawVolume: "/data/test.tif", ...volume }],
  });
});

const FULL = `
  outFileName = "results/job"; numStumps = 1e2; numWLToExplorePerIter = 0x10; candidatePoses = 7260;
  maxTrainingSamples = 5000; seed = 4294967295; thresholdSearchOnWholeData = TRUE; borderMinDist = 0;
  minPosRegionSize = 3; NegSampleProportion = 8; PosSkipFactor = 2; reweightingSamplingRatio = 3;
  appendArtificialNegatives = true; treatArtificialNegativesAsPositivesInResampling = true;
  useSynapses = (1, 4); useSynapsesTask = 2; savedStumpsPath = "model.cfg"; relearnThresholds = true;
  usedSavedStumpsPathOnlyForTesting = true;
  saveTrainingWeights = true; saveTrainingWeightsPosFileName = "w/p.nrrd"; saveTrainingWeightsNegFileName = "/n.nrrd";
  outputPlattScaling = true; outputOrientationEstimate = true; svox : { seed = 3; };
  extra : { saveTrainingFeatures = true; saveTestingFeatures = true; };
  train : { rawVolume = "/data/raw.tif"; groundTruth = "../data/labels.tif"; groundTruthErodeRadius = 1;
    zAnisotropyFactor = 10; orientEstimate = "x/hessOrient-s2-repolarized.nrrd";
    ccPolarity = ( { pos = [1,2,3]; polarity = (0,-1,1.0); } ); otherFeatures = ("extra.nrrd", "f/gauss-s1.0.nrrd"); };
  test : ( { rawVolume = "test.tif"; orientEstimate = "extra.nrrd"; otherFeatures = ["extra.nrrd", "gauss-s1.0"]; } )`;

Deno.test("loadSettings() reads every key, in arrays or lists, and resolves paths from the file's folder", async () => {
  const settings = await load(FULL);
  assert.equal(settings.outFileName, "/data/results/job");
  assert.equal(settings.numStumps, 100);
  assert.equal(settings.numWLToExplorePerIter, 16);
  assert.deepEqual(settings.useSynapses, [1, 4]);
  assert.equal(settings.savedStumpsPath, "/data/model.cfg");
  assert.equal(settings.saveTrainingWeightsPosFileName, "/data/w/p.nrrd");
  assert.equal(settings.saveTrainingWeightsNegFileName, "/n.nrrd");
  assert.deepEqual(settings.svox, { seed: 3, cubeness: 16, join: "model" });
  assert.deepEqual(settings.train, [{
    rawVolume: "/data/raw.tif",
    groundTruth: "/data/labels.tif",
    labels: "0/255",
    groundTruthErodeRadius: 1,
    zAnisotropyFactor: 10,
    orientEstimate: { kind: "computed", sigma: 2 },
    ccPolarity: [{ pos: [1, 2, 3], polarity: [0, -1, 1] }],
    useSynapses: [1, 4],
    otherFeatures: [{ kind: "file", path: "/data/extra.nrrd" }, { kind: "computed", stem: "gauss-s1.0" }],
  }]);
  assert.deepEqual(settings.test[0]?.orientEstimate, { kind: "file", path: "/data/extra.nrrd" });
  assert.equal(settings.test[0]?.zAnisotropyFactor, 10);
  assert.equal(anisotropyOf(settings), 10);
});

Deno.test("formatSettings() writes what loadSettings() reads as the same settings", async () => {
  for (const text of [SMALL, FULL, `outFileName = "o"; ${TRAIN}`]) {
    const settings = await load(text);
    assert.deepEqual(await load(formatSettings(settings)), settings);
  }
});

Deno.test("loadSettings() computes no channel where otherFeatures is an empty list", async () => {
  const overrides = ["train.otherFeatures=[]", "test[0].otherFeatures=()"];
  assert.deepEqual((await load(SMALL, { overrides })).train[0]?.otherFeatures, []);
});

Deno.test("loadSettings() takes a channel's or orientation's file where it exists, else computes what its name says", async () => {
  const names = '["f/gradient-magnitude-s1.0.nrrd", "stensor-s0.5-r1.0.TIFF", "gauss-s1.0.zarr"]';
  const overrides = [
    `train.otherFeatures=${names}`,
    "train.orientEstimate=f/hessOrient-s1.75-repolarized.nhdr",
    "test=()",
  ];
  const computed = (await load(SMALL, { overrides })).train[0];
  assert.deepEqual(computed?.otherFeatures, [
    { kind: "computed", stem: "gradient-magnitude-s1.0" },
    { kind: "computed", stem: "stensor-s0.5-r1.0" },
    { kind: "computed", stem: "gauss-s1.0" },
  ]);
  assert.deepEqual(computed?.orientEstimate, { kind: "computed", sigma: 1.75 });
  const files = ["/data/gauss-s1.0.zarr", "/data/f/hessOrient-s1.75-repolarized.nhdr"];
  const given = (await load(SMALL, { overrides, files })).train[0];
  assert.deepEqual(given?.otherFeatures[2], { kind: "file", path: "/data/gauss-s1.0.zarr" });
  assert.deepEqual(given?.orientEstimate, {
    kind: "file",
    path: "/data/f/hessOrient-s1.75-repolarized.nhdr",
  });
});

Deno.test("loadSettings() names file and computed channel when a channel or orientation is neither", async () => {
  const message = await failure(SMALL, {
    overrides: [
      'train.otherFeatures=["f/unknown-s1.nrrd"]',
      "train.orientEstimate=hessOrient-s0-repolarized",
    ],
  });
  assert.match(
    message,
    /train\.otherFeatures\[0\] is "f\/unknown-s1\.nrrd": there is no file \/data\/f\/unknown-s1\.nrrd, and unknown-s1 is not a channel/,
  );
  assert.match(
    message,
    /train\.orientEstimate is .*there is no file \/data\/hessOrient-s0-repolarized, and .*a sigma above 0/,
  );
});

Deno.test("loadSettings() suggests the nearest key for an unknown one, with its place", async () => {
  const text = `outFileName = "out";\n  numStump = 5;\n svox = { cubenes = 4 }\n${TRAIN}\nqqqqqq = 1;`;
  assert.deepEqual((await failure(text)).split("\n").slice(0, 3), [
    "/data/job.cfg has 3 problems:",
    "/data/job.cfg:2:3: numStump is not a known key; did you mean numStumps?",
    "/data/job.cfg:3:11: svox.cubenes is not a known key; did you mean svox.cubeness?",
  ]);
  assert.match(
    await failure(text),
    /:5:1: qqqqqq is not a known key; .*outFileName, numStumps, /,
  );
  assert.match(await failure(`${SMALL} negsampleproportion = 1;`), /did you mean NegSampleProportion\?/);
  assert.match(await failure(`${SMALL} constructor = 1;`), /constructor is not a known key/);
});

Deno.test("loadSettings() says where a key belongs that stands in another group", async () => {
  const inTrain = await failure(SMALL.replace("train = {", "train = { borderMinDist = 4; numstumps = 3;"));
  assert.match(
    inTrain,
    /train\.borderMinDist is not a known key here; borderMinDist belongs outside all groups: move it out of train$/m,
  );
  assert.match(inTrain, /train\.numstumps .*; numStumps belongs outside all groups/);
  const outside = await failure(`${SMALL} cubeness = 3; groundTruth = "a";`);
  assert.match(outside, /cubeness is not a known key here; it belongs in svox\.cubeness$/m);
  assert.match(outside, /groundTruth is not a known key here; it belongs in train\.groundTruth$/m);
});

Deno.test("loadSettings() rejects values of the wrong kind or out of range, naming key, place and what is expected", async () => {
  const cases: readonly [string, RegExp][] = [
    ["numStumps = 0", /^\/data\/job\.cfg:1:\d+: numStumps is 0; it must be an integer from 1 to/],
    ["numStumps = 1.5", /numStumps is 1\.5; it must be an integer/],
    ['numStumps = "5"', /numStumps is "5"; it must be an integer/],
    ["candidatePoses = 7261", /candidatePoses is 7261; it must be an integer from 1 to 7260/],
    ["seed = -1", /seed is -1; it must be an integer from 0/],
    ["NegSampleProportion = -0.5", /NegSampleProportion is -0\.5; it must be a number from 0/],
    [
      "smoothing = [0, 2]",
      /smoothing is \[0, 2\], but scores cannot be smoothed across slices alone; set it to 2 .* or to 0/,
    ],
    ["smoothing = [1, 2, 3]", /smoothing is .*; it must be a sigma from 0 to 100 .*, or "auto"/],
    ["outputPlattScaling = 1", /outputPlattScaling is 1; it must be true or false/],
    ["useSynapses = [-1]", /useSynapses\[0\] is -1; it must be an integer from 0/],
    ["useSynapses = 3", /useSynapses is 3; it must be a list of integers/],
    ["svox = 2", /svox is 2; it must be a group \{ \}/],
    ["svox = { seed = 0; }", /svox\.seed is 0;/],
    ["extra = ()", /extra is a list \( \) of 0; it must be a group/],
    ["saveTrainingWeightsPosFileName = 3", /saveTrainingWeightsPosFileName is 3; it must be a path/],
    ['savedStumpsPath = "none.cfg"', /savedStumpsPath names \/data\/none\.cfg, which does not exist/],
  ];
  for (const [text, expected] of cases) assert.match(await failure(`${SMALL} ${text};`), expected);
  const overridden: readonly [string, RegExp][] = [
    ["outFileName=", /outFileName is ""; it must be the beginning/],
    ["outFileName=results/", /outFileName is a folder, "results\/"; add the beginning of the file names/],
    ["outFileName=..", /outFileName is a folder/],
    ["train=3", /train is 3; it must be a group/],
    ["test={}", /test is a group \{ \}; it must be a list/],
    ["test=(1)", /test\[0\] is 1; it must be a group/],
    ["train.rawVolume=none.tif", /train\.rawVolume names \/data\/none\.tif, which does not exist/],
    ["train.groundTruth=none.tif", /train\.groundTruth names \/data\/none\.tif, which does not exist/],
    ["train.rawVolume=", /train\.rawVolume is ""; it must be a path/],
    ["train.zAnisotropyFactor=0.5", /train\.zAnisotropyFactor is 0\.5; it must be a number from 1/],
    [
      "train.ccPolarity=({pos=[1,2,3];polarity=[0,0,0];})",
      /ccPolarity\[0\]\.polarity is \[0, 0, 0\]; .*not all 0/,
    ],
    [
      "train.ccPolarity=({pos=[1,2];polarity=[0,0,1];})",
      /ccPolarity\[0\]\.pos is an array \[ \] of 2; it must be \[x, y, z\]/,
    ],
    ["train.ccPolarity=({pos=[1,-2,3];polarity=[0,0,1];})", /ccPolarity\[0\]\.pos\[1\] is -2/],
    ["train.ccPolarity=({pos=[1,2,3];polarity=[0,0,2];})", /ccPolarity\[0\]\.polarity\[2\] is 2/],
    ["train.ccPolarity=({pos=[1,2,3];})", /train\.ccPolarity\[0\]\.polarity is missing/],
  ];
  for (const [override, expected] of overridden) {
    assert.match(await failure(SMALL, { overrides: [override] }), expected, override);
  }
});

Deno.test("loadSettings() reports every problem at once, one a line in the order of the file", async () => {
  const text =
    'numStumps = 0;\nsvox = { sed = 1; };\ntrain = { zAnisotropyFactor = 0.1;\n rawVolume = "no.tif"; };\n' +
    'test = ( { rawVolume = "test.tif"; zAnisotropyFactor = 2; }, {} );';
  const lines = (await failure(text)).split("\n");
  assert.deepEqual(
    lines.map((line) => line.replace(/;.*| names.*| has .*/, "")),
    [
      "/data/job.cfg",
      "/data/job.cfg:1:1: outFileName is missing",
      "/data/job.cfg:1:13: numStumps is 0",
      "/data/job.cfg:2:10: svox.sed is not a known key",
      "/data/job.cfg:3:9: train.groundTruth is missing",
      "/data/job.cfg:3:31: train.zAnisotropyFactor is 0.1",
      "/data/job.cfg:4:14: train.rawVolume",
      "/data/job.cfg:5:62: test[1].rawVolume is missing",
      "/data/job.cfg:5:62: test[1].zAnisotropyFactor is 1 and test[0].zAnisotropyFactor is 2",
    ],
  );
});
