/** What the viewer shows, as a link that shows the same again. */
import type { ArrayInfo } from "../api.ts";
import { COLOUR_MAPS, type ColourMapName } from "./colours.ts";
import type { Point } from "./geometry.ts";

/** A view. Places are in voxels. */
export interface ViewState {
  /** Paths of the arrays; empty: none. */
  readonly raw: string;
  readonly over: string;
  readonly component: number;
  /** Voxel under the cross-hair, its middle at .5. */
  readonly at: Point;
  readonly centre: Point;
  /** Pixels a voxel; 0: what fits. */
  readonly zoom: number;
  /** Values that are black and white; the same or in wrong order: automatic contrast. */
  readonly greyLow: number;
  readonly greyHigh: number;
  readonly map: ColourMapName;
  readonly low: number;
  /** Not above `low`, such as -Infinity: the largest score that was seen. */
  readonly high: number;
  readonly threshold: number;
  readonly opacity: number;
  /** How what lies over the volume is drawn. */
  readonly drawn: "filled" | "outlines";
  /** The only plane that is shown; empty: all. */
  readonly plane: PlaneName | "";
  /** Nanometres a voxel of x and y; 0: unknown. */
  readonly voxelSize: number;
}

/** The planes, and the projection. */
export const PLANE_NAMES = ["xy", "zy", "xz", "projection"] as const;

export type PlaneName = typeof PLANE_NAMES[number];

export const DEFAULT_VIEW: ViewState = {
  raw: "",
  over: "",
  component: 0,
  at: [0, 0, 0],
  centre: [0, 0, 0],
  zoom: 0,
  greyLow: 0,
  greyHigh: 0,
  map: "fire",
  low: 0,
  high: -Infinity,
  threshold: 0,
  opacity: 0.6,
  drawn: "filled",
  plane: "",
  voxelSize: 0,
};

/**
 * The part of the address behind the question mark.
 * @param usual the threshold of what lies over the volume; a view of it follows when a new model brings another
 */
export function linkOf(view: ViewState, usual?: number): string {
  const query = new URLSearchParams();
  const point = ([z, y, x]: Point) => [x, y, z].map((n) => round(n)).join();
  query.set("raw", view.raw);
  query.set("over", view.over);
  if (view.component > 0) query.set("component", String(view.component));
  query.set("at", point(view.at));
  query.set("centre", point(view.centre));
  query.set("zoom", String(round(view.zoom)));
  if (view.greyHigh > view.greyLow) query.set("grey", `${round(view.greyLow)},${round(view.greyHigh)}`);
  query.set("map", view.map);
  const isUsual = view.threshold === usual && view.low === usual && !(view.high > view.low);
  if (!isUsual) {
    // a threshold keeps its digits, so that it finds the same voxels
    query.set("range", [view.low, ...(view.high > view.low ? [round(view.high)] : [])].join());
    query.set("threshold", String(view.threshold));
  }
  query.set("opacity", String(round(view.opacity)));
  if (view.drawn !== DEFAULT_VIEW.drawn) query.set("drawn", view.drawn);
  if (view.plane !== "") query.set("plane", view.plane);
  if (view.voxelSize > 0) query.set("nm", String(view.voxelSize));
  // Slashes and commas may stand in a fragment, and are easier to read there.
  return query.toString().replaceAll("%2F", "/").replaceAll("%2C", ",");
}

/** What a link says after its question mark. */
export function queryOf(hash: string): URLSearchParams {
  return new URLSearchParams(hash.includes("?") ? hash.slice(hash.indexOf("?") + 1) : "");
}

