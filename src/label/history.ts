/** What the log of a project tells, record by record: its synapses, what can be undone, and which strokes it knows. */
import type { RecordPlace } from "../engine/mod.ts";
import type { LabelRecord, NamedObject } from "./records.ts";
import { type Judged, LABEL } from "./state.ts";

/** What is known without reading the log again. */
export interface History {
  /** Number of the last record. */
  readonly seq: number;
  /** When it was made. */
  readonly at: string;
  /** By id. */
  readonly objects: ReadonlyMap<number, NamedObject>;
  /** The id of the next synapse; none is used twice. */
  readonly nextId: number;
  /** The change that is undone next, and the one that is done again next. */
  readonly undone: number | undefined;
  readonly redone: number | undefined;
  /** Where the record of a change is. @param seq its number */
  placeOf(seq: number): RecordPlace;
  /** The number of the record of a stroke that is known. */
  seqOf(stroke: string): number | undefined;
  /** Candidates that were judged, oldest first. */
  readonly judged: readonly Judged[];
  /** The last record of a change of voxels. */
  readonly last: LabelRecord | undefined;
  /** Takes the next record. */
  take(record: LabelRecord, place: RecordPlace): void;
}

/** Begins a history without records. @param begun when, ISO 8601 */
export function createHistory(begun: string): History {
  const objects = new Map<number, NamedObject>();
  const places = new Map<number, RecordPlace>();
  const strokes = new Map<string, number>();
  const removals = new Map<number, NamedObject>();
  /** Synapses of imports, as they are or, once undone, were. */
  const imports = new Map<number, readonly NamedObject[]>();
  const done: number[] = [];
  const undone: number[] = [];
  const judged: Judged[] = [];
  let seq = 0;
  let at = begun;
  let nextId: number = LABEL.first;
  let last: LabelRecord | undefined;
  const add = ({ id, name, polarity }: NamedObject) => {
    objects.set(id, { id, name, polarity });
    nextId = Math.max(nextId, id + 1);
  };
  const begin = (number: number, place: RecordPlace) => {
    places.set(number, place);
    done.push(number);
    for (const forgotten of undone.splice(0)) places.delete(forgotten);
  };
  return {
    get seq() {
      return seq;
    },
    get at() {
      return at;
    },
    get nextId() {
      return nextId;
    },
    get undone() {
      return done.at(-1);
    },
    get redone() {
      return undone.at(-1);
    },
    get last() {
      return last;
    },
    objects,
    judged,
    placeOf(number) {
      const place = places.get(number);
      if (place) return place;
      throw new Error(`no change of labels has the number ${number}`);
    },
    seqOf: (stroke) => strokes.get(stroke),
    take(record, place) {
      ({ seq, at } = record);
      if (record.kind === "object") return add(record);
      if (record.kind === "judged") {
        judged.push(record);
        return;
      }
      last = record;
      if (record.kind === "stroke") {
        if (record.stroke !== "") strokes.set(record.stroke, record.seq);
        if (record.removed) {
          removals.set(record.seq, record.removed);
          objects.delete(record.removed.id);
        }
        if (record.runs.length === 0 && !record.removed) return; // nothing to undo
        return begin(record.seq, place);
      }
      if (record.kind === "import") {
        imports.set(record.seq, record.added);
        record.added.forEach(add);
        return begin(record.seq, place);
      }
      const [from, to] = record.kind === "undo" ? [done, undone] : [undone, done];
      from.pop();
      to.push(record.of);
      const removed = removals.get(record.of);
      if (removed && record.kind === "undo") add(removed);
      else if (removed) objects.delete(removed.id);
      const imported = imports.get(record.of);
      if (!imported) return;
      if (record.kind === "redo") return imported.forEach(add);
      imports.set(record.of, imported.map((object) => objects.get(object.id) ?? object));
      for (const { id } of imported) objects.delete(id);
    },
  };
}
