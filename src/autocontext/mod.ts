/** The second stage: boosted trees that see the surroundings of the first stage's scores, cell by cell. */
export { binFeature } from "./bin_feature.ts";
export { cellFeatures, featureReach, type FeatureSettings, smoothingReach } from "./cell_features.ts";
export { cellGrid, cellShape, cellsOf, computeCellMeans, voxelsOf } from "./cells.ts";
export { computeFeatures, type FeatureBlock, featureBytes } from "./compute_features.ts";
export { compileContext, type CompiledContext } from "./compile.ts";
export { contextFeatures, type NamedFeature } from "./context_features.ts";
export { type Forest, LEAF_BITS, predictForest, predictionBytes } from "./forest.ts";
export { cellBytes, smoothCells, smoothScratchBytes } from "./smooth_cells.ts";
export { learnContextTrees, type LearnedTrees } from "./learn_trees.ts";
export { type LearnedWeights, learnWeights } from "./learn_weights.ts";
