/**
 * Synapses as annotations that Neuroglancer opens (its format `neuroglancer_annotations_v1`): lines from the cleft to where the vesicles are, or
 * points where no direction is known. They are stored twice, as the format asks: all in one file for display, and by their ids in one
 * sharded file (`neuroglancer_uint64_sharded_v1`) for those that are clicked on.
 */
import { join } from "node:path";
import type { Synapse } from "../../analysis/synapse.ts";
import { UserError } from "../../user_error.ts";
import { strangerAt } from "../../volume/file.ts";
import { createOutputFile, writeParts } from "../../volume/output_file.ts";
import type { Zyx } from "../../volume/region.ts";
import { removeFolder } from "../../run/work_folder.ts";
import type { ReviewMark } from "./review/reviewed_plan.ts";
import type { SynapseTable } from "./synapses.ts";

const PROPERTIES: readonly (readonly [id: string, description: string, of: (synapse: Synapse) => number])[] =
  [
    ["mean_score", "mean score of the voxels", ({ meanScore }) => meanScore],
    ["peak_score", "largest score of the voxels", ({ peakScore }) => peakScore],
    ["agreement", "how well the directions of the voxels agree, 0 to 1", ({ agreement }) => agreement ?? 0],
    ["length", "longest axis in the plane of the cleft", ({ length }) => length],
    ["width", "axis perpendicular to it in the plane of the cleft", ({ width }) => width],
    ["thickness", "thickness of the cleft", ({ thickness }) => thickness],
    ["elongation", "length divided by width", ({ elongation }) => elongation],
  ];

/** What a person said, where somebody looked through the table. */
const REVIEWS: readonly ReviewMark["review"][] = ["not looked at", "accepted", "unsure"];

/** Ids in one part of the index by id: Neuroglancer fetches 24 bytes of each. */
const ID_BITS = 10;
const INDEX_ENTRY_BYTES = 24;

/**
 * Writes the folder of annotations; those that were there are removed. Positions are in voxels, whose centres are at halves.
 * @throws {UserError} if something else is there, or a file cannot be written
 */
export async function writeAnnotations(folder: string, table: SynapseTable): Promise<void> {
  requireAnnotations(folder);
  await removeFolder(folder);
  await Deno.mkdir(join(folder, "spatial0"), { recursive: true });
  await Deno.mkdir(join(folder, "by_id"));
  const records = createRecords(table);
  writeAll(join(folder, "spatial0", "0_0_0"), records);
  const indexBits = writeById(join(folder, "by_id", "0.shard"), records);
  const info = new TextEncoder().encode(JSON.stringify(describe(table, indexBits), null, 1));
  const file = createOutputFile(join(folder, "info"), [[0, info]]);
  file.complete(); // last: without it there are no annotations
}

const NAMES = ["info", "spatial0", "by_id"];

/** @throws {UserError} where a path is neither free nor a folder of annotations, so that a mistyped one costs nothing */
export function requireAnnotations(folder: string): void {
  const stranger = strangerAt(folder, (name) => NAMES.includes(name) || name.endsWith(".partial"));
  if (stranger === undefined) return;
  throw new UserError(
    `${folder}: already exists and is not a folder of annotations; choose another --out, or remove it`,
  );
}

/** The annotations in binary, made one by one. */
interface Records {
  readonly count: number;
  readonly bytes: number;
  /** Of synapse `id`, valid until the next call. */
  at(id: number): Uint8Array;
}

function createRecords({ synapses, shape, voxelSize, hasDirections, unit, review }: SynapseTable): Records {
  const positions = hasDirections ? 6 : 3;
  // the border flag takes a byte, the review another, and what is left of four fills the record up
  const bytes = 4 * (positions + 1 + PROPERTIES.length) + 4;
  const view = new DataView(new ArrayBuffer(bytes));
  const size: Zyx = unit === "nm" && voxelSize ? voxelSize : [1, 1, 1];
  return {
    count: synapses.length,
    bytes,
    at(id) {
      const synapse = synapses[id - 1];
      if (synapse === undefined) throw new RangeError(`there is no synapse ${id}`);
      const line = hasDirections ? [...start(synapse), ...end(synapse, size, shape)] : start(synapse);
      let at = 0;
      for (const value of line) view.setFloat32((at += 4) - 4, value, true);
      view.setUint32((at += 4) - 4, Math.min(synapse.voxels, 2 ** 32 - 1), true);
      for (const [, , of] of PROPERTIES) view.setFloat32((at += 4) - 4, of(synapse), true);
      view.setUint8(at, synapse.touchesBorder ? 1 : 0);
      const mark = review?.marks[id - 1];
      if (mark) view.setUint8(at + 1, REVIEWS.indexOf(mark.review));
      return new Uint8Array(view.buffer);
    },
  };
}

