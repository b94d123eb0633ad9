/** Types of voxels: the three that volumes are kept in, and the wider set that files may hold. */

/** Voxel type of a volume on disk: intensities and labels, supervoxel labels, channels and scores. */
export type Dtype = "uint8" | "uint32" | "float32";

/** Voxel type of a file that is converted. */
export type SourceDtype =
  | Dtype
  | "int8"
  | "int16"
  | "uint16"
  | "int32"
  | "int64"
  | "uint64"
  | "float64";

/** Voxels of a volume in memory; may be a view of WebAssembly memory. */
export type Voxels = Uint8Array | Uint32Array | Float32Array;

/** Bytes of one voxel of one component. */
export function bytesPerVoxel(dtype: SourceDtype): 1 | 2 | 4 | 8 {
  switch (dtype) {
    case "uint8":
    case "int8":
      return 1;
    case "int16":
    case "uint16":
      return 2;
    case "uint32":
    case "int32":
    case "float32":
      return 4;
    case "int64":
    case "uint64":
    case "float64":
      return 8;
  }
}

/** The voxel type that a typed array holds. */
export function dtypeOf(voxels: Voxels): Dtype {
  if (voxels instanceof Uint8Array) return "uint8";
  return voxels instanceof Uint32Array ? "uint32" : "float32";
}

/** Voxels of zeros in memory of their own. */
export function allocateVoxels(dtype: Dtype, length: number): Voxels {
  if (dtype === "uint8") return new Uint8Array(length);
  return dtype === "uint32" ? new Uint32Array(length) : new Float32Array(length);
}

/** The same memory as bytes. */
export function bytesOf(voxels: ArrayBufferView): Uint8Array {
  return new Uint8Array(voxels.buffer, voxels.byteOffset, voxels.byteLength);
}

/** The same memory as voxels; `bytes` must be aligned to the voxel type. */
export function voxelsOf(dtype: Dtype, bytes: Uint8Array): Voxels {
  const { buffer, byteOffset, byteLength } = bytes;
  if (dtype === "uint8") return bytes;
  if (dtype === "uint32") return new Uint32Array(buffer, byteOffset, byteLength / 4);
  return new Float32Array(buffer, byteOffset, byteLength / 4);
}

/** Whether `name` is a voxel type that volumes are kept in. */
export function isDtype(name: string): name is Dtype {
  return name === "uint8" || name === "uint32" || name === "float32";
}
