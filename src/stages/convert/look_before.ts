/** What must be known of all values of an input before the first is converted. */
import { dirname } from "node:path";
import { UserError } from "../../user_error.ts";
import { describeValues, labelAdvice } from "../label_counts.ts";
import { countLabels, describeMeaning, findMeaning, labelsOf } from "./labels.ts";
import { type ConvertOptions, DEFAULT_MEMORY } from "./options.ts";
import { percentileRange } from "./rescale.ts";

/**
 * Reads an input as often as that takes.
 * @returns attributes of its Zarr copy: which values become 0 and 255, or what those of labels mean
 */
export async function lookBefore(input: string, outZarr: string, options: ConvertOptions): Promise<object> {
  const labels = labelsOf(options);
  if (labels !== undefined) {
    const found = await countLabels(input, reading(outZarr, options));
    const meaning = findMeaning(input, labels, found);
    options.onLabels?.(describeMeaning(meaning, found));
    return { labels: meaning };
  }
  const { rescale } = options;
  if (rescale === undefined) return {};
  return { rescaled: rescale === "auto" ? await percentileRange(input, reading(outZarr, options)) : rescale };
}

/** The error for labels that are not painted ones though nothing else was said: it names their values. */
export async function unexpectedLabels(
  input: string,
  outZarr: string,
  options: ConvertOptions,
  cause: UserError,
): Promise<UserError> {
  const found = await countLabels(input, reading(outZarr, options));
  return new UserError(
    `${input}: has labels other than 0 to 255: ${describeValues(found)}; expected 0 (negative), 255 ` +
      `(positive) and others that are ignored: ${labelAdvice(found)}`,
    { cause },
  );
}

function reading(outZarr: string, { memory = DEFAULT_MEMORY, signal, onRange, onPadding }: ConvertOptions) {
  Deno.mkdirSync(dirname(outZarr), { recursive: true });
  return { memory, spill: `${outZarr}.range.partial`, signal, onProgress: onRange, onPadding };
}
