/** Context cue boosting: poses, stumps and their file, AdaBoost, Platt scaling. */
export { boost } from "./adaboost.ts";
export { binColumn, MAX_BINS } from "./binning.ts";
export { chanceKey } from "./chance.ts";
export { type FeatureMatrix, type Round, stumpsOfRounds } from "./feature_matrix.ts";
export { fitPlatt, plattProbability, type PlattScaling, UNFITTED_PLATT } from "./platt.ts";
export { boxVoxels, distinctPose, type Pose, POSE_COUNT, poseAt, poseIndex } from "./poses.ts";
export type {
  AutoContext,
  Calibration,
  ContextSpace,
  ContextTree,
  Refinement,
  Smoothing,
} from "./refinement_file.ts";
export { refitThresholds } from "./refit.ts";
export { BYTES_PER_SAMPLE } from "./sample_state.ts";
export { betterStump, type FoundStump, NO_STUMP, type SearchTask, searchTask } from "./search.ts";
export { formatStumps, readStumpFile, writeStumpFile } from "./stump_file.ts";
export {
  fixedThreshold,
  type Model,
  roundsPerModel,
  type Stump,
  sumOfAlphas,
  sumThreshold,
  thresholdOfCut,
} from "./stumps.ts";
