/** Chooses what a person proofreads in a table that a run has found, by its files alone. */
import assert from "node:assert/strict";
import { csvRows } from "../../src/stages/export/table/csv_rows.ts";
import { voxelCount, wholeRegion, type Zyx } from "../../src/volume/region.ts";
import { openZarr, readRegion } from "../../src/volume/zarr/mod.ts";
import { BRUSHED, type Listed, type Roles } from "./review_play.ts";

/** Numbers of synapses, or what they teach, voxel by voxel. */
export interface Labels {
  readonly shape: Zyx;
  at(voxel: Zyx): number;
}

export async function readLabels(path: string): Promise<Labels> {
  const volume = await openZarr(path), { shape } = volume;
  const values = new (volume.dtype === "uint8" ? Uint8Array : Uint32Array)(voxelCount(shape));
  await readRegion(volume, wholeRegion(shape), values);
  return {
    shape,
    at: ([z, y, x]) => {
      const isInside = [z, y, x].every((n, axis) => n >= 0 && n < (shape[axis] ?? 0));
      return isInside ? values[(z * shape[1] + y) * shape[2] + x] ?? 0 : -1;
    },
  };
}

/** The rows of a table, by the names of their columns. */
export function readRows(csv: string): Readonly<Record<string, string>>[] {
  const [names = [], ...rows] = csvRows(csv);
  return rows.map((cells) => Object.fromEntries(names.map((name, i) => [name, cells[i] ?? ""])));
}

/** Voxels from the middle of what is shown that are surely in sight. */
const SIGHT = 44;

/** Chooses a role for each of eight synapses, and two places where there is none. @param prefix as `out-0` */
export async function chooseRoles(prefix: string): Promise<Roles> {
  const labels = await readLabels(`${prefix}-synapses.zarr`);
  const listed = readRows(`${prefix}-synapses.csv`).map((row): Listed => ({
    id: Number(row["id"]),
    voxels: Number(row["voxels"]),
    at: [Number(row["z"]), Number(row["y"]), Number(row["x"])],
  }));
  const free = new Set(listed.map(({ id }) => id));
  const take = <T extends { readonly ids: readonly number[] }>(found: T | undefined, what: string): T => {
    assert.ok(found, `no synapse to ${what}`);
    for (const id of found.ids) free.delete(id);
    return found;
  };
  const pair = take(firstOf(listed, (one) => partnerOf(one, listed, labels)), "merge");
  const split = take(
    firstOf(
      listed.filter(({ id }) => free.has(id)).sort((a, b) => b.voxels - a.voxels),
      (one) => partsOf(one, labels),
    ),
    "split",
  );
  const missed = take(firstOf(listed, (one) => emptyNear(one, labels)), "look beside");
  free.add(missed.ids[0]);
  [...pair.ids, ...split.ids].forEach((id) => free.delete(id));
  const [accepted = 0, rejected = 0, flipped = 0, unsure = 0, waiting = 0] = free;
  assert.ok(waiting > 0, `${listed.length} synapses are too few`);
  return {
    listed,
    accepted,
    rejected,
    flipped,
    unsure,
    waiting,
    split: { id: split.ids[0], parts: split.parts },
    comment: 'two of them, "side by side"',
    merged: pair,
    missed: { near: missed.ids[0], click: missed.click, brush: missed.brush },
  };
}

function firstOf<T>(listed: readonly Listed[], of: (one: Listed) => T | undefined): T | undefined {
  for (const one of listed) {
    const found = of(one);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Voxels in sight around a synapse's middle, in one slice, the nearest rows first. */
function* around({ at }: Listed, z: number): Generator<Zyx> {
  const [y, x] = [Math.round(at[1]), Math.round(at[2])];
  for (let dy = 0; dy <= SIGHT; dy = dy > 0 ? -dy : 1 - dy) {
    for (let dx = -SIGHT; dx <= SIGHT; dx++) yield [z, y + dy, x + dx];
  }
}

/** A synapse that is seen beside another, in its slice or one near. */
function partnerOf(one: Listed, listed: readonly Listed[], labels: Labels) {
  const middle = Math.round(one.at[0]);
  for (const z of [0, 1, -1, 2, -2, 4, -4, 8, -8].map((dz) => middle + dz)) {
    for (const at of around(one, z)) {
      const other = labels.at(at);
      if (other > 0 && other !== one.id && listed.some(({ id }) => id === other)) {
        return { ids: [one.id, other] as const, at };
      }
    }
  }
  return undefined;
}

/** Two voxels of a synapse far apart, in its middle slice. */
function partsOf(one: Listed, labels: Labels) {
  const own = [...around(one, Math.round(one.at[0]))].filter((at) => labels.at(at) === one.id);
  const [first] = own.sort((a, b) => a[2] - b[2] || a[1] - b[1]), last = own.at(-1);
  if (!first || !last || last[2] - first[2] < 6) return undefined;
  return { ids: [one.id] as const, parts: [first, last] as const };
}

/** Two places beside a synapse where none was found: for a click, and for a stroke in x. */
function emptyNear(one: Listed, labels: Labels) {
  const z = Math.round(one.at[0]);
  const isEmpty = ([, y, x]: Zyx, reach: number, right: number) => {
    for (let dz = -4; dz <= 4; dz++) {
      for (let dy = -reach; dy <= reach; dy++) {
        for (let dx = -reach; dx <= reach + right; dx++) {
          const label = labels.at([z + dz, y + dy, x + dx]);
          if (label > 0 || (label < 0 && dz === 0)) return false;
        }
      }
    }
    return true;
  };
  const places = [...around(one, z)].filter(([, , x]) => x + BRUSHED < one.at[2] + SIGHT);
  const brush = places.find((at) => isEmpty(at, 5, BRUSHED));
  if (brush === undefined) return undefined;
  const click = places.find((at) => Math.hypot(at[1] - brush[1], at[2] - brush[2]) > 26 && isEmpty(at, 7, 0));
  return click && { ids: [one.id] as const, click, brush };
}