/** `[x, y, z]` of the cleft. */
function start({ centroid: [z, y, x] }: Synapse): number[] {
  return [x + 0.5, y + 0.5, z + 0.5];
}

/** Half the synapse's length away from the cleft, inside the volume; the cleft itself where no direction is known. */
function end(synapse: Synapse, size: Zyx, shape: Zyx): number[] {
  const { direction = [0, 0, 0], length } = synapse;
  return start(synapse).map((at, axis) => {
    const to = at + (direction[axis] ?? 0) * length / 2 / (size[2 - axis] ?? 1);
    return Math.min(shape[2 - axis] ?? 0, Math.max(0, to));
  });
}

/** All annotations: their number, the records, the ids. */
function writeAll(path: string, { count, at }: Records): void {
  writeParts(path, function* () {
    yield uint64s([count]);
    for (let id = 1; id <= count; id++) yield at(id);
    for (let id = 1; id <= count; id++) yield uint64s([id]);
  });
}

/** One shard: where each part of the index is, the records by id, the parts of the index. @returns how many bits number the parts */
function writeById(path: string, { count, bytes, at }: Records): number {
  const parts = Math.floor(count / 2 ** ID_BITS) + 1;
  const indexBits = Math.ceil(Math.log2(parts));
  const firstOf = (part: number) => Math.max(1, part * 2 ** ID_BITS);
  const sizeOf = (part: number) =>
    Math.max(0, Math.min(count + 1, (part + 1) * 2 ** ID_BITS) - firstOf(part));
  writeParts(path, function* () {
    let offset = count * bytes;
    for (let part = 0; part < 2 ** indexBits; part++) {
      const length = sizeOf(part) * INDEX_ENTRY_BYTES;
      yield uint64s([offset, offset + length]);
      offset += length;
    }
    for (let id = 1; id <= count; id++) yield at(id);
    for (let part = 0; part < 2 ** indexBits; part++) {
      const length = sizeOf(part);
      // differences from one to the next, and of places from the end of one to the start of the next
      const ids = Array.from({ length }, (_, i) => i === 0 ? firstOf(part) : 1);
      const places = Array.from({ length }, (_, i) => i === 0 ? (firstOf(part) - 1) * bytes : 0);
      yield uint64s([...ids, ...places, ...Array.from({ length }, () => bytes)]);
    }
  });
  return indexBits;
}

function uint64s(values: readonly number[]): Uint8Array {
  return new Uint8Array(BigUint64Array.from(values, BigInt).buffer);
}

/** The file `info`. */
function describe(
  { shape, voxelSize, hasDirections, synapses, unit, review }: SynapseTable,
  indexBits: number,
) {
  const [z, y, x] = shape;
  const length = (axis: 0 | 1 | 2) => voxelSize ? [voxelSize[axis] * 1e-9, "m"] : [1, ""];
  return {
    "@type": "neuroglancer_annotations_v1",
    dimensions: { x: length(2), y: length(1), z: length(0) },
    lower_bound: [0, 0, 0],
    upper_bound: [x, y, z],
    annotation_type: hasDirections ? "LINE" : "POINT",
    properties: [
      { id: "voxels", type: "uint32", description: "voxels" },
      ...PROPERTIES.map(([id, description]) => ({
        id,
        type: "float32",
        description: /length$|width|thickness/.test(id) ? `${description}, ${unit}` : description,
      })),
      {
        id: "touches_border",
        type: "uint8",
        description: "touches the border of the volume",
        enum_values: [0, 1],
        enum_labels: ["no", "yes"],
      },
      ...(review
        ? [{
          id: "review",
          type: "uint8",
          description: "what was said of it",
          enum_values: [...REVIEWS.keys()],
          enum_labels: REVIEWS,
        }]
        : []),
    ],
    relationships: [],
    by_id: {
      key: "by_id",
      sharding: {
        "@type": "neuroglancer_uint64_sharded_v1",
        preshift_bits: ID_BITS,
        hash: "identity",
        minishard_bits: indexBits,
        shard_bits: 0,
        minishard_index_encoding: "raw",
        data_encoding: "raw",
      },
    },
    spatial: [{
      key: "spatial0",
      grid_shape: [1, 1, 1],
      chunk_size: [x, y, z],
      limit: Math.max(1, synapses.length),
    }],
  };
}
