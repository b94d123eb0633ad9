/** The labels of a project: strokes, undo and redo, and the list of synapses. One change after the other, each in the log before it is answered. */
import { createQueue } from "../engine/mod.ts";
import { UserError } from "../user_error.ts";
import { discard } from "../volume/bytes.ts";
import { describeShape, type Zyx } from "../volume/region.ts";
import { changeChunks, type LabelChunks } from "./chunks.ts";
import type { History } from "./history.ts";
import type { RecordLog } from "../engine/mod.ts";
import { MOST_OBJECTS, type UnderstoodLabels } from "./import.ts";
import { applyAdded, type TellObjects, writeAdded } from "./import_added.ts";
import type { ImportRecord, LabelRecord, NamedObject, StrokeRecord } from "./records.ts";
import { applyRuns, changedRuns, divideRuns, type MayReplace, type RunsInChunk } from "./runs.ts";
import {
  type Judged,
  type KnownLine,
  LABEL,
  type LabelChange,
  type LabelObject,
  type LabelPolarity,
  type LabelState,
  type LabelStroke,
} from "./state.ts";

/** Voxels and runs that one change may have, so that it needs little memory. */
const MOST_VOXELS = 2 ** 25;
const MOST_RUNS = 500_000;
/** Longest name of a synapse. */
const LONGEST_NAME = 200;

/** What is told of the labels. */
export type LabelSummary = Pick<
  LabelState,
  "seq" | "savedAt" | "canUndo" | "canRedo" | "notVoxels" | "objects"
>;

