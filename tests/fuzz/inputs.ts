/** The input of a number: which seed, and what is changed in it. */
import { mutateBytes, writeInteresting } from "./mutate_bytes.ts";
import { mutateJson, mutateText } from "./mutate_text.ts";
import { type Random, randomOf } from "./random.ts";
import { type Kind, KINDS, type Seed } from "./seeds.ts";

/** A mutated input. */
export interface Input {
  readonly seed: Seed;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** Input `index` of a run: kinds take turns, all else follows from the run's seed. */
export function inputOf(seeds: readonly Seed[], runSeed: number, index: number): Input {
  const kind: Kind = KINDS[index % KINDS.length] ?? "config";
  const random = randomOf(runSeed, index);
  const ofKind = seeds.filter((seed) => seed.kind === kind);
  const seed = ofKind[random.below(ofKind.length)];
  if (seed === undefined) throw new Error(`no seed of kind ${kind}`);
  const files = new Map(seed.files);
  const names = [...files.keys()].filter((name) => (files.get(name)?.length ?? 0) > 0);
  // Mostly the file that is read first: headers decide what is done with the rest.
  const changed = random.percent(70) ? names[0] : names[random.below(names.length)];
  if (changed === undefined) throw new Error(`a seed of kind ${kind} without bytes`);
  const others = ofKind.flatMap((other) => [...other.files.values()]);
  files.set(changed, mutate(kind, changed, files.get(changed) ?? new Uint8Array(0), random, others));
  if (random.percent(2)) files.delete(names[random.below(names.length)] ?? "");
  return { seed, files };
}

function mutate(
  kind: Kind,
  name: string,
  bytes: Uint8Array,
  random: Random,
  others: readonly Uint8Array[],
): Uint8Array {
  if (random.percent(40)) return mutateBytes(bytes, random, others);
  if (kind === "tiff") return mutateFields(bytes, random);
  if (kind === "hdf5" && random.percent(50)) return mutateAddresses(bytes, random);
  if (kind === "nrrd" && name === "v.nrrd") return mutateHeader(bytes, random);
  if (/\.cfg$/.test(name)) return encode(mutateText(decode(bytes), random));
  if (/zarr\.json$|\.zarray$|\.zattrs$|attributes\.json$|\/info$/.test(name)) {
    const text = decode(bytes);
    return encode(random.percent(70) ? mutateJson(text, random) : mutateText(text, random));
  }
  return mutateBytes(bytes, random, others);
}

// One byte a character, so that what is not text stays as it is.
const decode = (bytes: Uint8Array) => new TextDecoder("latin1").decode(bytes);
const encode = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0) & 255);

function mutateHeader(bytes: Uint8Array, random: Random): Uint8Array {
  const text = decode(bytes);
  const end = text.indexOf("\n\n");
  const header = end < 0 ? text : text.slice(0, end);
  return encode(mutateText(header, random) + text.slice(header.length));
}

/** Changes tags, types, counts and values of directory entries, and the links between directories. */
function mutateFields(original: Uint8Array, random: Random): Uint8Array {
  const bytes = original.slice() as Uint8Array<ArrayBuffer>;
  const entries = entriesOf(bytes);
  for (let time = 0; time < 1 + random.below(3); time++) {
    const entry = entries[random.below(entries.length)];
    if (entry === undefined) break;
    writeInteresting(bytes, entry.at + random.pick([0, 2, 4, entry.size - entry.pointer] as const), random);
  }
  return bytes;
}

function entriesOf(bytes: Uint8Array<ArrayBuffer>): { at: number; size: number; pointer: number }[] {
  const view = new DataView(bytes.buffer);
  const isLittle = bytes[0] === 0x49;
  const isBig = view.getUint16(2, isLittle) === 43;
  const [countBytes, size, pointer] = isBig ? [8, 20, 8] : [2, 12, 4];
  const read = (at: number) => isBig ? Number(view.getBigUint64(at, isLittle)) : view.getUint32(at, isLittle);
  const entries: { at: number; size: number; pointer: number }[] = [];
  for (let at = read(isBig ? 8 : 4); at !== 0;) {
    const count = isBig ? read(at) : view.getUint16(at, isLittle);
    for (let index = 0; index <= count; index++) {
      entries.push({ at: at + countBytes + index * size, size, pointer });
    }
    at = read(at + countBytes + count * size);
  }
  return entries;
}

/** Lets addresses of an HDF5 file, 8 bytes each, lead elsewhere: to where others lead, or round in a circle. */
function mutateAddresses(original: Uint8Array, random: Random): Uint8Array {
  const bytes = original.slice() as Uint8Array<ArrayBuffer>;
  const view = new DataView(bytes.buffer);
  const at: number[] = [];
  for (let place = 0; place + 8 <= bytes.length; place++) {
    const value = view.getBigUint64(place, true);
    if (value > 0n && value < BigInt(bytes.length)) at.push(place);
  }
  for (let time = 0; time < 1 + random.below(3) && at.length > 0; time++) {
    const place = at[random.below(at.length)] ?? 0;
    const other = at[random.below(at.length)] ?? 0;
    const value = random.percent(70)
      ? view.getBigUint64(other, true)
      : BigInt(random.pick([0, 1, 8, 16, other]));
    view.setBigUint64(place, value, true);
  }
  return bytes;
}
