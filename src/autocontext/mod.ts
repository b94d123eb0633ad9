/** The second stage: boosted trees that see the surroundings of the first stage's scores, cell by cell. */
export { binFeature } from "./bin_feature.ts";
export { featureReach, smoothingReach } from "./cell_features.ts";
export { cellGrid, cellShape, cellsOf, computeCellMeans, voxelsOf } from "./cells.ts";
export { computeFeatures, type FeatureBlock, featureBytes } from "./compute_features.ts";
export { compileContext, type CompiledContext } from "./compile.ts";
export { contextFeatures, type NamedFeature } from "./context_features.ts";
export { LEAF_BITS, predictForest } from "./forest.ts";
export { cellBytes, smoothCells, smoothScratchBytes } from "./smooth_cells.ts";
export { learnContextTrees } from "./learn_trees.ts";
export { learnWeights } from "./learn_weights.ts";
