/** Where the synapses of a table are, and which of them are those of another table. */
import { createHash } from "node:crypto";
import type { Region } from "../../../volume/region.ts";
import { PLACE_NUMBERS, type SynapsePlace } from "./records.ts";

/** The places of a table's synapses. */
export interface TablePlaces {
  readonly count: number;
  /** The same for tables with the same synapses, whatever else was measured of them. */
  readonly fingerprint: string;
  /** @param id from 1 */
  place(id: number): SynapsePlace;
  /** As `matchPlaces`; what was found last for each other table is kept. @param fingerprint of the other table */
  match(fingerprint: string, old: ReadonlyMap<number, SynapsePlace>): ReadonlyMap<number, number>;
}

/** @param values of one synapse after the other, as in `SynapsePlace` */
export function tablePlaces(values: Uint32Array): TablePlaces {
  const kept = new Map<string, { readonly of: string; readonly found: ReadonlyMap<number, number> }>();
  const places = {
    count: values.length / PLACE_NUMBERS,
    fingerprint: createHash("sha256").update(new Uint8Array(values.buffer)).digest("hex"),
    place: (id: number) => [...values.subarray((id - 1) * PLACE_NUMBERS, id * PLACE_NUMBERS)],
  };
  return {
    ...places,
    match(fingerprint, old) {
      const of = [...old.keys()].join();
      const known = kept.get(fingerprint);
      if (known?.of === of) return known.found;
      const found = matchPlaces(old, places);
      kept.set(fingerprint, { of, found });
      return found;
    },
  };
}

/** The places of synapses in memory, in the order of their numbers. */
export function placesOf(
  synapses: readonly { readonly box: Region; readonly voxels: number }[],
): TablePlaces {
  const values = new Uint32Array(synapses.length * PLACE_NUMBERS);
  for (const [i, { box, voxels }] of synapses.entries()) {
    values.set([...box.start, ...box.shape, voxels], i * PLACE_NUMBERS);
  }
  return tablePlaces(values);
}

/** Boxes that share less of what they cover, or synapses whose sizes differ by more, are not the same synapse. */
const LEAST_SHARED = 0.5;
const MOST_LARGER = 2;

/** Edge of the cells in which boxes are looked up, voxels, and cells that a box may cover before it is looked up by itself. */
const CELL = 64;
const MOST_CELLS = 4096;

/**
 * Finds synapses of another table in this one: the boxes share at least half of what they cover together, and the sizes differ by a factor
 * of two at most. Each is matched with one at most, the best pairs first.
 * @param old by their numbers in the other table
 * @returns numbers in this table by those in the other
 */
export function matchPlaces(
  old: ReadonlyMap<number, SynapsePlace>,
  table: Pick<TablePlaces, "count" | "place">,
): Map<number, number> {
  const { at } = indexOf(old);
  const pairs: { readonly from: number; readonly to: number; readonly shared: number }[] = [];
  for (let id = 1; id <= table.count && old.size > 0; id++) {
    const place = table.place(id);
    for (const [from, other] of at(place)) {
      const shared = sharedOf(other, place);
      const [a = 0, b = 0] = [other[6], place[6]];
      if (shared >= LEAST_SHARED && Math.max(a, b) <= MOST_LARGER * Math.min(a, b)) {
        pairs.push({ from, to: id, shared });
      }
    }
  }
  pairs.sort((a, b) => b.shared - a.shared || a.from - b.from || a.to - b.to);
  const found = new Map<number, number>();
  const taken = new Set<number>();
  for (const { from, to } of pairs) {
    if (found.has(from) || taken.has(to)) continue;
    found.set(from, to);
    taken.add(to);
  }
  return found;
}

/** Looks boxes up by the middle of another, which lies in each that shares half with it. */
function indexOf(old: ReadonlyMap<number, SynapsePlace>) {
  type Entry = readonly [id: number, place: SynapsePlace];
  const cells = new Map<string, Entry[]>();
  const large: Entry[] = [];
  for (const entry of old) {
    const [, place] = entry;
    const range = [0, 1, 2].map((axis) => {
      const from = place[axis] ?? 0;
      return [Math.floor(from / CELL), Math.floor((from + (place[axis + 3] ?? 0)) / CELL)] as const;
    });
    if (range.reduce((all, [from, to]) => all * (to - from + 1), 1) > MOST_CELLS) {
      large.push(entry);
      continue;
    }
    const [[z0, z1], [y0, y1], [x0, x1]] = range as [Span, Span, Span];
    for (let z = z0; z <= z1; z++) {
      for (let y = y0; y <= y1; y++) {
        for (let x = x0; x <= x1; x++) {
          const key = `${z},${y},${x}`;
          const known = cells.get(key);
          if (known) known.push(entry);
          else cells.set(key, [entry]);
        }
      }
    }
  }
  return {
    at(place: SynapsePlace): Entry[] {
      const key = [0, 1, 2].map((axis) =>
        Math.floor(((place[axis] ?? 0) + (place[axis + 3] ?? 0) / 2) / CELL)
      ).join();
      return [...cells.get(key) ?? [], ...large];
    },
  };
}

type Span = readonly [from: number, to: number];

/** Intersection over union of two boxes. */
function sharedOf(a: SynapsePlace, b: SynapsePlace): number {
  let both = 1, ofA = 1, ofB = 1;
  for (const axis of [0, 1, 2]) {
    const [fromA = 0, fromB = 0] = [a[axis], b[axis]];
    const [lengthA = 0, lengthB = 0] = [a[axis + 3], b[axis + 3]];
    both *= Math.max(0, Math.min(fromA + lengthA, fromB + lengthB) - Math.max(fromA, fromB));
    ofA *= lengthA;
    ofB *= lengthB;
  }
  return both / (ofA + ofB - both);
}
