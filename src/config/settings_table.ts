/** Every key of a configuration: its form, its default and one line of help. */
import { groupValue } from "./config_value.ts";
import { PAINTED_LABELS } from "./label_values.ts";
import {
  booleanForm,
  choiceForm,
  floatForm,
  type Form,
  integerForm,
  labelsForm,
  reject,
  rescaleForm,
  sequenceForm,
  smoothingForm,
  tripleForm,
} from "./settings_form.ts";
import { defaulted, groupForm, type KeyTable, readGroup, required } from "./settings_keys.ts";
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
  ExtraSettings,
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
    "a voxel of one component of the ground truth, or at most 2 voxels away from it",
  ),
  polarity: required(direction, "points from the cleft towards the vesicles"),
};

export const SVOX_KEYS: KeyTable<SupervoxelSettings> = {
  seed: defaulted(
    integerForm({ min: 1, max: 100 }),
    2,
    "distance between seeds of supervoxels in x and y, voxels",
  ),
  cubeness: defaulted(
    integerForm({ min: 0, max: 100_000 }),
    16,
    "compactness: larger values make supervoxels more like cubes",
  ),
  join: defaulted(
    choiceForm(["model", "nearest", "scan"] as const),
    "model",
    "what small fragments join: nearest, the neighbour with the nearest seed; scan, as the original does; model, what the model learnt with (nearest for a new one, scan for one of the original's)",
  ),
};

export const EXTRA_KEYS: KeyTable<ExtraSettings> = {
  saveTrainingFeatures: defaulted(booleanForm, false, "write the features of the training samples"),
  saveTestingFeatures: defaulted(
    booleanForm,
    false,
    "write the features of every supervoxel of the test volumes",
  ),
};

const defaultChannels: readonly ChannelSource[] = DEFAULT_CHANNEL_STEMS.map((stem) => ({
  kind: "computed",
  stem,
}));
const defaultOrientation: OrientationSource = { kind: "model" };

const anisotropyForm = floatForm({ min: 1, max: 1000 });
const ANISOTROPY_HELP = "voxel size in z over voxel size in x and y; the same for all volumes";

const voxelSizeForm = tripleForm(floatForm({ min: 1e-6, max: 1e12 }), "[x, y, z] in nanometres");

export const TEST_KEYS: KeyTable<TestSettings> = {
  rawVolume: required(
    volumeForm("an EM volume"),
    "the EM volume: TIFF, a folder or pattern of slices (`slices/*.png`), NRRD, MRC, `file.h5:/path`, Zarr, or the address of a Zarr",
  ),
  rescale: {
    form: rescaleForm,
    help:
      "which values of `rawVolume` become 0 and 255, where it has more than 8 bits; auto: the percentiles 0.1 and 99.9",
    fallback: { text: "that of the whole configuration", make: (context) => context.usualVolume?.rescale },
  },
  voxelSize: {
    form: voxelSizeForm,
    help: "size of a voxel in place of what the file tells; for reports and outputs, never for scale",
    fallback: { text: "that of the whole configuration", make: (context) => context.usualVolume?.voxelSize },
  },
  channel: {
    form: integerForm({ min: 0, max: 999_999 }),
    help: "which channel of `rawVolume`, where it has several; from 0",
    fallback: { text: "none: it has one", make: () => undefined },
  },
  timePoint: {
    form: integerForm({ min: 0, max: 999_999 }),
    help: "which point of time of `rawVolume`, where it has several; from 0",
    fallback: { text: "none: it has one", make: () => undefined },
  },
  zAnisotropyFactor: {
    form: anisotropyForm,
    help: ANISOTROPY_HELP,
    fallback: { text: "that of `train`, else 1.0", make: (context) => context.usualAnisotropy },
  },
  orientEstimate: defaulted(
    orientationForm,
    defaultOrientation,
    `the orientation of the local frames; model: computed at the scale that the model learnt with (${DEFAULT_ORIENTATION_SIGMA} for a new one, 3.5 for one whose file does not tell)`,
  ),
  otherFeatures: defaulted(
    sequenceForm(channelForm, "a list of channels"),
    defaultChannels,
    "the channels after the raw intensity; `[]` for none",
    `the ${defaultChannels.length} default channels`,
  ),
};

export const TRAIN_KEYS: KeyTable<TrainSettings> = {
  ...TEST_KEYS,
  zAnisotropyFactor: defaulted(anisotropyForm, 1, ANISOTROPY_HELP),
  groundTruth: required(
    volumeForm("a label volume (docs/ground-truth.md says how to make one)"),
    "labels of each voxel: negative, positive or ignored, as `labels` says",
  ),
  labels: defaulted(
    labelsForm,
    PAINTED_LABELS,
    'what the values of `groundTruth` mean: negative/positive, others ignored; `"ids"`: 0 or -1 is negative, all others are positive; `"binary"`: of two values the lower is negative; `"1/2"`, `"0,7/*"`: these, `*` for all others',
  ),
  groundTruthErodeRadius: defaulted(
    integerForm({ min: 0, max: 1000 }),
    0,
    "radius of the ball that erodes the positives first, voxels",
  ),
  ccPolarity: defaulted(
    sequenceForm(
      groupForm(POLARITY_KEYS, "a group { pos = [x, y, z]; polarity = [x, y, z]; }"),
      "a list of groups",
    ),
    [],
    "which way each component of the ground truth points",
    "`()`",
  ),
};

