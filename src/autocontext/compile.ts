/** A second stage as it is applied: thresholds of features become cuts between bins. */
import type { AutoContext } from "../boosting/mod.ts";
import { UserError } from "../user_error.ts";
import type { CellFeature } from "./cell_features.ts";
import { contextFeatures } from "./context_features.ts";
import type { Forest } from "./forest.ts";

/** Trees over bins, and how features are binned. */
export interface CompiledContext {
  /** The features that any tree looks at, or that have a weight. */
  readonly features: readonly CellFeature[];
  /** Ascending cuts of each: its bin is the number of cuts that are less than it. */
  readonly cuts: readonly Float32Array<ArrayBuffer>[];
  readonly forest: Forest;
  /** What each feature adds, a unit of it; undefined where only trees count. */
  readonly weights: readonly number[] | undefined;
}

/** @throws {UserError} where the model names a feature that this version does not know */
export function compileContext({ space, features, bias, trees, weights }: AutoContext): CompiledContext {
  const known = new Map(contextFeatures([space]).map(({ name, feature }) => [name, feature]));
  const weighted = (weights ?? []).flatMap((weight, feature) => weight === 0 ? [] : [feature]);
  const used = [...new Set([...trees.flatMap((tree) => tree.features), ...weighted])].sort((a, b) => a - b);
  const thresholds = new Map(used.map((feature) => [feature, new Set<number>()]));
  for (const tree of trees) {
    for (const [level, feature] of tree.features.entries()) {
      thresholds.get(feature)?.add(Math.fround(tree.thresholds[level] ?? 0));
    }
  }
  const cuts = used.map((feature) => Float32Array.from(thresholds.get(feature) ?? []).sort());
  const placeOf = new Map(used.map((feature, place) => [feature, place]));
  return {
    features: used.map((feature) => {
      const name = features[feature] ?? "";
      const found = known.get(name);
      if (found) return found;
      throw new UserError(
        `autoContext.features: unknown feature ${JSON.stringify(name)}; the model is from another ` +
          "version, or was edited: train it again, or set autoContext = false to ignore its second stage",
      );
    }),
    cuts,
    weights: weights && used.map((feature) => weights[feature] ?? 0),
    forest: {
      bias,
      trees: trees.map((tree) => {
        const places = tree.features.map((feature) => placeOf.get(feature) ?? 0);
        return {
          features: places,
          cuts: places.map((place, level) =>
            (cuts[place] ?? new Float32Array()).indexOf(Math.fround(tree.thresholds[level] ?? 0))
          ),
          leaves: tree.leaves,
        };
      }),
    },
  };
}
