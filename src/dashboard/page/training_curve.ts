/** The rounds of training as curves: models that are boosted one after another lie side by side. */
import type { RunSummary } from "../api.ts";
import type { RoundRow } from "../../run/telemetry.ts";

/** Places, then values of each curve; null parts the models. */
export interface TrainingCurve {
  readonly rounds: readonly number[];
  readonly curves: readonly (readonly (number | null)[])[];
}

const CURVES = [1, 2, 3] as const;

/** Curves of weighted error, alpha and training error, with a gap between one model and the next. */
export function trainingCurve(rows: readonly RoundRow[], models: RunSummary["models"]): TrainingCurve {
  const rounds: number[] = [];
  const curves: (number | null)[][] = CURVES.map(() => []);
  let before = 1;
  for (const row of [...rows].sort((a, b) => a[0] - b[0])) {
    const { model } = placeOfRound(row[0], models);
    if (model !== before && rounds.length > 0) {
      rounds.push(row[0] - 0.5);
      for (const curve of curves) curve.push(null);
    }
    before = model;
    rounds.push(row[0]);
    for (const [i, column] of CURVES.entries()) curves[i]?.push(row[column]);
  }
  return { rounds, curves };
}

/** Model and round, both from 1, of a round that is numbered over all models. */
export function placeOfRound(number: number, models: RunSummary["models"]): { model: number; round: number } {
  const { rounds } = models ?? { rounds: Infinity };
  const model = Number.isFinite(rounds) ? Math.ceil(number / rounds) : 1;
  return { model, round: number - (model > 1 ? (model - 1) * rounds : 0) };
}

/** What people read of a round. */
export function roundText(number: number | null, models: RunSummary["models"]): string {
  if (number === null) return "";
  const { model, round } = placeOfRound(Math.ceil(number), models);
  return models && models.count > 1 ? `model ${model} of ${models.count}, round ${round}` : `round ${round}`;
}
