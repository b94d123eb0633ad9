/** ImageJ's calibration of grey values (ij.measure.Calibration): the values that ImageJ and Fiji show for those that are stored. */
import type { RowSource } from "../source.ts";
import { viewAs } from "../unpack.ts";
import { swapBytes } from "../byte_order.ts";
import { bytesOf, bytesPerVoxel, type SourceDtype } from "../dtype.ts";

/** A straight line: `offset + slope * stored`. */
interface Calibration {
  readonly offset: number;
  readonly slope: number;
}

const STRAIGHT_LINE = 0;
/** ImageJ's words for no function. */
const NONE = 20;

/** A TIFF file with the values that ImageJ shows. @param description of its first page */
export function calibrated(source: RowSource, description: string): RowSource {
  if (!description.startsWith("ImageJ=")) return source;
  const setting = (key: string) => {
    const text = new RegExp(`^${key}=(.*)$`, "m").exec(description)?.[1]?.trim();
    return text === undefined || text === "" ? undefined : Number(text);
  };
  const kind = setting("cf") ?? NONE;
  if (kind === NONE || !isCalibratable(source.dtype)) return source;
  const [offset, slope] = [setting("c0"), setting("c1")];
  if (
    kind !== STRAIGHT_LINE || offset === undefined || slope === undefined || !Number.isFinite(offset + slope)
  ) {
    const note = `${source.path}: values are as stored: ImageJ's calibration function ${kind} is not applied`;
    return { ...source, notes: [...source.notes ?? [], note] };
  }
  if (slope === 0 || (offset === 0 && slope === 1)) return source;
  const note = `${source.path}: values are ${offset} + ${slope} x the stored values, as ImageJ shows them`;
  const changed = offset === -32768 && slope === 1 && source.dtype === "uint16"
    ? signed(source)
    : onLine(source, { offset, slope });
  return { ...changed, notes: [...source.notes ?? [], note] };
}

/** ImageJ calibrates images of up to 16 bits. */
function isCalibratable(dtype: SourceDtype): boolean {
  return bytesPerVoxel(dtype) <= 2;
}

/** So ImageJ stores signed 16-bit images. */
function signed(source: RowSource): RowSource {
  const high = source.littleEndian ? 1 : 0;
  return {
    ...source,
    dtype: "int16",
    async readRows(z, y, rows, out) {
      await source.readRows(z, y, rows, out);
      const bytes = rows * source.shape[2] * 2;
      for (let at = high; at < bytes; at += 2) out[at] = (out[at] ?? 0) ^ 0x80;
    },
  };
}

/** A file of one component with values on a line through those that are stored: as 32-bit floats, but for lines that keep bytes bytes, such as inverted ones. */
export function onLine(source: RowSource, { offset, slope }: Calibration): RowSource {
  const [width, size] = [source.shape[2], bytesPerVoxel(source.dtype)];
  const ends = [offset, offset + slope * 255];
  const isByte = source.dtype === "uint8" && Number.isInteger(offset) && Number.isInteger(slope) &&
    ends.every((value) => value >= 0 && value <= 255);
  return {
    ...source,
    dtype: isByte ? "uint8" : "float32",
    littleEndian: true,
    heldBytes: source.heldBytes + width * size,
    async readRows(z, y, rows, out) {
      const stored = new Uint8Array(width * size);
      const row = isByte ? new Uint8Array(width) : new Float32Array(width);
      for (let index = 0; index < rows; index++) {
        await source.readRows(z, y + index, 1, stored);
        if (!source.littleEndian) swapBytes(stored, size);
        const values = viewAs(source.dtype, stored);
        for (let x = 0; x < width; x++) row[x] = offset + slope * Number(values[x]);
        out.set(bytesOf(row), index * row.byteLength);
      }
    },
  };
}
