/** Every key of a configuration: its form, its default and one line of help. One table, so longer than other files: a key stands once. */
import { groupValue } from "./config_value.ts";
import { PAINTED_LABELS } from "./label_values.ts";
import {
  choiceForm,
  floatForm,
  type Form,
  integerForm,
  labelsForm,
  oneOrMoreForm,
  orAuto,
  reject,
  rescaleForm,
  sequenceForm,
  smoothingForm,
  tripleForm,
} from "./settings_form.ts";
import {
  defaulted,
  groupForm,
  type KeyTable,
  offByDefault,
  onByDefault,
  optional,
  readGroup,
  required,
} from "./settings_keys.ts";
import {
  channelForm,
  DEFAULT_CHANNEL_STEMS,
  DEFAULT_ORIENTATION_SIGMA,
  optionalPathForm,
  orientationForm,
  outputPrefixForm,
  volumeForm,
} from "./settings_sources.ts";
import type {
  ChannelSource,
  CleftPolarity,
  OrientationSource,
  Settings,
  SupervoxelSettings,
  TestSettings,
  TrainSettings,
  Xyz,
} from "./settings_types.ts";

/** Poses that there are: 6 * 10 directions, 11 distances, 11 radii (docs/algorithm.md section 5). */
const POSES = 7260;
const MAX_COUNT = 1_000_000_000;

const count = integerForm({ min: 0, max: MAX_COUNT });
const positiveCount = integerForm({ min: 1, max: MAX_COUNT });

const synapseNumbers = sequenceForm(count, "a list of integers of at least 1, or [0]");

const direction: Form<Xyz> = {
  ...tripleForm(integerForm({ min: -1, max: 1 }), "[x, y, z], each -1, 0 or 1 and not all 0"),
  read(value, name, context) {
    const given = "elements" in value ? value.elements.length : 3;
    if (given !== 3) {
      const numbers = given === 1 ? "1 number" : `${given} numbers`;
      return reject(
        context,
        value,
        `${name} has ${numbers}; it must have 3, for x, y and z, each -1, 0 or 1 and not all 0, such as [0, -1, 0]`,
      );
    }
    const xyz = tripleForm(integerForm({ min: -1, max: 1 }), direction.expected).read(value, name, context);
    if (xyz === undefined || xyz.some((component) => component !== 0)) return xyz;
    return reject(context, value, `${name} is [0, 0, 0]; it must be ${direction.expected}`);
  },
};

export const POLARITY_KEYS: KeyTable<CleftPolarity> = {
  pos: required(
    tripleForm(count, "[x, y, z], a voxel of the synapse"),
    "a voxel of the labelled synapse, or at most 2 voxels away from it",
  ),
  polarity: required(direction, "points from the cleft towards the vesicles"),
};

export const SVOX_KEYS: KeyTable<SupervoxelSettings> = {
  seed: defaulted(
    integerForm({ min: 1, max: 100 }),
    2,
    "size of supervoxels: distance between their seeds (starting points) in x and y, in voxels",
  ),
  cubeness: defaulted(
    integerForm({ min: 0, max: 100_000 }),
    16,
    "compactness: larger values make supervoxels more like cubes",
  ),
  join: defaulted(
    choiceForm(["model", "nearest", "scan"] as const),
    "model",
    "which neighbour a small fragment of a supervoxel joins: nearest: the one with the nearest seed; scan: as in the original; model: as when the model was trained (nearest for a new model, scan for a model of the original)",
  ),
};

export const EXTRA_KEYS: KeyTable<Settings["extra"]> = {
  saveTrainingFeatures: offByDefault("write the features of the training samples"),
  saveTestingFeatures: offByDefault("write the features of every supervoxel of the test volumes"),
};

const defaultChannels = DEFAULT_CHANNEL_STEMS.map((stem): ChannelSource => ({ kind: "computed", stem }));
const defaultOrientation: OrientationSource = { kind: "model" };

const anisotropyForm = floatForm({ min: 1, max: 1000 });
const ANISOTROPY_HELP = "voxel size in z divided by voxel size in x and y; the same for all volumes";
const voxelSizeForm = tripleForm(floatForm({ min: 1e-6, max: 1e12 }), "[x, y, z] in nanometres");

