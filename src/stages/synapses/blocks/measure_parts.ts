/** Measures synapses whose parts are known: the sums of all parts are read in their order, and added up where a synapse has several. */
import { nextTurn } from "../../../engine/mod.ts";
import { measureSynapse, type Synapse } from "../../../analysis/synapse.ts";
import { createSynapseSums, SUM_FIELDS, type SynapseSums } from "../../../analysis/synapse_sums.ts";
import type { UnionFind } from "../../../analysis/union_find.ts";
import type { Zyx } from "../../../volume/region.ts";
import { tooMany } from "../../components.ts";
import type { SynapseList } from "../synapses.ts";
import { readRecordFile } from "./record_file.ts";
import { createSynapseFile } from "./synapse_file.ts";

/** Parts that belong to synapses. */
interface NumberedParts {
  /** File of their sums. */
  readonly sums: string;
  readonly sets: UnionFind;
  /** Of each part the number of its synapse, from 1; 0: of none. */
  readonly numbers: Uint32Array;
  /** How many synapses there are. */
  readonly count: number;
}

/** How to measure. */
interface MeasureOptions {
  /** How messages call the scores. */
  readonly name: string;
  readonly shape: Zyx;
  /** Length of a voxel on each axis. */
  readonly unit: Zyx;
  /** Synapses at most of which some parts are known, and others are not. */
  readonly mostWaiting: number;
  readonly signal: AbortSignal | undefined;
}

/** Parts read at once. */
const READ = 2 ** 12;

/**
 * Measures the synapses.
 * @param file is made, and read whenever the synapses are listed
 * @throws {UserError} where too many wait at once, or a file cannot be written
 */
export async function measureParts(
  { sums: path, sets, numbers, count }: NumberedParts,
  file: string,
  { name, shape, unit, mostWaiting, signal }: MeasureOptions,
): Promise<SynapseList> {
  using synapses = createSynapseFile(file, count);
  const measured = (sums: SynapseSums, at: number, id: number): Synapse => ({
    ...measureSynapse({ id: at, voxels: sums.voxels(at), box: sums.box(at) }, sums, shape, unit),
    id,
  });
  const toCome = new Uint32Array(numbers.length);
  for (const [part, id] of numbers.entries()) {
    if (id > 0) toCome[sets.find(part)] = (toCome[sets.find(part)] ?? 0) + 1;
  }
  const waiting = createWaitingSums();
  const some = createSynapseSums(READ);
  let part = 0;
  for (const records of readRecordFile(path, { fields: SUM_FIELDS, count: numbers.length, most: READ })) {
    signal?.throwIfAborted();
    some.load(0, records);
    for (let at = 0; at < records.length / SUM_FIELDS; at++, part++) {
      const id = numbers[part] ?? 0;
      if (id === 0) continue;
      const root = sets.find(part);
      const left = toCome[root] = (toCome[root] ?? 0) - 1;
      if (left === 0 && !waiting.has(root)) {
        synapses.add(measured(some, at, id));
        continue;
      }
      waiting.add(root, some.records(at, at + 1));
      if (left === 0) waiting.take(root, (sums, place) => synapses.add(measured(sums, place, id)));
      else if (waiting.size() > mostWaiting) throw tooMany(name, mostWaiting);
    }
    await nextTurn();
  }
  return synapses.complete();
}

/** Sums of synapses that have parts still to come. */
function createWaitingSums() {
  const sums = createSynapseSums(); // the first is for what is added
  const placeOf = new Map<number, number>();
  const free: number[] = [];
  return {
    size: () => placeOf.size,
    has: (root: number) => placeOf.has(root),
    add(root: number, record: Float64Array): void {
      const place = placeOf.get(root);
      if (place === undefined) {
        const own = free.pop() ?? placeOf.size + 1;
        placeOf.set(root, own);
        sums.load(own, record);
      } else {
        sums.load(0, record);
        sums.merge(0, place);
      }
    },
    take(root: number, use: (sums: SynapseSums, place: number) => void): void {
      const place = placeOf.get(root);
      if (place === undefined) throw new RangeError(`nothing is known of ${root}`);
      use(sums, place);
      placeOf.delete(root);
      free.push(place);
    },
  };
}
