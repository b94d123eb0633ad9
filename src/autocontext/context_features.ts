/** The features of the second stage with their names, which a model's file keeps. */
import type { ContextSpace } from "../boosting/mod.ts";
import { type CellFeature, cellFeatures } from "./cell_features.ts";

/** A feature in one of the spaces. */
export interface NamedFeature {
  readonly space: ContextSpace;
  readonly feature: CellFeature;
  /** Names it within its space. */
  readonly name: string;
}

/** The features of these spaces, one space after the other. */
export function contextFeatures(spaces: readonly ContextSpace[]): NamedFeature[] {
  return spaces.flatMap((space) =>
    cellFeatures(space).map((feature) => ({ space, feature, name: featureName(feature) }))
  );
}

/** What a feature is called, such as `score-around-8-s3-p0`. Lengths are in x/y voxels. */
function featureName(feature: CellFeature): string {
  const { kind, of, sigma } = feature;
  switch (kind) {
    case "smooth":
    case "deviation":
      return `${of}-${kind}-s${sigma}`;
    case "beside":
      return `${of}-${kind}-${feature.cells}-s${sigma}-${feature.take}`;
    case "window":
      return `${of}-${kind}-${feature.halfWidth}-s${sigma}`;
    case "around":
      return `${of}-${kind}-${feature.distance}-s${sigma}-p${feature.place}`;
  }
}
