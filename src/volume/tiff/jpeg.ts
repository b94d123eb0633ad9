/** What a JPEG stream claims, read before it is decoded (ITU-T T.81, annex B). */

/** Most scans: a progressive image of one component has about 6. */
const MAX_SCANS = 64;

/** Most voxels: while it is decoded, a block takes several times its voxels. */
const MAX_VOXELS = 1 << 24;

/**
 * Checks that an image is no larger than its strip or tile: the decoder allocates by what the stream says.
 * @throws RangeError if it is, or the stream is no JPEG of one 8-bit component
 */
export function requireJpegSize(stored: Uint8Array, width: number, height: number): void {
  if (width * height > MAX_VOXELS) {
    throw new RangeError(`${width} x ${height} voxels of JPEG, at most ${MAX_VOXELS} can be read`);
  }
  const view = new DataView(stored.buffer, stored.byteOffset, stored.byteLength);
  let frames = 0;
  let scans = 0;
  for (let at = 2; at + 4 <= stored.length;) {
    const marker = view.getUint16(at);
    if (marker === 0xffd9) break;
    if (marker >> 8 !== 0xff) throw new RangeError(`no JPEG marker at byte ${at}`);
    const end = at + 2 + view.getUint16(at + 2);
    if (end < at + 4 || end > stored.length) throw new RangeError(`a JPEG segment at byte ${at} is cut off`);
    if (isFrame(marker)) {
      frames++;
      requireFrame(view, at, end, width, height);
    }
    if (marker === 0xffda && ++scans > MAX_SCANS) throw new RangeError(`more than ${MAX_SCANS} JPEG scans`);
    at = marker === 0xffda ? endOfScan(stored, end) : end;
  }
  if (frames !== 1) throw new RangeError(`${frames} JPEG frames, expected 1`);
}

/** The size that the frame of a JPEG stream claims. @throws RangeError where there is none */
export function jpegSize(stored: Uint8Array): { readonly width: number; readonly height: number } {
  const view = new DataView(stored.buffer, stored.byteOffset, stored.byteLength);
  for (let at = 2; at + 9 <= stored.length;) {
    const marker = view.getUint16(at);
    if (marker >> 8 !== 0xff || marker === 0xffda) break;
    if (isFrame(marker)) return { height: view.getUint16(at + 5), width: view.getUint16(at + 7) };
    at += 2 + view.getUint16(at + 2);
  }
  throw new RangeError("no JPEG frame");
}

function isFrame(marker: number): boolean {
  return marker >= 0xffc0 && marker <= 0xffcf && marker !== 0xffc4 && marker !== 0xffc8 && marker !== 0xffcc;
}

function requireFrame(view: DataView, at: number, end: number, width: number, height: number): void {
  if (end - at < 10) throw new RangeError(`a JPEG frame of ${end - at} bytes`);
  const [precision, rows, columns, components] = [
    view.getUint8(at + 4),
    view.getUint16(at + 5),
    view.getUint16(at + 7),
    view.getUint8(at + 9),
  ];
  if (precision !== 8 || components !== 1) {
    throw new RangeError(`JPEG of ${precision} bits and ${components} components, expected 8 and 1`);
  }
  if (rows === 0 || columns === 0 || rows > height || columns > width) {
    throw new RangeError(`JPEG of ${columns} x ${rows} voxels, expected ${width} x ${height}`);
  }
}

/** The byte at which the next marker stands that is neither stuffing nor a restart. */
function endOfScan(stored: Uint8Array, start: number): number {
  for (let at = start; at + 1 < stored.length; at++) {
    const next = stored[at + 1] ?? 0;
    if (stored[at] === 0xff && next !== 0 && next !== 0xff && (next < 0xd0 || next > 0xd7)) return at;
  }
  return stored.length;
}