export const TEST_KEYS: KeyTable<TestSettings> = {
  rawVolume: required(
    volumeForm("an EM volume"),
    "the EM volume: TIFF, a folder or pattern of slices (`slices/*.png`), NRRD, MRC, `file.h5:/path`, Zarr, or the URL of a Zarr array",
  ),
  rescale: {
    form: rescaleForm,
    help:
      "values of `rawVolume` that become 0 and 255, if it has more than 8 bits; auto: the percentiles 0.1 and 99.9",
    fallback: { text: "as for the whole configuration", make: (context) => context.usualVolume?.rescale },
  },
  voxelSize: {
    form: voxelSizeForm,
    help:
      "voxel size, if the file has none or a wrong one; used for reports and outputs, does not change the scores",
    fallback: { text: "as for the whole configuration", make: (context) => context.usualVolume?.voxelSize },
  },
  channel: optional(
    integerForm({ min: 0, max: 999_999 }),
    "channel to use if `rawVolume` has several, from 0",
    "none: the volume has one",
  ),
  timePoint: optional(
    integerForm({ min: 0, max: 999_999 }),
    "time point to use if `rawVolume` has several, from 0",
    "none: the volume has one",
  ),
  zAnisotropyFactor: {
    form: anisotropyForm,
    help: ANISOTROPY_HELP,
    fallback: { text: "as in `train`, otherwise 1.0", make: (context) => context.usualAnisotropy },
  },
  orientEstimate: defaulted(
    orientationForm,
    defaultOrientation,
    `the directions across clefts; model: computed at the scale used in training the model (${DEFAULT_ORIENTATION_SIGMA} for a new one, 3.5 if its file does not say)`,
  ),
  otherFeatures: defaulted(
    sequenceForm(channelForm, "a list of channels"),
    defaultChannels,
    "the channels (filtered images) that ccboost learns from, in addition to the volume itself; `[]` for none",
    `the ${defaultChannels.length} default channels`,
  ),
};

export const TRAIN_KEYS: KeyTable<TrainSettings> = {
  ...TEST_KEYS,
  zAnisotropyFactor: {
    form: anisotropyForm,
    help: ANISOTROPY_HELP,
    fallback: {
      text: "1.0; in a list of training volumes as in the first",
      make: (context) => context.usualAnisotropy,
    },
  },
  groundTruth: required(
    volumeForm("a label volume (see docs/ground-truth.md)"),
    "label of each voxel: negative, positive or ignored, see `labels`",
  ),
  labels: defaulted(
    labelsForm,
    PAINTED_LABELS,
    'which values of `groundTruth` are negative and which positive, as negative/positive; all others are ignored. `"1/2"`, `"0,7/*"`: these values, `*` means all others; `"ids"`: 0 or -1 is negative, all others are positive; `"binary"`: of two values, the lower is negative',
  ),
  groundTruthErodeRadius: defaulted(
    integerForm({ min: 0, max: 1000 }),
    0,
    "voxels by which each labelled synapse is first shrunk on all sides",
  ),
  ccPolarity: defaulted(
    sequenceForm(
      groupForm(POLARITY_KEYS, "a group { pos = [x, y, z]; polarity = [x, y, z]; }"),
      "a list of groups",
    ),
    [],
    "for each labelled synapse, on which side its vesicles are",
    "`()`",
  ),
  useSynapses: {
    form: synapseNumbers,
    help:
      "train on these synapses of this volume only, with the numbers that `components` prints; `[]` for all, `[0]` for none: only the background counts",
    fallback: {
      text: "as for the whole configuration",
      make: (context) => context.usualVolume?.useSynapses ?? [],
    },
  },
};

