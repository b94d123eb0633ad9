/** Chances of an input that are the same each time. */
import { seededRandom } from "../helpers/seeded_random.ts";

/** Numbers that follow from a seed alone. */
export interface Random {
  /** A whole number from 0 to `below - 1`. */
  below(below: number): number;
  /** One of some values. */
  pick<T>(values: readonly [T, ...T[]]): T;
  /** Whether something with so many percent of chance happens. */
  percent(chance: number): boolean;
}

/** The random numbers of an input: mulberry32 of seed and index. */
export function randomOf(seed: number, index: number): Random {
  const next = seededRandom((Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b)) | 0);
  const below = (limit: number) => Math.floor(next() * limit);
  return {
    below,
    pick: (values) => values[below(values.length)] ?? values[0],
    percent: (chance) => below(100) < chance,
  };
}
