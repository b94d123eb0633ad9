/** Measured synapses in a file: they come in any order, and are listed by their numbers. */
import type { Synapse } from "../../../analysis/synapse.ts";
import type { SynapseList } from "../synapses.ts";
import { createRecordFile, readRecordFile } from "./record_file.ts";

/** Takes up synapses. */
export interface SynapseFile {
  add(synapse: Synapse): void;
  /** Ends the file. Each time that the list is gone through, it is read again. */
  complete(): SynapseList;
  [Symbol.dispose](): void;
}

/** So many numbers have a part of the file: within it synapses lie as they came, and are sorted when they are read. */
const PART = 2 ** 14;
/** Synapses of a part that are written at once. */
const HELD = 64;
/** Numbers of a record. */
const FIELDS = 22;

/** Begins a file. @param count of the synapses, each of which comes once. @throws {UserError} where it cannot be written */
export function createSynapseFile(path: string, count: number): SynapseFile {
  const file = createRecordFile(path, FIELDS);
  const parts = Array.from({ length: Math.ceil(count / PART) }, () => ({
    held: new Float64Array(HELD * FIELDS),
    count: 0,
  }));
  const flush = (part: number, { held, count }: (typeof parts)[number]) => {
    const begin = count - 1 - (count - 1) % HELD;
    if (count > begin) file.write(part * PART + begin, held.subarray(0, (count - begin) * FIELDS));
  };
  return {
    add(synapse) {
      const number = Math.floor((synapse.id - 1) / PART);
      const part = parts[number];
      if (part === undefined) throw new RangeError(`there is no synapse ${synapse.id}`);
      part.held.set(recordOf(synapse), part.count % HELD * FIELDS);
      part.count++;
      if (part.count % HELD === 0) flush(number, part);
    },
    complete() {
      for (const [number, part] of parts.entries()) if (part.count % HELD > 0) flush(number, part);
      return { length: count, [Symbol.iterator]: () => listed(path, count) };
    },
    [Symbol.dispose]: () => file[Symbol.dispose](),
  };
}

function* listed(path: string, count: number): Generator<Synapse> {
  let first = 1;
  for (const records of readRecordFile(path, { fields: FIELDS, count, most: PART })) {
    const synapses = records.length / FIELDS;
    const places = new Uint32Array(synapses);
    for (let place = 0; place < synapses; place++) places[(records[place * FIELDS] ?? 0) - first] = place;
    for (const place of places) yield synapseIn(records, place * FIELDS);
    first += synapses;
  }
}

/** What is not known is NaN. */
function recordOf(synapse: Synapse): readonly number[] {
  const { id, voxels, centroid, box, touchesBorder, meanScore, peakScore } = synapse;
  const { direction = [NaN, NaN, NaN], agreement = NaN, length, width, thickness, elongation } = synapse;
  return [
    ...[id, voxels, ...centroid, ...box.start, ...box.shape, touchesBorder ? 1 : 0, meanScore, peakScore],
    ...[...direction, agreement, length, width, thickness, elongation],
  ];
}

function synapseIn(records: Float64Array, at: number): Synapse {
  const next = () => records[at++] ?? NaN;
  const three = () => [next(), next(), next()] as const;
  const id = next(), voxels = next(), centroid = three(), start = three(), shape = three();
  const touchesBorder = next() === 1, meanScore = next(), peakScore = next();
  const direction = three(), agreement = next();
  return {
    id,
    voxels,
    centroid,
    box: { start, shape },
    touchesBorder,
    meanScore,
    peakScore,
    direction: Number.isNaN(direction[0]) ? undefined : direction,
    agreement: Number.isNaN(agreement) ? undefined : agreement,
    length: next(),
    width: next(),
    thickness: next(),
    elongation: next(),
  };
}
