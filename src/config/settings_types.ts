/** What a configuration says, checked and with defaults filled in. Keys have the names they have in the file. */

/** One channel: a volume file, or a column that is computed from the raw volume. */
export type ChannelSource =
  | { readonly kind: "file"; readonly path: string }
  /** `stem` such as `gradient-magnitude-s1.0`, docs/algorithm.md section 2 */
  | { readonly kind: "computed"; readonly stem: string };

/** The orientation: a file of 9 components per voxel, or computed at a scale in x/y voxels. */
export type OrientationSource =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "computed"; readonly sigma: number }
  /** Computed at the scale that the model learnt with. */
  | { readonly kind: "model" };

/** Three numbers in the order of the configuration file, which is the reverse of an array's. */
export type Xyz = readonly [x: number, y: number, z: number];

/** Which values become 0 and 255: two numbers, or the percentiles 0.1 and 99.9. */
export type RescaleSetting = "auto" | readonly [low: number, high: number];

/** Sigma of a Gaussian in x/y voxels, in the slice and across slices; `auto`: as the model has learnt. */
export type SmoothingSetting = "auto" | readonly [inSlice: number, acrossSlices: number];

/** Which way one component of the ground truth points. */
export interface CleftPolarity {
  /** A voxel of the component. */
  readonly pos: Xyz;
  /** From the cleft towards the vesicles; each -1, 0 or 1, not all 0. */
  readonly polarity: Xyz;
}

/** How supervoxels are made. */
export interface SupervoxelSettings {
  /** Distance between seeds in x and y, voxels. */
  readonly seed: number;
  /** Compactness. */
  readonly cubeness: number;
  /** What small fragments join; `model`: as the model was trained, `nearest` where one is trained. */
  readonly join: "model" | "nearest" | "scan";
}

/** A volume whose supervoxels are scored. Paths are absolute. */
export interface TestSettings {
  /** The EM volume: a path, a pattern, `file.h5:/path` or an address. */
  readonly rawVolume: string;
  /** Which values of it become 0 and 255; absent where it has 8 bits already. */
  readonly rescale?: RescaleSetting;
  /** Size of its voxels in nm, in the place of what the file tells. */
  readonly voxelSize?: Xyz;
  /** Which channel of it, from 0, where it has several; loading puts it into `rawVolume`. */
  readonly channel?: number;
  /** Which point of time, from 0, where it has several; loading puts it into `rawVolume`. */
  readonly timePoint?: number;
  /** Voxel size in z over voxel size in x and y, at least 1. */
  readonly zAnisotropyFactor: number;
  /** The orientation of the local frames. */
  readonly orientEstimate: OrientationSource;
  /** The channels after the raw intensity. */
  readonly otherFeatures: readonly ChannelSource[];
}

/** A volume that is learned from. Paths are absolute. */
export interface TrainSettings extends TestSettings {
  /** Labels, as `labels` says. */
  readonly groundTruth: string;
  /** Which of their values are negative and positive, as `parseLabels` understands it. */
  readonly labels: string;
  /** Radius of the ball that erodes the positives first, voxels. */
  readonly groundTruthErodeRadius: number;
  /** Which way each component of the ground truth points. */
  readonly ccPolarity: readonly CleftPolarity[];
  /** Components to train on, numbered from 1; all where empty, none where `NO_SYNAPSES`. */
  readonly useSynapses: readonly number[];
}

/** A whole configuration. Paths are absolute. Each key's range and meaning: docs/settings.md. */
export interface Settings {
  /** How the names of all output files begin. */
  readonly outFileName: string;
  /** Rounds of boosting; of a loaded model the stumps to keep. */
  readonly numStumps: number;
  /** Context features that each round explores. */
  readonly numWLToExplorePerIter: number;
  /** Random poses in the pool of candidate context features. */
  readonly candidatePoses: number;
  /** Largest half-width of the boxes in the pool, voxels of x and y. */
  readonly largestBox: number;
  /** Largest angle, degrees, between the direction across the cleft and the boxes in the pool. */
  readonly largestAngle: number;
  /** Most training samples gathered. */
  readonly maxTrainingSamples: number;
  /** Seed of all that is random. */
  readonly seed: number;
  /** Fit each chosen threshold again on all samples. */
  readonly thresholdSearchOnWholeData: boolean;
  /** Least distance of a sample from the border, voxels; in z divided by the anisotropy. */
  readonly borderMinDist: number;
  /** Least size of a component of positives, voxels. */
  readonly minPosRegionSize: number;
  /** Negatives kept for each positive; 0 keeps all. */
  readonly NegSampleProportion: number | "auto";
  /** k keeps every k-th positive; 0 keeps all. */
  readonly PosSkipFactor: number;
  /** Negatives drawn for each positive in a round. */
  readonly reweightingSamplingRatio: number;
  /** Add each positive with the flipped frame as a negative. */
  readonly appendArtificialNegatives: boolean;
  /** Always keep the artificial negatives when sampling. */
  readonly treatArtificialNegativesAsPositivesInResampling: boolean;
  /** `useSynapses` of training volumes that name none. */
  readonly useSynapses: readonly number[];
  /** Without effect. */
  readonly useSynapsesTask: number;
  /** Empty where no stump file is loaded. */
  readonly savedStumpsPath: string;
  /** Whether `savedStumpsPath` is only tested, so that `train` is not needed. */
  readonly usedSavedStumpsPathOnlyForTesting: boolean;
  /** Fit the thresholds of the loaded stumps again. */
  readonly relearnThresholds: boolean;
  /** Write two volumes with the samples' final weights. */
  readonly saveTrainingWeights: boolean;
  /** File of the positives' weights. */
  readonly saveTrainingWeightsPosFileName: string;
  /** File of the negatives' weights. */
  readonly saveTrainingWeightsNegFileName: string;
  /** 2 where a new model sees what is smooth at every second voxel, else 1. */
  readonly gridStep: number;
  /** Models that are trained, each without its part of the training volumes; 1 trains one, on everything. */
  readonly crossFitFolds: number;
  /** How far scores are smoothed where no second stage follows. */
  readonly smoothing: SmoothingSetting;
  /** Whether a second stage may follow that sees the surroundings of scores. */
  readonly autoContext: boolean;
  /** Write the scores of the first stage, too. */
  readonly outputFirstStage: boolean;
  /** List the synapses of each test volume. */
  readonly outputSynapses: boolean;
  /** How scores are written: as single files, or as OME-Zarr or Neuroglancer precomputed at several resolutions. */
  readonly outputFormat: "file" | "ome-zarr" | "precomputed";
  /** Write probabilities of 8 bits instead of scores, in single files as TIFF. */
  readonly outputPlattScaling: boolean;
  /** Write the orientation, signed by the better frame. */
  readonly outputOrientationEstimate: boolean;
  /** `rescale` of volumes that name none. */
  readonly rescale?: RescaleSetting;
  /** `voxelSize` of volumes that name none. */
  readonly voxelSize?: Xyz;
  /** How supervoxels are made. */
  readonly svox: SupervoxelSettings;
  /** Further outputs. */
  readonly extra: {
    /** Write the features of the training samples. */
    readonly saveTrainingFeatures: boolean;
    /** Write the features of every supervoxel of the test volumes. */
    readonly saveTestingFeatures: boolean;
  };
  /** The volumes to learn from; none where a stump file is only tested. */
  readonly train: readonly TrainSettings[];
  /** The volumes to score. */
  readonly test: readonly TestSettings[];
}
