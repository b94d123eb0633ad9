/** What a configuration says, checked and with defaults filled in. Keys have the names they have in the file. */

/** One channel: a volume file, or a column that is computed from the raw volume. */
export type ChannelSource =
  | { readonly kind: "file"; readonly path: string }
  /** `stem` such as `gradient-magnitude-s1.0`, docs/algorithm.md section 2 */
  | { readonly kind: "computed"; readonly stem: string };

/** The orientation: a file of 9 components a voxel, or computed at a scale in x/y voxels. */
export type OrientationSource =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "computed"; readonly sigma: number };

/** Three numbers in the order of the configuration file, which is the reverse of an array's. */
export type Xyz = readonly [x: number, y: number, z: number];

/** Which way one component of the ground truth points. */
export interface CleftPolarity {
  /** A voxel of the component. */
  readonly pos: Xyz;
  /** From the cleft towards the vesicles; each -1, 0 or 1, not all 0. */
  readonly polarity: Xyz;
}

export interface SupervoxelSettings {
  readonly seed: number;
  readonly cubeness: number;
}

export interface ExtraSettings {
  readonly saveTrainingFeatures: boolean;
  readonly saveTestingFeatures: boolean;
}

/** A volume whose supervoxels are scored. Paths are absolute. */
export interface TestSettings {
  readonly rawVolume: string;
  readonly zAnisotropyFactor: number;
  readonly orientEstimate: OrientationSource;
  readonly otherFeatures: readonly ChannelSource[];
}

/** The volume that is learned from. Paths are absolute. */
export interface TrainSettings extends TestSettings {
  readonly groundTruth: string;
  readonly groundTruthErodeRadius: number;
  readonly ccPolarity: readonly CleftPolarity[];
}

/** A whole configuration. Paths are absolute. Each key's range and meaning: docs/settings.md. */
export interface Settings {
  readonly outFileName: string;
  readonly numStumps: number;
  readonly numWLToExplorePerIter: number;
  readonly candidatePoses: number;
  readonly maxTrainingSamples: number;
  readonly seed: number;
  readonly thresholdSearchOnWholeData: boolean;
  readonly borderMinDist: number;
  readonly minPosRegionSize: number;
  readonly NegSampleProportion: number;
  readonly PosSkipFactor: number;
  readonly reweightingSamplingRatio: number;
  readonly appendArtificialNegatives: boolean;
  readonly treatArtificialNegativesAsPositivesInResampling: boolean;
  readonly useSynapses: readonly number[];
  readonly useSynapsesTask: number;
  /** Empty where no stump file is loaded. */
  readonly savedStumpsPath: string;
  readonly usedSavedStumpsPathOnlyForTesting: boolean;
  readonly relearnThresholds: boolean;
  readonly saveTrainingWeights: boolean;
  readonly saveTrainingWeightsPosFileName: string;
  readonly saveTrainingWeightsNegFileName: string;
  readonly outputPlattScaling: boolean;
  readonly outputOrientationEstimate: boolean;
  readonly svox: SupervoxelSettings;
  readonly extra: ExtraSettings;
  /** Absent where a stump file is only tested. */
  readonly train?: TrainSettings;
  readonly test: readonly TestSettings[];
}
