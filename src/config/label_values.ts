/** Which values of a label volume are negative and which positive, as users write it. */

/** What `labels` is unless it is given: 0 negative, 255 positive, others ignored. */
export const PAINTED_LABELS = "0/255";

/** Values of one kind: those listed, or all that are not of the other kind. */
export type LabelSide = "others" | readonly number[];

/** How values are to be understood. Values are signed: the largest ones of 64 bits are -1, -2, ... */
type LabelRule =
  /** Identities: 0, or the largest value of the type, is the background. */
  | { readonly kind: "ids" }
  /** Two values, of which the lower is negative. */
  | { readonly kind: "binary" }
  | { readonly kind: "values"; readonly negative: LabelSide; readonly positive: LabelSide };

/** What messages say that can be written. */
export const LABELS_EXPECTED =
  `"${PAINTED_LABELS}", "ids", "binary", or NEGATIVE/POSITIVE, each one or more integers, separated by commas, or * for all others, ` +
  'such as "1/2" or "0,7/*"';

/** Understands `ids`, `binary`, `0/255`, `1/2`, `0,255/*`; undefined for anything else. */
export function parseLabels(text: string): LabelRule | undefined {
  if (text === "ids" || text === "binary") return { kind: text };
  const [negative, positive, ...more] = text.split("/").map(readSide);
  if (negative === undefined || positive === undefined || more.length > 0) return undefined;
  if (negative === "others" || positive === "others") {
    return negative === positive ? undefined : { kind: "values", negative, positive };
  }
  return negative.some((value) => positive.includes(value))
    ? undefined
    : { kind: "values", negative, positive };
}

function readSide(text: string): LabelSide | undefined {
  if (text.trim() === "*") return "others";
  const values = text.split(",").map((part) => readValue(part.trim()));
  const valid = values.filter((value) => value !== undefined);
  return valid.length === values.length ? valid : undefined;
}

/** A value of up to 64 bits; undefined where it is none, or one that a number does not hold. */
function readValue(text: string): number | undefined {
  if (!/^[+-]?\d{1,20}$/.test(text)) return undefined;
  const whole = BigInt(text.replace("+", ""));
  if (whole >= 2n ** 64n || whole < -(2n ** 63n)) return undefined;
  const value = Number(BigInt.asIntN(64, whole));
  return Number.isSafeInteger(value) ? value : undefined;
}

/** A value as its file has it. @param dtype of the file */
export function formatLabel(value: number, dtype: string): string {
  if (dtype === "uint64" && value < 0) return String(2n ** 64n + BigInt(value));
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? BigInt(value).toString() : String(value);
}