export const TOP_KEYS: KeyTable<Settings> = {
  outFileName: required(
    outputPrefixForm,
    "beginning of the names of all output files; with `s3://bucket/` or `gs://bucket/` before it, they are sent into the bucket when they are written",
  ),
  numStumps: defaulted(
    positiveCount,
    2000,
    "rounds of training, each of which adds one stump (a simple rule: is a value above a threshold?); they are divided among several models, at least 300 for each if possible; for a loaded model, the number of stumps to keep",
  ),
  numWLToExplorePerIter: defaulted(
    positiveCount,
    4000,
    "context features (values of a channel around a voxel) tried per round",
  ),
  candidatePoses: defaulted(
    integerForm({ min: 1, max: POSES }),
    500,
    "how many poses (places around a voxel, and sizes of boxes there) are drawn to choose context features from",
  ),
  largestBox: defaulted(
    integerForm({ min: 0, max: 20 }),
    20,
    "maximum half-width of these boxes, in voxels of x and y",
  ),
  largestAngle: defaulted(
    integerForm({ min: 0, max: 90 }),
    90,
    "maximum angle, in degrees, between the direction across the cleft and the direction in which a box lies",
  ),
  maxTrainingSamples: defaulted(
    integerForm({ min: 2, max: MAX_COUNT }),
    100_000,
    "maximum number of training samples; if there are more, a random part of them is used",
  ),
  seed: defaulted(
    integerForm({ min: 0, max: 2 ** 32 - 1 }),
    0,
    "random seed: the same seed gives the same result",
  ),
  thresholdSearchOnWholeData: offByDefault("after each round, choose the threshold again on all samples"),
  borderMinDist: defaulted(
    count,
    10,
    "samples nearer to the border than this are not used; in voxels, in z divided by the anisotropy",
  ),
  minPosRegionSize: defaulted(
    count,
    10,
    "minimum size of a labelled synapse in voxels; smaller ones are ignored",
  ),
  NegSampleProportion: defaulted(
    orAuto(floatForm({ min: 0, max: MAX_COUNT })),
    "auto",
    'negative samples kept per positive one; 0 keeps all; "auto" keeps all, but only 10 per positive one if there are too few synapses to train each model without a part of them',
  ),
  PosSkipFactor: defaulted(count, 0, "with k, every k-th positive sample is kept; 0 keeps all"),
  reweightingSamplingRatio: defaulted(
    positiveCount,
    2,
    "negative samples drawn per positive one in each round",
  ),
  appendArtificialNegatives: offByDefault(
    "add each positive sample again as a negative one, with its direction reversed",
  ),
  treatArtificialNegativesAsPositivesInResampling: offByDefault(
    "always keep the artificial negatives when sampling",
  ),
  useSynapses: defaulted(
    synapseNumbers,
    [],
    "`useSynapses` of `train`, where there is one training volume",
    "`[]`",
  ),
  useSynapsesTask: defaulted(integerForm({ min: -MAX_COUNT, max: MAX_COUNT }), 0, "accepted, has no effect"),
  savedStumpsPath: defaulted(
    optionalPathForm("a stump file", { mustExist: true }),
    "",
    "a model (stump file) to load instead of training one",
  ),
  usedSavedStumpsPathOnlyForTesting: offByDefault(
    "with `savedStumpsPath`: only score; `train` is neither needed nor read",
  ),
  relearnThresholds: offByDefault(
    "keep the rules of the loaded model, but choose their thresholds again on `train`",
  ),
  saveTrainingWeights: offByDefault(
    "write two volumes with the weights that the samples have after training",
  ),
  saveTrainingWeightsPosFileName: defaulted(
    optionalPathForm("a path", { mustExist: false }),
    "",
    "file for the weights of the positives",
    "`<outFileName>-trainingWeightsPos.nrrd`",
  ),
  saveTrainingWeightsNegFileName: defaulted(
    optionalPathForm("a path", { mustExist: false }),
    "",
    "file for the weights of the negatives",
    "`<outFileName>-trainingWeightsNeg.nrrd`",
  ),
  gridStep: defaulted(
    integerForm({ min: 1, max: 2 }),
    2,
    "2: new models compute channels of large scales at every second voxel, which is faster; 1: at every voxel",
  ),
  crossFitFolds: defaulted(
    integerForm({ min: 1, max: 16 }),
    4,
    "number of models; each is trained without one part of the training volume, which it then scores to train the second stage; 1: one model trained on everything, without second stage or smoothing",
  ),
  smoothing: defaulted(
    smoothingForm,
    "auto",
    'smoothing of the final scores: sigma in voxels of x and y, such as `5`, or within and across slices, such as `[5, 0]`; `0` for none; "auto": none after a second stage, and without one whatever is best on parts of the training volume that the models have not seen',
    '`"auto"`',
  ),
  autoContext: onByDefault(
    "add a second stage, which uses the surrounding scores, unless it is clearly worse than smoothing on parts of the training volume that the models have not seen",
  ),
  outputFirstStage: offByDefault(
    "also write the scores of the first stage, `<outFileName>-<i>-ab-first.nrrd`, and `-ab-min.nrrd` with the scores of the less likely direction",
  ),
  outputSynapses: onByDefault("list the synapses: `<outFileName>-<i>-synapses.csv`, `.json` and `.zarr`"),
  outputPlattScaling: offByDefault("write probabilities as 8-bit TIFF instead of scores"),
  outputFormat: defaulted(
    choiceForm(["file", "ome-zarr", "precomputed"] as const),
    "file",
    'how scores are written: "file": NRRD, or TIFF for probabilities; "ome-zarr": folders `<outFileName>-<i>-ab-max.ome.zarr` with several resolutions, for viewers and for volumes beyond some 100 GB, which several machines write at once; "precomputed": the same as Neuroglancer precomputed, for programs that do not read OME-Zarr 0.5; one machine writes it after the scores',
  ),
  outputOrientationEstimate: offByDefault(
    "also write the direction across the cleft of each voxel, pointing to the more likely side",
  ),
  rescale: optional(rescaleForm, "`rescale` for all volumes without their own", "none: volumes are 8-bit"),
  voxelSize: optional(voxelSizeForm, "`voxelSize` for all volumes without their own", "as in the files"),
  svox: {
    form: groupForm(SVOX_KEYS, "a group { }"),
    help: "supervoxels, see below",
    fallback: {
      text: "all defaults",
      make: (context) => readGroup(SVOX_KEYS, groupValue({}), "svox", context),
    },
  },
  extra: {
    form: groupForm(EXTRA_KEYS, "a group { }"),
    help: "additional outputs, see below",
    fallback: {
      text: "all defaults",
      make: (context) => readGroup(EXTRA_KEYS, groupValue({}), "extra", context),
    },
  },
  train: defaulted(
    oneOrMoreForm(
      groupForm(TRAIN_KEYS, "a group { }"),
      "a group { }, or a list ( ) of groups { } for several training volumes",
    ),
    [],
    "the training volume, see below; or several, which are learned from together: a list of groups",
    "none",
  ),
  test: defaulted(
    sequenceForm(groupForm(TEST_KEYS, "a group { }"), "a list ( ) of groups { }"),
    [],
    "the volumes to score, see below",
    "`()`",
  ),
};