/** Reads a link; what it lacks or has wrong is left out, so that `#/view?scores` is the first view, whatever was looked at before. */
export function viewOfLink(hash: string): Partial<ViewState> {
  const query = queryOf(hash);
  const numbers = (name: string, count: number): number[] | undefined => {
    const found = query.get(name)?.split(",").map(Number) ?? [];
    return found.length === count && found.every(Number.isFinite) ? found : undefined;
  };
  const number = (name: string) => numbers(name, 1)?.[0];
  const point = (name: string): Point | undefined => {
    const [x, y, z] = numbers(name, 3) ?? [];
    return x === undefined || y === undefined || z === undefined ? undefined : [z, y, x];
  };
  const map = COLOUR_MAPS.find((known) => known === query.get("map"));
  const [greyLow, greyHigh] = numbers("grey", 2) ?? [];
  const [low, high] = numbers("range", 2) ?? numbers("range", 1) ?? [];
  const drawn = query.get("drawn") === "outlines" ? "outlines" as const : undefined;
  const found = {
    drawn,
    plane: PLANE_NAMES.find((known) => known === query.get("plane")),
    raw: query.get("raw") ?? undefined,
    over: query.get("over") ?? undefined,
    component: number("component"),
    at: point("at"),
    centre: point("centre"),
    zoom: number("zoom"),
    greyLow,
    greyHigh,
    map,
    low,
    high,
    threshold: number("threshold"),
    opacity: number("opacity"),
    voxelSize: number("nm"),
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}

/** A view of arrays that were not looked at yet: the middle of a test volume with its scores, else of anything. */
export function firstView(arrays: readonly ArrayInfo[], given: Partial<ViewState>): ViewState {
  const raws = arrays.filter(({ role }) => role === "raw");
  const raw = arrays.find(({ path }) => path === given.raw) ??
    raws.find((one) => arrays.some((other) => other.role === "score" && isOfSame(one, other))) ??
    raws[0] ?? arrays.find(({ role }) => role === "other");
  const over = given.over === undefined
    ? overlaysOf(arrays, raw).find((one) => one.role !== "other" && (!raw || isOfSame(one, raw)))
    : arrays.find(({ path }) => path === given.over);
  const shape = (raw ?? over)?.shape ?? [1, 1, 1];
  const middle: Point = [
    Math.floor(shape[0] / 2) + 0.5,
    Math.floor(shape[1] / 2) + 0.5,
    Math.floor(shape[2] / 2) + 0.5,
  ];
  const at = given.at ?? middle;
  return {
    ...DEFAULT_VIEW,
    centre: at,
    threshold: thresholdOf(over),
    low: thresholdOf(over),
    ...given,
    raw: raw?.path ?? "",
    over: over?.path ?? "",
    at,
  };
}

/** What a link names that is not there; empty where all is. */
export function unknownIn(arrays: readonly ArrayInfo[], { raw, over }: Partial<ViewState>): string {
  const isThere = (path: string | undefined) =>
    path === undefined || path === "" || arrays.some((array) => array.path === path);
  return [raw, over].filter((path) => !isThere(path)).join(" and ");
}

/** Whether two arrays belong to the same volume. */
export function isOfSame(a: Pick<ArrayInfo, "volumes">, b: Pick<ArrayInfo, "volumes">): boolean {
  return a.volumes.some((volume) => b.volumes.includes(volume));
}

/** Scores of a test volume as people know them, those that are looked at most first. */
const SCORES: readonly (readonly [path: RegExp, title: string])[] = [
  [/-max\.zarr$/, "synapse score"],
  [/-first\.zarr$/, "first-stage score"],
  [/./, "score of the less likely direction"],
];

/** Arrays that a run makes for itself, as people know them. */
const OWN_NAMES: readonly (readonly [path: RegExp, title: string])[] = [
  [/^scores\/\d+-direction\.zarr$/, "direction across the cleft"],
  [/^ground-truth(-\d+)?\/components\.zarr$/, "labelled synapses"],
];

/** What people call an array. */
export function titleOf({ name, path, role }: Pick<ArrayInfo, "name" | "path" | "role">): string {
  const names = role === "score" ? SCORES : OWN_NAMES;
  const title = names.find(([kind]) => kind.test(path))?.[1];
  return title ?? name.replace(/\.zarr$/, "").replace(/-[0-9a-f]{8}$/, "");
}

/** From which value on an array is shown at first. */
export function thresholdOf(array: ArrayInfo | undefined): number {
  return array?.threshold ?? DEFAULT_VIEW.threshold;
}

/** Arrays that can lie over another: those of the same size, of the same volume first, scores before labels before others. */
export function overlaysOf(arrays: readonly ArrayInfo[], raw: ArrayInfo | undefined): ArrayInfo[] {
  const rank = (array: ArrayInfo) => (!raw || isOfSame(array, raw) ? 0 : 10) + rankOf(array);
  return arrays
    .filter(({ path, shape }) =>
      path !== raw?.path && (!raw || shape.every((n, axis) => n === raw.shape[axis]))
    )
    .sort((a, b) => rank(a) - rank(b));
}

function rankOf({ role, path }: ArrayInfo): number {
  if (role === "score") return SCORES.findIndex(([kind]) => kind.test(path));
  return SCORES.length + ["labels", "components", "raw", "other"].indexOf(role);
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
