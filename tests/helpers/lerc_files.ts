/** LERC blobs (github.com/Esri/lerc, version 2.4), written by hand: voxels as they are, in one sweep. */

const HEADER = 66;
const TYPES = {
  int8: 0,
  uint8: 1,
  int16: 2,
  uint16: 3,
  int32: 4,
  uint32: 5,
  float32: 6,
  float64: 7,
} as const;

/** Fletcher's checksum of what follows a blob's own. */
export function sealLerc(blob: Uint8Array): Uint8Array {
  let [low, high] = [0xffff, 0xffff];
  for (let at = 14; at < blob.length; at += 2) {
    low = (low + ((blob[at] ?? 0) << 8) + (blob[at + 1] ?? 0)) % 0xffff;
    high = (high + low) % 0xffff;
  }
  // 0 and 0xffff are the same here; LERC writes the latter.
  new DataView(blob.buffer, blob.byteOffset).setUint32(
    10,
    ((high === 0 ? 0xffff : high) * 65536) + (low === 0 ? 0xffff : low),
    true,
  );
  return blob;
}

/** A blob of voxels `[y, x]`, little-endian. @param voxels not all the same */
export function encodeLerc(
  voxels: Uint8Array,
  height: number,
  width: number,
  dtype: keyof typeof TYPES = "uint8",
): Uint8Array {
  const voxelBytes = voxels.length / (height * width);
  const start = HEADER + 4 + 2 * voxelBytes + 1;
  const blob = new Uint8Array(start + voxels.length);
  const view = new DataView(blob.buffer);
  blob.set(new TextEncoder().encode("Lerc2 "));
  view.setInt32(6, 4, true);
  for (const [i, value] of [height, width, 1, height * width, 8, blob.length, TYPES[dtype]].entries()) {
    view.setInt32(14 + 4 * i, value, true);
  }
  view.setFloat64(42, 0.5, true);
  view.setFloat64(50, 0, true);
  view.setFloat64(58, 255, true);
  blob.fill(255, HEADER + 4 + voxelBytes, HEADER + 4 + 2 * voxelBytes); // largest value
  blob[start - 1] = 1; // one sweep
  blob.set(voxels, start);
  return sealLerc(blob);
}
