/** The columns of a table of synapses as people read them, and which of them are shown. */
import { useState } from "preact/hooks";
import { REVIEWS, type SynapseRows, valueAt } from "../../analysis/synapse_columns.ts";
import { remember, remembered } from "./memory.ts";
import { REVIEW_COLUMN } from "./review/review_column.ts";

/** A column. */
export interface Column {
  /** In the CSV. */
  readonly name: string;
  readonly title: string;
  /** Digits behind the point. */
  readonly digits: number;
  /** What it says. */
  readonly about: string;
  /** Shown where nothing else was chosen. */
  readonly isUsual?: boolean;
}

const UNIT = "unit", BORDER = "touches_border";

/** In the order of the CSV; then the review, which the CSV of a run does not have. */
export const COLUMNS: readonly Column[] = [
  { name: "id", title: "Synapse", digits: 0, about: "its number, as in the label volume", isUsual: true },
  ...forAxes((axis) => ({ name: axis, title: axis, digits: 1, about: "centre, voxels", isUsual: true })),
  ...forAxes((axis) => ({ name: `${axis}_nm`, title: `${axis}, nm`, digits: 1, about: "centre, nm" })),
  ...forAxes((axis) => ({
    name: `${axis}_from`,
    title: `${axis} from`,
    digits: 0,
    about: "first voxel of its box",
  })),
  ...forAxes((axis) => ({
    name: `${axis}_to`,
    title: `${axis} to`,
    digits: 0,
    about: "last voxel of its box",
  })),
  { name: "voxels", title: "Voxels", digits: 0, about: "size", isUsual: true },
  { name: "volume_um3", title: "Volume, µm³", digits: 6, about: "size" },
  { name: "mean_score", title: "Mean score", digits: 2, about: "how sure, over all voxels", isUsual: true },
  { name: "peak_score", title: "Peak score", digits: 2, about: "how sure at the best voxel", isUsual: true },
  ...forAxes((axis) => ({
    name: `d${axis}`,
    title: `Direction ${axis}`,
    digits: 2,
    about: "from the cleft to the vesicles, -1 to 1",
  })),
  {
    name: "agreement",
    title: "Agreement",
    digits: 2,
    about: "of its voxels' directions, 0 to 1",
    isUsual: true,
  },
  { name: "length", title: "Length", digits: 1, about: "along the cleft", isUsual: true },
  { name: "width", title: "Width", digits: 1, about: "along the cleft, the shorter way", isUsual: true },
  { name: "thickness", title: "Thickness", digits: 1, about: "across the cleft", isUsual: true },
  { name: "elongation", title: "Elongation", digits: 2, about: "length divided by width" },
  { name: UNIT, title: "Unit", digits: 0, about: "of length, width and thickness" },
  { name: BORDER, title: "At the border", digits: 0, about: "may be cut off there", isUsual: true },
  { name: REVIEW_COLUMN, title: "Review", digits: 0, about: "what was said of it", isUsual: true },
];

function forAxes(columnOf: (axis: string) => Column): Column[] {
  return ["x", "y", "z"].map(columnOf);
}

/** The column with the rows' links, which is always shown. */
export const LINK_COLUMN = "id";

/** Whether rows can be kept by their least and largest number; what is said in words has its own fields. */
export function hasLimits({ name }: Column): boolean {
  return name !== UNIT && name !== BORDER && name !== REVIEW_COLUMN;
}

/** The columns that a table has. @param others those that were not fetched yet */
export function columnsOf(rows: SynapseRows, others: readonly string[]): readonly Column[] {
  return COLUMNS.filter(({ name }) =>
    rows.columns.has(name) || others.includes(name) || name === UNIT && rows.unit !== ""
  );
}

/** What people read of a column. */
export function titleOf(name: string): string {
  return COLUMNS.find((column) => column.name === name)?.title ?? name;
}

/** What a cell says. */
export function cellText(rows: SynapseRows, { name, digits }: Column, row: number): string {
  if (name === UNIT) return rows.unit;
  if (!rows.columns.has(name)) return "…"; // on its way
  const value = valueAt(rows, name, row);
  if (name === REVIEW_COLUMN) return value > 0 ? REVIEWS[value] ?? "" : "";
  if (name === BORDER) return value === 1 ? "yes" : "";
  return Number.isNaN(value) ? "" : value.toFixed(digits);
}

const KEY = "columns of synapses";
const USUAL = COLUMNS.filter(({ isUsual }) => isUsual).map(({ name }) => name);

/** Which columns are shown; the browser remembers. */
export function useShownColumns() {
  const [shown, setShown] = useState<readonly string[]>(() => namesIn(remembered(KEY)));
  const choose = (names: readonly string[]) => {
    setShown(names);
    remember(KEY, names.join() === USUAL.join() ? "" : names.join());
  };
  return {
    shown,
    isUsual: shown.join() === USUAL.join(),
    show: (name: string, isShown: boolean) =>
      choose(
        COLUMNS.map((column) => column.name).filter((one) => one === name ? isShown : shown.includes(one)),
      ),
    reset: () => choose(USUAL),
  };
}

/** What was chosen; the usual ones where nothing was. */
function namesIn(text: string): readonly string[] {
  if (text === "") return USUAL;
  const names = text.split(",");
  return COLUMNS.map(({ name }) => name).filter((name) => name === LINK_COLUMN || names.includes(name));
}
