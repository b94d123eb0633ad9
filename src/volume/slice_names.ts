/** Whether the files of a stack are all its slices, each once, as far as their names tell. */
import { basename } from "node:path";
import { shorten } from "../user_error.ts";

/** Share of the files whose names must be alike for the others to be strangers among them. */
const MOST_ALIKE = 0.5;
const MOST_NAMED = 5;

/** A name as text with numbers in it. */
interface NumberedName {
  readonly path: string;
  /** In lower case, `#` for each number. */
  readonly form: string;
  readonly numbers: readonly number[];
}

/**
 * What is odd about the names of a stack's files: numbers that are missing or twice, and names unlike all others.
 * @returns what was found, in the order of the files; none where names have no numbers to go by. `isSure` is false where more numbers
 * are missing than there are, as where a few slices were picked out
 */
export function oddSlices(paths: readonly string[]): { found: readonly string[]; isSure: boolean } {
  const names = paths.map(numberedName);
  const byForm = Map.groupBy(names, ({ form }) => form);
  const [usual = [], ...others] = [...byForm.values()].sort((a, b) => b.length - a.length);
  if (usual.length < 2 || usual.length <= MOST_ALIKE * names.length) return { found: [], isSure: false };
  const found = others.flat().map(({ path }) => `${nameOf(path)} has a different kind of name`);
  const axis = sliceAxis(usual);
  if (axis === undefined) return { found, isSure: found.length > 0 };
  const doubled = twice(usual, axis);
  const gaps = gapsOf(sortedValues(usual, axis));
  const lacking = gaps.reduce((sum, { after, before, step }) => sum + (before - after) / step - 1, 0);
  const isSure = found.length + doubled.length > 0 || lacking <= usual.length;
  return { found: [...found, ...doubled, ...gaps.map(describeGap)], isSure };
}

function numberedName(path: string): NumberedName {
  const parts = basename(path).split(/(\d+)/);
  const isNumber = (_: string, index: number) => index % 2 === 1;
  return {
    path,
    form: parts.map((part, index) => isNumber(part, index) ? "#" : part.toLowerCase()).join(""),
    numbers: parts.filter(isNumber).map(Number),
  };
}

/** Which of the numbers in a name counts the slices: one that has the fewest gaps, of those that differ the most. */
function sliceAxis(names: readonly NumberedName[]): number | undefined {
  const [first] = names;
  const axes = [...(first?.numbers ?? []).keys()].map((axis) => {
    const values = sortedValues(names, axis);
    return { axis, distinct: values.length, gaps: gapsOf(values).length };
  }).filter(({ distinct }) => distinct > 1);
  if (axes.length === 0) return first === undefined || first.numbers.length === 0 ? undefined : 0;
  const most = Math.max(...axes.map(({ distinct }) => distinct));
  // where numbers make up a grid, such as time and slice, no single one counts
  const isGrid = axes.length > 1 && most < names.length * 0.9;
  if (isGrid) return undefined;
  return axes.filter(({ distinct }) => distinct === most).sort((a, b) => a.gaps - b.gaps)[0]?.axis;
}

function sortedValues(names: readonly NumberedName[], axis: number): number[] {
  return [...new Set(names.map(({ numbers }) => numbers[axis] ?? 0))].sort((a, b) => a - b);
}

/** Numbers that are missing between others: the step is the smallest that there is. */
function gapsOf(
  values: readonly number[],
): { readonly after: number; readonly before: number; readonly step: number }[] {
  const steps = values.slice(1).map((value, index) => value - (values[index] ?? 0));
  const step = Math.min(...steps);
  return steps.flatMap((found, index) =>
    found > step ? [{ after: values[index] ?? 0, before: values[index + 1] ?? 0, step }] : []
  );
}

function describeGap({ after, before, step }: ReturnType<typeof gapsOf>[number]): string {
  return before - after <= 2 * step
    ? `slice ${after + step} is missing`
    : `slices ${after + step} to ${before - step} are missing`;
}

function twice(names: readonly NumberedName[], axis: number): string[] {
  const byNumber = Map.groupBy(names, ({ numbers }) => numbers[axis] ?? 0);
  return [...byNumber].filter(([, same]) => same.length > 1).map(([number, same]) =>
    `slice ${number} occurs ${same.length} times: ${same.map(({ path }) => nameOf(path)).join(", ")}`
  );
}

function nameOf(path: string): string {
  return shorten(basename(path), 60);
}

/** Some of what is odd, for a message. */
export function describeOdd(odd: readonly string[]): string {
  const named = odd.slice(0, MOST_NAMED).join("; ");
  return odd.length > MOST_NAMED ? `${named}; and ${odd.length - MOST_NAMED} more` : named;
}
