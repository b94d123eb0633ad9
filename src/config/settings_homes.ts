/** In which groups keys stand, for a key that was written into another group. */
import { EXTRA_KEYS, POLARITY_KEYS, SVOX_KEYS, TEST_KEYS, TOP_KEYS, TRAIN_KEYS } from "./settings_table.ts";

/** Groups by what is written before the names of their keys. */
const GROUPS: readonly (readonly [prefix: string, keys: object])[] = [
  ["", TOP_KEYS],
  ["train.", TRAIN_KEYS],
  ["test[0].", TEST_KEYS],
  ["svox.", SVOX_KEYS],
  ["extra.", EXTRA_KEYS],
  ["train.ccPolarity[0].", POLARITY_KEYS],
];

/** The full names of the keys that are called so, upper and lower case being equal; none where there is no such key. */
export function homesOf(key: string): readonly string[] {
  const wanted = key.toLowerCase();
  return GROUPS.flatMap(([prefix, keys]) =>
    Object.keys(keys).filter((known) => known.toLowerCase() === wanted).map((known) => prefix + known)
  );
}
