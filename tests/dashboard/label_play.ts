/** What plays of the labelling page share: where voxels are on it, how they are painted, and what the server says. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import type { Fixture, FixtureSynapse } from "../../fixtures/fixture.ts";
import type { LabelState } from "../../src/dashboard/api.ts";
import {
  middleOfVoxel,
  PLANES,
  type PlaneView,
  type Point,
  toPixel,
} from "../../src/dashboard/page/geometry.ts";
import { fittingZoom } from "../../src/dashboard/page/viewer_moves.ts";
import { WAIT } from "../helpers/browser_play.ts";
import { ask } from "../helpers/serving.ts";

const XY = PLANES[0] ?? assert.fail();

/** The large plane as the page shows it at first, and its place on the page. */
export interface LargePlane {
  readonly view: PlaneView;
  readonly left: number;
  readonly top: number;
}

/** Where the large plane is, which has not been moved or zoomed yet. */
export async function largePlane(page: Page, shape: Point, anisotropy: number): Promise<LargePlane> {
  const [place, canvas] = await page.evaluate(() => {
    const sizeOf = (selector: string) => {
      const element = document.querySelector(selector);
      return element
        ? {
          clientWidth: element.clientWidth,
          clientHeight: element.clientHeight,
          ...element.getBoundingClientRect().toJSON(),
        }
        : {};
    };
    return [sizeOf(".label-large"), sizeOf(".label-large canvas")];
  });
  const zoom = fittingZoom(place as HTMLElement, shape, anisotropy, true);
  const centre: Point = [shape[0] / 2, shape[1] / 2, shape[2] / 2];
  const { clientWidth: width, clientHeight: height, left, top } = canvas;
  return { view: { plane: XY, centre, zoom, anisotropy, width, height }, left: left + 1, top: top + 1 };
}

/** Goes to a slice by the slider. */
export async function goToSlice(page: Page, z: number): Promise<void> {
  await page.locator(".label-large").getByRole("slider", { name: "Slice along z" }).fill(String(z));
  await page.getByLabel(`Plane x y at z ${z}`, { exact: true }).waitFor();
}

/** Drags the left button along the middles of voxels. */
export async function paintAlong(
  page: Page,
  { view, left, top }: LargePlane,
  path: readonly Point[],
): Promise<void> {
  for (const [i, voxel] of path.entries()) {
    const [across, down] = toPixel(view, middleOfVoxel(voxel));
    await page.mouse.move(left + across, top + down);
    if (i === 0) await page.mouse.down();
  }
  await page.mouse.up();
}

/** Paints the synapses of a new project where they are, each in its slices. */
export async function paintSynapses(
  page: Page,
  plane: LargePlane,
  fixture: Fixture,
  synapses: readonly FixtureSynapse[],
): Promise<void> {
  for (let i = 0; i < 4; i++) await page.keyboard.press("["); // 2 voxels wide
  for (const [i, { position }] of synapses.entries()) {
    if (i > 0) {
      await page.keyboard.press("n");
      await page.getByText(`On which side of synapse ${i} are the vesicles?`).waitFor();
      await page.keyboard.press("Escape");
      await page.locator("li[aria-current]").getByText(`synapse ${i + 1}`).waitFor();
    }
    for (const path of pathsOf(fixture, position)) {
      await goToSlice(page, path[0]?.[0] ?? 0);
      await paintAlong(page, plane, path);
    }
  }
}

/** Waits until the page says that all is saved. */
export async function saved(page: Page): Promise<void> {
  await page.waitForFunction(() =>
    document.querySelector("[data-testid=saved]")?.textContent?.startsWith("saved")
  );
}

export async function stateOf(url: string): Promise<LabelState> {
  return await ask<LabelState>(url, "/api/label");
}

/** Waits until the state of the project is so. Returns it. */
export async function until(url: string, isSo: (state: LabelState) => boolean): Promise<LabelState> {
  for (const end = Date.now() + WAIT;;) {
    const state = await stateOf(url);
    if (isSo(state)) return state;
    if (Date.now() > end) throw new Error(`it stays ${JSON.stringify(state).slice(0, 500)}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

/** Places of a synapse in each slice that it lies in, in an order in which a hand would draw it. */
export function pathsOf({ labels, shape: [nz, ny, nx] }: Fixture, position: Point): Point[][] {
  const at = ([z, y, x]: Point) => (z * ny + y) * nx + x;
  const found = new Set([at(position)]);
  const open: Point[] = [position];
  for (let next = open.pop(); next; next = open.pop()) {
    const [z, y, x] = next;
    for (
      const [dz, dy, dx] of [[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]] as const
    ) {
      const other: Point = [z + dz, y + dy, x + dx];
      const isInside = other[0] >= 0 && other[0] < nz && other[1] >= 0 && other[1] < ny && other[2] >= 0 &&
        other[2] < nx;
      if (!isInside || labels[at(other)] !== 255 || found.has(at(other))) continue;
      found.add(at(other));
      open.push(other);
    }
  }
  const slices = new Map<number, Point[]>();
  for (const i of [...found].sort((a, b) => a - b)) {
    const z = Math.floor(i / nx / ny);
    slices.set(z, [...slices.get(z) ?? [], [z, Math.floor(i / nx) % ny, i % nx]]);
  }
  return [...slices.values()].map(inOrder);
}

/** Along the longer axis of a slice's part, over all of every second row. */
function inOrder(points: readonly Point[]): Point[] {
  const spread = (axis: 1 | 2) =>
    Math.max(...points.map((p) => p[axis])) - Math.min(...points.map((p) => p[axis]));
  const axis = spread(1) > spread(2) ? 1 : 2;
  const other = axis === 1 ? 2 : 1;
  const rows = new Map<number, number[]>();
  for (const point of points) rows.set(point[axis], [...rows.get(point[axis]) ?? [], point[other]]);
  const z = points[0]?.[0] ?? 0;
  return [...rows].sort(([a], [b]) => a - b).filter((_, i, all) => i % 2 === 0 || i === all.length - 1)
    .flatMap(([along, across], i) => {
      const ends = [Math.min(...across), Math.max(...across)];
      const way = i % 2 === 0 ? ends : ends.reverse();
      return way.map((to): Point => axis === 1 ? [z, along, to] : [z, to, along]);
    });
}
