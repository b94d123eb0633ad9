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
  readonly greyLow: number;
  readonly greyHigh: number;
  readonly map: ColourMapName;
  readonly low: number;
  /** Not above `low`: the largest score that was seen. */
  readonly high: number;
  readonly threshold: number;
  readonly opacity: number;
  /** Nanometres a voxel of x and y; 0: unknown. */
  readonly voxelSize: number;
}

export const DEFAULT_VIEW: ViewState = {
  raw: "",
  over: "",
  component: 0,
  at: [0, 0, 0],
  centre: [0, 0, 0],
  zoom: 0,
  greyLow: 0,
  greyHigh: 255,
  map: "fire",
  low: 0,
  high: 0,
  threshold: 0,
  opacity: 0.6,
  voxelSize: 0,
};

/** The part of the address behind the question mark. */
export function linkOf(view: ViewState): string {
  const query = new URLSearchParams();
  const point = ([z, y, x]: Point) => [x, y, z].map((n) => round(n)).join();
  query.set("raw", view.raw);
  query.set("over", view.over);
  if (view.component > 0) query.set("component", String(view.component));
  query.set("at", point(view.at));
  query.set("centre", point(view.centre));
  query.set("zoom", String(round(view.zoom)));
  query.set("grey", `${round(view.greyLow)},${round(view.greyHigh)}`);
  query.set("map", view.map);
  query.set("range", `${round(view.low)},${round(view.high)}`);
  query.set("threshold", String(round(view.threshold)));
  query.set("opacity", String(round(view.opacity)));
  if (view.voxelSize > 0) query.set("nm", String(view.voxelSize));
  // Slashes and commas may stand in a fragment, and are easier to read there.
  return query.toString().replaceAll("%2F", "/").replaceAll("%2C", ",");
}

/** Reads a link; what it lacks or has wrong is left out. */
export function viewOfLink(hash: string): Partial<ViewState> {
  const query = new URLSearchParams(hash.includes("?") ? hash.slice(hash.indexOf("?") + 1) : "");
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
  const [low, high] = numbers("range", 2) ?? [];
  const found = {
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
    raws.find(({ volume }) => arrays.some((other) => other.role === "score" && other.volume === volume)) ??
    raws[0];
  const over = given.over === undefined
    ? overlaysOf(arrays, raw).find(({ volume }) => volume === raw?.volume || !raw)
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
    ...given,
    raw: raw?.path ?? "",
    over: over?.path ?? "",
    at,
  };
}

/** Scores of a test volume as people know them, those that are looked at most first. */
const SCORES: readonly (readonly [path: RegExp, title: string])[] = [
  [/-max\.zarr$/, "synapse score"],
  [/-first\.zarr$/, "score without its surroundings"],
  [/./, "score of the less likely direction"],
];

/** What people call an array. */
export function titleOf({ name, path, role }: Pick<ArrayInfo, "name" | "path" | "role">): string {
  const title = role === "score" ? SCORES.find(([kind]) => kind.test(path))?.[1] : undefined;
  return title ?? name.replace(/\.zarr$/, "").replace(/-[0-9a-f]{8}$/, "");
}

/** From which value on an array is shown at first. */
export function thresholdOf(array: ArrayInfo | undefined): number {
  return array?.threshold ?? DEFAULT_VIEW.threshold;
}

/** Arrays that can lie over another: those of the same size, of the same volume first, scores before others. */
export function overlaysOf(arrays: readonly ArrayInfo[], raw: ArrayInfo | undefined): ArrayInfo[] {
  const rank = ({ volume, role, path }: ArrayInfo) =>
    (volume === raw?.volume ? 0 : 10) +
    (role === "score" ? SCORES.findIndex(([kind]) => kind.test(path)) : role === "labels" ? 1.5 : 3);
  return arrays
    .filter(({ path, shape }) =>
      path !== raw?.path && (!raw || shape.every((n, axis) => n === raw.shape[axis]))
    )
    .sort((a, b) => rank(a) - rank(b));
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
