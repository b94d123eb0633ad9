/** Every key of a configuration: its form, its default and one line of help. */
import { groupValue } from "./config_value.ts";
import { PAINTED_LABELS } from "./label_values.ts";
import {
  choiceForm,
  floatForm,
  type Form,
  integerForm,
  labelsForm,
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
    "what small fragments join: nearest: the neighbour with the nearest seed; scan: as in the original; model: as in the training of the model (nearest for a new one, scan for one of the original's)",
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
      "voxel size, if the file has none or a wrong one; used for reports and outputs, never for the scale of filters",
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
    `the orientation of the local frames; model: computed at the scale used in training the model (${DEFAULT_ORIENTATION_SIGMA} for a new one, 3.5 if its file does not say)`,
  ),
  otherFeatures: defaulted(
    sequenceForm(channelForm, "a list of channels"),
    defaultChannels,
    "the channels, in addition to the raw intensity; `[]` for none",
    `the ${defaultChannels.length} default channels`,
  ),
};

export const TRAIN_KEYS: KeyTable<TrainSettings> = {
  ...TEST_KEYS,
  zAnisotropyFactor: defaulted(anisotropyForm, 1, ANISOTROPY_HELP),
  groundTruth: required(
    volumeForm("a label volume (see docs/ground-truth.md)"),
    "label of each voxel: negative, positive or ignored, see `labels`",
  ),
  labels: defaulted(
    labelsForm,
    PAINTED_LABELS,
    'what the values of `groundTruth` mean, as negative/positive, others are ignored; `"ids"`: 0 or -1 is negative, all others are positive; `"binary"`: two values, the lower is negative; `"1/2"`, `"0,7/*"`: these values, `*` means all others',
  ),
  groundTruthErodeRadius: defaulted(
    integerForm({ min: 0, max: 1000 }),
    0,
    "radius in voxels of the ball with which positives are eroded first",
  ),
  ccPolarity: defaulted(
    sequenceForm(
      groupForm(POLARITY_KEYS, "a group { pos = [x, y, z]; polarity = [x, y, z]; }"),
      "a list of groups",
    ),
    [],
    "the polarity of each component of the ground truth",
    "`()`",
  ),
};

export const TOP_KEYS: KeyTable<Settings> = {
  outFileName: required(outputPrefixForm, "beginning of the names of all output files"),
  numStumps: defaulted(
    positiveCount,
    2000,
    "rounds of boosting, divided among several models (at least 300 for each if possible); for a loaded model, the number of stumps to keep",
  ),
  numWLToExplorePerIter: defaulted(positiveCount, 4000, "context features explored per round"),
  candidatePoses: defaulted(
    integerForm({ min: 1, max: POSES }),
    500,
    "random poses in the pool of candidate context features",
  ),
  maxTrainingSamples: defaulted(
    integerForm({ min: 2, max: MAX_COUNT }),
    100_000,
    "maximum number of training samples; if there are more, a uniform random subset is used",
  ),
  seed: defaulted(integerForm({ min: 0, max: 2 ** 32 - 1 }), 0, "random seed"),
  thresholdSearchOnWholeData: offByDefault("fit each chosen threshold again on all samples"),
  borderMinDist: defaulted(
    count,
    10,
    "minimum distance of a sample from the border in voxels; in z divided by the anisotropy",
  ),
  minPosRegionSize: defaulted(count, 10, "minimum size of a component of positives in voxels"),
  NegSampleProportion: defaulted(
    orAuto(floatForm({ min: 0, max: MAX_COUNT })),
    "auto",
    'negatives kept per positive; 0 keeps all; "auto" keeps all, but 10 per positive if there are too few synapses for cross-fitting',
  ),
  PosSkipFactor: defaulted(count, 0, "k keeps every k-th positive; 0 keeps all"),
  reweightingSamplingRatio: defaulted(positiveCount, 2, "negatives drawn per positive in each round"),
  appendArtificialNegatives: offByDefault("add each positive again as a negative, with the flipped frame"),
  treatArtificialNegativesAsPositivesInResampling: offByDefault(
    "always keep the artificial negatives when sampling",
  ),
  useSynapses: defaulted(
    sequenceForm(positiveCount, "a list of integers of at least 1"),
    [],
    "train on these components only, numbered from 1; `[]` for all",
    "`[]`",
  ),
  useSynapsesTask: defaulted(integerForm({ min: -MAX_COUNT, max: MAX_COUNT }), 0, "accepted, has no effect"),
  savedStumpsPath: defaulted(
    optionalPathForm("a stump file", { mustExist: true }),
    "",
    "a stump file to load instead of training",
  ),
  usedSavedStumpsPathOnlyForTesting: offByDefault(
    "with `savedStumpsPath`: only score; `train` is neither needed nor read",
  ),
  relearnThresholds: offByDefault("fit the thresholds of the loaded stumps again on `train`"),
  saveTrainingWeights: offByDefault("write two volumes with the final weights of the samples"),
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
    'smoothing of the scores if there is no second stage: sigma in x/y voxels, such as `5`, or within and across slices, such as `[5, 0]`; `0` for none; "auto": the best one on parts of the training volume that the models have not seen',
    '`"auto"`',
  ),
  autoContext: onByDefault(
    "add a second stage, which uses the surrounding scores, if it is better on parts of the training volume that the models have not seen",
  ),
  outputFirstStage: offByDefault(
    "also write the scores of the first stage, `<outFileName>-<i>-ab-first.nrrd`, and `-ab-min.nrrd` for the worse frame",
  ),
  outputSynapses: onByDefault("list the synapses: `<outFileName>-<i>-synapses.csv`, `.json` and `.zarr`"),
  outputPlattScaling: offByDefault("write probabilities as 8-bit TIFF instead of scores"),
  outputOrientationEstimate: offByDefault("write the orientation, with the sign of the better frame"),
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
  train: optional(groupForm(TRAIN_KEYS, "a group { }"), "the training volume, see below", "none"),
  test: defaulted(
    sequenceForm(groupForm(TEST_KEYS, "a group { }"), "a list ( ) of groups { }"),
    [],
    "the volumes to score, see below",
    "`()`",
  ),
};
