/** Types of voxels, and the arrays in memory that hold them. */

/** Voxel type of a volume: what files may hold, and what a Zarr copy of them keeps. */
export type Dtype =
  | "uint8"
  | "int8"
  | "uint16"
  | "int16"
  | "uint32"
  | "int32"
  | "uint64"
  | "int64"
  | "float32"
  | "float64";

/** Voxel type of a file that is converted. */
export type SourceDtype = Dtype;

/** The type that keeps a file's values: integers as they are; doubles become 32-bit floats. */
export function keptDtype(dtype: SourceDtype): Dtype {
  return dtype === "float64" ? "float32" : dtype;
}

/** Voxels in memory; may be a view of WebAssembly memory. */
export type Voxels =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | BigUint64Array
  | BigInt64Array
  | Float32Array
  | Float64Array;

const ARRAYS = {
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  uint32: Uint32Array,
  int32: Int32Array,
  uint64: BigUint64Array,
  int64: BigInt64Array,
  float32: Float32Array,
  float64: Float64Array,
} as const;

const NAMES = Object.keys(ARRAYS) as readonly Dtype[];

/** Bytes of one voxel of one component. */
export function bytesPerVoxel(dtype: Dtype): 1 | 2 | 4 | 8 {
  return ARRAYS[dtype].BYTES_PER_ELEMENT as 1 | 2 | 4 | 8;
}

/** Whether every value of a type is a whole number. */
export function isInteger(dtype: Dtype): boolean {
  return !dtype.startsWith("float");
}

/** Whether values are integers of 32 or 64 bits, and so numbers of things: no microscope writes such. */
export function isWideInteger(dtype: string): boolean {
  return /^u?int(32|64)$/.test(dtype);
}

/** Whether values are 64-bit whole numbers, which JavaScript keeps as bigints. */
export function isBig(voxels: Voxels): voxels is BigUint64Array | BigInt64Array {
  return voxels instanceof BigUint64Array || voxels instanceof BigInt64Array;
}

/** The voxel type that a typed array holds. */
export function dtypeOf(voxels: Voxels): Dtype {
  const name = NAMES.find((dtype) => voxels instanceof ARRAYS[dtype]);
  if (name === undefined) throw new TypeError(`${voxels} holds no voxels`);
  return name;
}

/** Voxels of zeros in memory of their own. */
export function allocateVoxels(dtype: Dtype, length: number): Voxels {
  return new ARRAYS[dtype](length);
}

/** The same memory as bytes. */
export function bytesOf(voxels: ArrayBufferView): Uint8Array {
  return new Uint8Array(voxels.buffer, voxels.byteOffset, voxels.byteLength);
}

/** The same memory as voxels; `bytes` must be aligned to the voxel type. */
export function voxelsOf(dtype: Dtype, bytes: Uint8Array): Voxels {
  const { buffer, byteOffset, byteLength } = bytes;
  return new ARRAYS[dtype](buffer as ArrayBuffer, byteOffset, byteLength / bytesPerVoxel(dtype));
}

/** Voxel types of volumes that are used where they are: intensities and labels, supervoxel labels, channels and scores. */
export type VolumeDtype = "uint8" | "uint32" | "float32";

/** Whether `name` is a voxel type of volumes that are used where they are. */
export function isDtype(name: string): name is VolumeDtype {
  return name === "uint8" || name === "uint32" || name === "float32";
}

/** Whether `name` is a voxel type at all. */
export function isVoxelType(name: string): name is Dtype {
  return Object.hasOwn(ARRAYS, name);
}
