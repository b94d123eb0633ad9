/** Context cue boosting: poses, stumps and their file, AdaBoost, Platt scaling. */
export { boost, type BoostOptions, type BoostResult, type RoundProgress } from "./adaboost.ts";
export { binColumn, type BinnedColumn, MAX_BINS } from "./binning.ts";
export { chanceKey } from "./chance.ts";
export { type CandidateTable, type FeatureMatrix, type Round, stumpsOfRounds } from "./feature_matrix.ts";
export { fitPlatt, plattProbability, type PlattScaling, UNFITTED_PLATT } from "./platt.ts";
export {
  boxVoxels,
  distinctPose,
  isPoseIndex,
  MAX_POSE_DISTANCE,
  MAX_POSE_RADIUS,
  type Pose,
  POSE_COUNT,
  poseAt,
  poseIndex,
} from "./poses.ts";
export type {
  AutoContext,
  Calibration,
  ContextSpace,
  ContextTree,
  Refinement,
  Smoothing,
} from "./refinement_file.ts";
export { type RefitOptions, type RefitResult, refitThresholds, scoreSamples } from "./refit.ts";
export { BYTES_PER_SAMPLE } from "./sample_state.ts";
export {
  betterStump,
  type FoundStump,
  NO_STUMP,
  type SearchedFeatures,
  type SearchTask,
  searchTask,
} from "./search.ts";
export {
  formatStumps,
  parseStumps,
  readStumpFile,
  type StumpFileOptions,
  writeStumpFile,
} from "./stump_file.ts";
export {
  describeStump,
  fixedThreshold,
  meanThreshold,
  type Model,
  type Quantisation,
  roundsPerModel,
  type Stump,
  sumOfAlphas,
  sumThreshold,
  thresholdOfCut,
} from "./stumps.ts";
