/** Meshes as OBJ, STL, and what Neuroglancer reads, written label by label in lengths of space. */
import { join } from "node:path";
import type { Surface } from "../../../analysis/surface.ts";
import { fileError, writeFully } from "../../../volume/file.ts";
import { createOutputFile, type OutputFile } from "../../../volume/output_file.ts";
import type { Zyx } from "../../../volume/region.ts";
import type { VoxelSize } from "../../../volume/voxel_size.ts";

/** A file of meshes in the making. Exactly one of `complete` and `abandon` ends it. */
export interface MeshFile {
  /** @param start voxel that the surface's first voxel is, `[z, y, x]` */
  add(label: number, surface: Surface, start: Zyx): void;
  complete(): void;
  abandon(): void;
}

/** Lengths of a voxel on each axis, `[z, y, x]`, and what they are in. */
export interface MeshUnit {
  readonly lengths: Zyx;
  readonly unit: "nm" | "xy-voxels";
}

/** Lengths in nm where the voxel size is known, else in voxels of x and y. */
export function meshUnit(voxelSize: VoxelSize | undefined, anisotropy = 1): MeshUnit {
  return voxelSize ? { lengths: voxelSize, unit: "nm" } : { lengths: [anisotropy, 1, 1], unit: "xy-voxels" };
}

/** Whether a name is one of meshes. */
export function isMeshName(path: string): boolean {
  return /\.(obj|stl)$/i.test(path);
}

/** Begins a file in the format that its name ends with. @throws {UserError} where it cannot be written */
export function createMeshFile(path: string, unit: MeshUnit): MeshFile {
  return /\.stl$/i.test(path) ? createStl(path, unit) : createObj(path, unit);
}

/** Places of the vertices, x, y, z: the centre of the volume's first voxel is 0, 0, 0, as in the table of synapses. */
function placesOf({ vertices }: Surface, start: Zyx, { lengths }: MeshUnit): Float64Array {
  const places = new Float64Array(vertices.length);
  for (const axis of [0, 1, 2] as const) {
    const from = start[2 - axis as 0], length = lengths[2 - axis as 0];
    for (let i = axis; i < places.length; i += 3) places[i] = ((vertices[i] ?? 0) + from) * length;
  }
  return places;
}

/** Bytes that are written at once. */
const PART_BYTES = 1 << 20;

/** Appends to a file in pieces of a MiB. */
function appender(file: OutputFile, offset = 0) {
  const buffer = new Uint8Array(PART_BYTES);
  let held = 0;
  const flush = () => {
    file.write(offset, buffer.subarray(0, held));
    offset += held;
    held = 0;
  };
  return {
    flush,
    /** At most a MiB. */
    add(bytes: Uint8Array) {
      if (held + bytes.length > PART_BYTES) flush();
      buffer.set(bytes, held);
      held += bytes.length;
    },
  };
}

/** Wavefront OBJ: a group a label, called `synapse_<label>`. */
function createObj(path: string, unit: MeshUnit): MeshFile {
  const file = createOutputFile(path, []);
  const out = appender(file);
  const encoder = new TextEncoder();
  const line = (text: string) => out.add(encoder.encode(`${text}\n`));
  let before = 1;
  line(`# surfaces of labels; lengths in ${unit.unit}; the centre of the first voxel is 0 0 0`);
  return {
    add(label, surface, start) {
      const places = placesOf(surface, start, unit);
      line(`g synapse_${label}`);
      for (let i = 0; i < places.length; i += 3) {
        line(`v ${short(places[i])} ${short(places[i + 1])} ${short(places[i + 2])}`);
      }
      const { triangles } = surface;
      const corner = (i: number) => before + (triangles[i] ?? 0);
      for (let t = 0; t < triangles.length; t += 3) {
        line(`f ${corner(t)} ${corner(t + 1)} ${corner(t + 2)}`);
      }
      before += places.length / 3;
    },
    complete() {
      out.flush();
      file.complete();
    },
    abandon: () => file.abandon(),
  };
}

/** To a thousandth: a picometre, or far less than the surface is good for. */
function short(value = 0): string {
  return String(Math.round(value * 1000) / 1000);
}

const STL_HEADER = 80;
const STL_TRIANGLE = 50;

/** Binary STL: all labels in one. */
function createStl(path: string, unit: MeshUnit): MeshFile {
  const header = new Uint8Array(STL_HEADER + 4);
  header.set(
    new TextEncoder().encode(`surfaces of labels; lengths in ${unit.unit}; first voxel's centre at 0 0 0`),
  );
  const file = createOutputFile(path, [[0, header]]);
  const out = appender(file, header.length);
  const bytes = new Uint8Array(STL_TRIANGLE);
  const record = new DataView(bytes.buffer);
  const corners = new Float64Array(9);
  let count = 0;
  return {
    add(_label, surface, start) {
      const places = placesOf(surface, start, unit);
      const { triangles } = surface;
      for (let t = 0; t < triangles.length; t += 3, count++) {
        for (let i = 0; i < 9; i++) {
          const value = places[3 * (triangles[t + Math.floor(i / 3)] ?? 0) + i % 3] ?? 0;
          corners[i] = value;
          record.setFloat32(12 + 4 * i, value, true);
        }
        setNormal(record, corners);
        out.add(bytes);
      }
    },
    complete() {
      out.flush();
      const total = new DataView(new ArrayBuffer(4));
      total.setUint32(0, count, true);
      file.write(STL_HEADER, new Uint8Array(total.buffer));
      file.complete();
    },
    abandon: () => file.abandon(),
  };
}

/** Writes the unit normal of a triangle; 0, 0, 0 of one without an area, as the format has it. */
function setNormal(
  record: DataView,
  [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0, i = 0]: Float64Array,
): void {
  const x = (e - b) * (i - c) - (f - c) * (h - b);
  const y = (f - c) * (g - a) - (d - a) * (i - c);
  const z = (d - a) * (h - b) - (e - b) * (g - a);
  const length = Math.sqrt(x * x + y * y + z * z) || 1;
  record.setFloat32(0, x / length, true);
  record.setFloat32(4, y / length, true);
  record.setFloat32(8, z / length, true);
}

/**
 * A folder of meshes as Neuroglancer reads them (`neuroglancer_legacy_mesh`): two files a label. Where the voxel size is not known, a voxel
 * of x and y counts as a nanometre. The folder must be there and empty; its `info` comes last.
 */
export function createMeshFolder(folder: string, unit: MeshUnit): MeshFile {
  return {
    add(label, surface, start) {
      const places = Float32Array.from(placesOf(surface, start, unit));
      const name = String(label);
      write(join(folder, name), [Uint32Array.of(places.length / 3), places, surface.triangles]);
      write(join(folder, `${name}:0`), [new TextEncoder().encode(JSON.stringify({ fragments: [name] }))]);
    },
    complete: () =>
      write(join(folder, "info"), [new TextEncoder().encode('{"@type":"neuroglancer_legacy_mesh"}')]),
    abandon: () => Deno.removeSync(folder, { recursive: true }),
  };
}

/** Without a flush to the disk, of which a million files would wait for each. */
function write(path: string, arrays: readonly (Uint8Array | Uint32Array | Float32Array)[]): void {
  try {
    using file = Deno.openSync(path, { write: true, create: true, truncate: true });
    for (const { buffer, byteOffset, byteLength } of arrays) {
      writeFully(file, new Uint8Array(buffer, byteOffset, byteLength));
    }
  } catch (cause) {
    throw fileError(path, "write", cause);
  }
}
