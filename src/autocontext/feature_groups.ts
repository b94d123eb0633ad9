/** Lists of features, divided by what is computed at once. */
import { zipAxes, type Zyx } from "../volume/region.ts";
import { type CellFeature, featureOffset, type FeatureSettings, type Source } from "./cell_features.ts";

type Kind = CellFeature["kind"];
/** Features of one kind. */
export type Of<K extends Kind> = Extract<CellFeature, { kind: K }>;

/** A feature and its index in the list. */
export interface Listed<F extends CellFeature = CellFeature> {
  readonly index: number;
  readonly feature: F;
}

/** Features that look at one source smoothed at one scale, which is computed once for all of them. */
export interface Group {
  readonly of: Source;
  readonly sigma: number;
  /** How far they look in it, in cells on each axis. */
  readonly offset: Zyx;
  readonly listed: readonly Listed[];
}

/** All features with their indices. */
export function listed(features: readonly CellFeature[]): Listed[] {
  return features.map((feature, index) => ({ index, feature }));
}

/** Those of one kind. */
export function listedOf<K extends Kind>(all: readonly Listed[], kind: K): Listed<Of<K>>[] {
  return all.flatMap(({ index, feature }) => isOf(feature, kind) ? [{ index, feature }] : []);
}

function isOf<K extends Kind>(feature: CellFeature, kind: K): feature is Of<K> {
  return feature.kind === kind;
}

/** All but deviations, by what they look at. */
export function groupsOf(features: readonly CellFeature[], settings: FeatureSettings): Group[] {
  const others = listed(features).filter(({ feature }) => feature.kind !== "deviation");
  const groups = Map.groupBy(others, ({ feature: { of, sigma } }) => `${of} ${sigma}`);
  return [...groups.values()].flatMap((listed) => {
    const [first] = listed;
    if (!first) return [];
    const { of, sigma } = first.feature;
    const offset = listed
      .map(({ feature }) => featureOffset(feature, settings))
      .reduce((a, b) => zipAxes(Math.max, a, b));
    return [{ of, sigma, offset, listed }];
  });
}

/** What lies around, by distance. */
export function byDistance(group: readonly Listed[]): Map<number, Listed<Of<"around">>[]> {
  return Map.groupBy(listedOf(group, "around"), ({ feature }) => feature.distance);
}