/** The labels of a project. */
export interface LabelStore {
  readonly chunks: LabelChunks;
  /** @throws {UserError} for a stroke that cannot be, or where it could not be saved */
  stroke(stroke: LabelStroke): Promise<LabelChange>;
  /** @throws {UserError} where there is nothing to undo, or it could not be saved */
  undo(): Promise<LabelChange>;
  redo(): Promise<LabelChange>;
  addObject(name?: string): Promise<LabelObject>;
  /** @throws {UserError} where there is no such synapse */
  changeObject(
    id: number,
    change: { readonly name?: string; readonly polarity?: LabelPolarity },
  ): Promise<LabelObject>;
  /** Its voxels become unpainted. */
  removeObject(id: number): Promise<LabelChange>;
  /**
   * Adds labels of another program where nothing is painted, as one change.
   * @param tell what else is known of the synapses, from the array that has their voxels
   * @throws {UserError} where that adds nothing
   */
  takeLabels(labels: UnderstoodLabels, tell?: TellObjects): Promise<LabelChange>;
  /** Candidates that were judged, oldest first. */
  judged(): readonly Judged[];
  noteJudged(judged: Judged): Promise<void>;
  /** Number of changes so far. */
  seq(): number;
  summary(): LabelSummary;
  /** Does something while no label changes. */
  still<T>(work: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** What a store works with. */
export interface StoreParts {
  readonly chunks: LabelChunks;
  readonly log: RecordLog<LabelRecord>;
  readonly history: History;
  /** Told of every change after it is saved. */
  readonly onChange: (change: LabelChange) => void;
  /** What is known of the direction across a synapse. */
  readonly lineOf: (id: number) => KnownLine | undefined;
}

/** Goes on where the log ends: what a kill kept from the array is done now. */
export async function openLabelStore(parts: StoreParts): Promise<LabelStore> {
  const { chunks, log, history, onChange } = parts;
  /** The last record, while the array may be without it. */
  let behind: LabelRecord | undefined = history.last;
  const catchUp = async () => {
    if (behind === undefined) return [];
    const touched = await applyRecord(parts, behind);
    behind = undefined;
    return touched;
  };
  await catchUp();
  const next = () => ({ seq: history.seq + 1, at: new Date().toISOString() });
  const save = async (record: LabelRecord): Promise<LabelChange> => {
    history.take(record, await log.append(record));
    behind = record;
    const change = { seq: record.seq, chunks: await catchUp() };
    onChange(change);
    return change;
  };
  const queue = createQueue();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> =>
    queue(async () => {
      const { seq } = history;
      const late = await catchUp();
      if (late.length > 0) onChange({ seq, chunks: late });
      return await work();
    });
  const objectOf = (id: number) => {
    const known = history.objects.get(id);
    if (known) return known;
    throw new UserError(`there is no synapse with the id ${id}; it may have been deleted on another page`);
  };
  const told = (object: NamedObject) => tellObject(parts, object);
  return {
    chunks,
    stroke: (given) =>
      inTurn(async () => {
        const known = history.seqOf(given.stroke);
        if (known !== undefined) return { seq: known, chunks: [] };
        requireStroke(given, chunks.volume.shape);
        if (given.value >= LABEL.first) objectOf(given.value);
        const { stroke, value } = given;
        const runs = await runsToChange(
          chunks,
          divideRuns(given.runs, chunks.volume.chunk).values(),
          value,
          ruleOf(given),
        );
        return await save({ kind: "stroke", ...next(), stroke, value, runs });
      }),
    undo: () => inTurn(() => save({ kind: "undo", ...next(), of: required(history.undone, "undo") })),
    redo: () => inTurn(() => save({ kind: "redo", ...next(), of: required(history.redone, "do again") })),
    addObject: (name) =>
      inTurn(async () => {
        requireRoom(history.objects.size + 1);
        const id = history.nextId;
        const object = { id, name: nameOf(name ?? `synapse ${id - LABEL.first + 1}`), polarity: null };
        await save({ kind: "object", ...next(), ...object });
        return told(object);
      }),
    changeObject: (id, { name, polarity }) =>
      inTurn(async () => {
        const before = objectOf(id);
        const object = {
          id,
          name: name === undefined ? before.name : nameOf(name),
          polarity: polarity === undefined ? before.polarity : polarity,
        };
        await save({ kind: "object", ...next(), ...object });
        return told(object);
      }),
    removeObject: (id) =>
      inTurn(async () => {
        const removed = objectOf(id);
        const runs = await runsToChange(
          chunks,
          wholeChunks(chunks, id),
          LABEL.unsure,
          (value) => value === id,
        );
        return await save({ kind: "stroke", ...next(), stroke: "", value: LABEL.unsure, runs, removed });
      }),
    takeLabels: (labels, tell = (objects) => Promise.resolve(objects)) =>
      inTurn(async () => {
        requireRoom(history.objects.size + labels.synapses);
        const { seq, at } = next();
        const added = await writeAdded(chunks, labels, seq, history.nextId);
        if (!added) throw new UserError("these labels add nothing: all that they label is painted already");
        return await save({ kind: "import", seq, at, added: await tell(added.objects, added.volume) });
      }),
    judged: () => history.judged,
    noteJudged: (judged) => inTurn(async () => void await save({ kind: "judged", ...next(), ...judged })),
    seq: () => history.seq,
    summary: () => ({
      seq: history.seq,
      savedAt: history.at,
      canUndo: history.undone !== undefined,
      canRedo: history.redone !== undefined,
      notVoxels: chunks.tally(LABEL.not)?.voxels ?? 0,
      objects: [...history.objects.values()].sort((a, b) => a.id - b.id).map(told),
    }),
    still: inTurn,
    close: () => queue(log.close),
  };
}

/** Brings the array to where it is after a record. @returns the chunks that it touches */
async function applyRecord({ chunks, log, history }: StoreParts, record: LabelRecord): Promise<string[]> {
  if (record.kind === "object" || record.kind === "judged") return [];
  const stroke = "of" in record
    ? log.read(history.placeOf(record.of)) as StrokeRecord | ImportRecord
    : record;
  if (stroke.kind === "import") return await applyAdded(chunks, stroke.seq, record.kind === "undo");
  const value = record.kind === "undo" ? undefined : stroke.value;
  const parts = [...divideRuns(stroke.runs, chunks.volume.chunk, 5).values()];
  return await changeChunks(chunks, parts, ({ runs }, voxels) => {
    applyRuns(voxels, chunks.volume.chunk, runs, value);
  });
}

/** What a stroke changes, chunk by chunk. @throws {UserError} where that is too much */
async function runsToChange(
  chunks: LabelChunks,
  divided: Iterable<RunsInChunk>,
  value: number,
  mayReplace: MayReplace,
): Promise<number[]> {
  const changed: number[] = [];
  for (const { at, runs } of divided) {
    const voxels = await chunks.load(at);
    for (const number of changedRuns(voxels, chunks.volume.chunk, runs, value, mayReplace)) {
      changed.push(number);
    }
    discard(voxels);
    if (changed.length > 5 * MOST_RUNS) {
      throw new UserError(
        `this changes more than ${MOST_RUNS} runs of voxels at once; do it in smaller parts`,
      );
    }
  }
  return changed;
}

/** All rows of the chunks that hold a value. */
function* wholeChunks(chunks: LabelChunks, value: number): Generator<RunsInChunk> {
  const { chunk, shape } = chunks.volume;
  for (const at of chunks.holding(value)) {
    const runs: number[] = [];
    const x = at[2] * chunk[2];
    for (let z = at[0] * chunk[0]; z < Math.min(shape[0], (at[0] + 1) * chunk[0]); z++) {
      for (let y = at[1] * chunk[1]; y < Math.min(shape[1], (at[1] + 1) * chunk[1]); y++) {
        runs.push(z, y, x, Math.min(chunk[2], shape[2] - x));
      }
    }
    yield { at, runs };
  }
}

function tellObject({ chunks, lineOf }: StoreParts, object: NamedObject): LabelObject {
  const found = chunks.tally(object.id);
  const { line = null, believed = null } = lineOf(object.id) ?? {};
  const across = { line, believed: object.polarity === null ? believed : null };
  if (!found) return { ...object, voxels: 0, centre: null, box: null, slices: null, ...across };
  const { voxels, sum, begin, end } = found;
  const mean = (axis: number) => Math.round((sum[axis] ?? 0) / voxels);
  return {
    ...object,
    voxels,
    centre: [mean(0), mean(1), mean(2)],
    box: { begin, end },
    slices: [begin[0], end[0] - 1],
    ...across,
  };
}

function ruleOf({ over }: LabelStroke): MayReplace {
  if (over === "all") return () => true;
  if (over === "unpainted") return (value) => value === LABEL.unsure;
  const values = new Set(over);
  return (value) => values.has(value);
}

/** @throws {UserError} for runs outside the volume, or too much at once */
function requireStroke({ runs }: LabelStroke, shape: Zyx): void {
  let voxels = 0;
  for (let i = 0; i < runs.length; i += 4) {
    const [z = -1, y = -1, x = -1, length = 0] = runs.slice(i, i + 4);
    if (z >= shape[0] || y >= shape[1] || x + length > shape[2]) {
      throw new UserError(
        `run ${i / 4}, ${length} voxels from z ${z}, y ${y}, x ${x}, lies outside the stack of ${
          describeShape(shape)
        }`,
      );
    }
    voxels += length;
  }
  if (voxels <= MOST_VOXELS) return;
  throw new UserError(`a stroke may have at most ${MOST_VOXELS} voxels, this one has ${voxels}`);
}

function nameOf(given: string): string {
  const name = given.trim();
  if (name !== "" && name.length <= LONGEST_NAME) return name;
  throw new UserError(`a name has from 1 to ${LONGEST_NAME} characters, this one ${name.length}`);
}

function requireRoom(objects: number): void {
  if (objects <= MOST_OBJECTS) return;
  throw new UserError(`a project holds at most ${MOST_OBJECTS} synapses; begin another one`);
}

function required(seq: number | undefined, what: string): number {
  if (seq !== undefined) return seq;
  throw new UserError(`there is nothing to ${what}`);
}