export const TOP_KEYS: KeyTable<Settings> = {
  outFileName: required(outputPrefixForm, "how the names of all output files begin"),
  numStumps: defaulted(
    positiveCount,
    2000,
    "rounds of boosting; of a loaded model the stumps to keep; each of several models gets its share, at least 300 of them if there are so many",
  ),
  numWLToExplorePerIter: defaulted(positiveCount, 4000, "context features that each round explores"),
  candidatePoses: defaulted(
    integerForm({ min: 1, max: POSES }),
    500,
    "random poses in the pool of candidate context features",
  ),
  maxTrainingSamples: defaulted(
    integerForm({ min: 2, max: MAX_COUNT }),
    100_000,
    "most training samples gathered; of more a uniform random part is kept",
  ),
  seed: defaulted(integerForm({ min: 0, max: 2 ** 32 - 1 }), 0, "seed of all that is random"),
  thresholdSearchOnWholeData: defaulted(booleanForm, false, "fit each chosen threshold again on all samples"),
  borderMinDist: defaulted(
    count,
    10,
    "least distance of a sample from the border, voxels; in z divided by anisotropy",
  ),
  minPosRegionSize: defaulted(count, 10, "least size of a component of positives, voxels"),
  NegSampleProportion: defaulted(
    floatForm({ min: 0, max: MAX_COUNT }),
    0,
    "negatives kept for each positive; 0 keeps all",
  ),
  PosSkipFactor: defaulted(count, 0, "k keeps every k-th positive; 0 keeps all"),
  reweightingSamplingRatio: defaulted(positiveCount, 2, "negatives drawn for each positive in a round"),
  appendArtificialNegatives: defaulted(
    booleanForm,
    false,
    "add each positive with the flipped frame as a negative",
  ),
  treatArtificialNegativesAsPositivesInResampling: defaulted(
    booleanForm,
    false,
    "always keep the artificial negatives when sampling",
  ),
  useSynapses: defaulted(
    sequenceForm(positiveCount, "a list of integers of at least 1"),
    [],
    "train on these components only, numbered from 1; `[]` for all",
    "`[]`",
  ),
  useSynapsesTask: defaulted(integerForm({ min: -MAX_COUNT, max: MAX_COUNT }), 0, "accepted, without effect"),
  savedStumpsPath: defaulted(
    optionalPathForm("a stump file", { mustExist: true }),
    "",
    "a stump file to load instead of training",
  ),
  usedSavedStumpsPathOnlyForTesting: defaulted(
    booleanForm,
    false,
    "with `savedStumpsPath`: only test; `train` is not needed and not read",
  ),
  relearnThresholds: defaulted(
    booleanForm,
    false,
    "fit the thresholds of the loaded stumps again on `train`",
  ),
  saveTrainingWeights: defaulted(booleanForm, false, "write two volumes with the samples' final weights"),
  saveTrainingWeightsPosFileName: defaulted(
    optionalPathForm("a path", { mustExist: false }),
    "",
    "the positives' weights",
    "`<outFileName>-trainingWeightsPos.nrrd`",
  ),
  saveTrainingWeightsNegFileName: defaulted(
    optionalPathForm("a path", { mustExist: false }),
    "",
    "the negatives' weights",
    "`<outFileName>-trainingWeightsNeg.nrrd`",
  ),
  gridStep: defaulted(
    integerForm({ min: 1, max: 2 }),
    2,
    "2: a new model sees what is smooth at every second voxel, which is faster; 1: at every voxel",
  ),
  crossFitFolds: defaulted(
    integerForm({ min: 1, max: 16 }),
    4,
    "models to train, each without one part of the training volume, which it then scores to learn what follows; 1: one model on everything, and nothing follows",
  ),
  smoothing: defaulted(
    smoothingForm,
    "auto",
    'how far scores are smoothed where no second stage follows, sigma in x/y voxels: `5`, or in the slice and across slices, `[5, 0]`; `0` for none; "auto": as was best on scores that the models gave for what they had not seen',
    '`"auto"`',
  ),
  autoContext: defaulted(
    booleanForm,
    true,
    "let a second stage, which sees the surroundings of scores, follow where that was better on scores that the models gave for what they had not seen",
  ),
  outputFirstStage: defaulted(
    booleanForm,
    false,
    "write the scores of the first stage, too: `<outFileName>-<i>-ab-first.nrrd`, and `-ab-min.nrrd` for the worse frame",
  ),
  outputPlattScaling: defaulted(booleanForm, false, "write probabilities as 8-bit TIFF instead of scores"),
  outputOrientationEstimate: defaulted(
    booleanForm,
    false,
    "write the orientation, signed by the better frame",
  ),
  rescale: {
    form: rescaleForm,
    help: "`rescale` of all volumes that name none",
    fallback: { text: "none: volumes have 8 bits", make: () => undefined },
  },
  voxelSize: {
    form: voxelSizeForm,
    help: "`voxelSize` of all volumes that name none",
    fallback: { text: "as the files tell", make: () => undefined },
  },
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
    help: "further outputs, see below",
    fallback: {
      text: "all defaults",
      make: () => ({ saveTrainingFeatures: false, saveTestingFeatures: false }),
    },
  },
  train: {
    form: groupForm(TRAIN_KEYS, "a group { }"),
    help: "the volume to learn from, see below",
    fallback: { text: "none", make: () => undefined },
  },
  test: defaulted(
    sequenceForm(groupForm(TEST_KEYS, "a group { }"), "a list ( ) of groups { }"),
    [],
    "the volumes to score, see below",
    "`()`",
  ),
};
