/** A plain writer of TIFF files, straight from the format's text, for what no other writer writes. */
import { deflateSync } from "node:zlib";
import type { Zyx } from "../../src/volume/region.ts";

/** A page, as its directory tells it. */
export interface Page {
  /** Slices, rows, columns. */
  readonly shape: Zyx;
  /** Of a tile, or rows of a strip. */
  readonly tile?: Zyx;
  readonly rows?: number;
  readonly bits?: 8 | 16;
  readonly format?: 1 | 2;
  readonly isDeflated?: boolean;
  readonly description?: string;
  /** Along x and y, as numerator and denominator each. */
  readonly resolution?: readonly [number, number, number, number];
  readonly bigEndian?: boolean;
  /** What stands in the place of the true length of a strip or tile; undefined leaves the field out. */
  readonly lengthOf?: ((length: number) => number) | undefined;
}

/** What a voxel holds. */
export type Value = (z: number, y: number, x: number, page: number) => number;

/** The bytes of a file of these pages. */
export function tiffOf(pages: readonly Page[], valueOf: Value): Uint8Array {
  const parts: Uint8Array[] = [];
  let at = 8;
  const add = (bytes: Uint8Array) => {
    parts.push(bytes);
    const place = at;
    at += bytes.length;
    return place;
  };
  const endian = !(pages[0]?.bigEndian ?? false);
  const directories = pages.map((page, number) => {
    const { shape, tile, rows = shape[1], bits = 8, format = 1, isDeflated = false, description = "" } = page;
    const block = tile ?? [1, rows, shape[2]] as const;
    const offsets: number[] = [], lengths: number[] = [];
    for (let z = 0; z < shape[0]; z += block[0]) {
      for (let y = 0; y < shape[1]; y += block[1]) {
        for (let x = 0; x < shape[2]; x += block[2]) {
          const height = tile ? block[1] : Math.min(block[1], shape[1] - y);
          const bytes = new Uint8Array(block[0] * height * block[2] * bits / 8);
          const view = new DataView(bytes.buffer);
          let to = 0;
          for (let dz = 0; dz < block[0]; dz++) {
            for (let dy = 0; dy < height; dy++) {
              for (let dx = 0; dx < block[2]; dx++, to++) {
                const isIn = z + dz < shape[0] && y + dy < shape[1] && x + dx < shape[2];
                const value = isIn ? valueOf(z + dz, y + dy, x + dx, number) : 99;
                if (bits === 8) view.setUint8(to, value);
                else view.setUint16(2 * to, value, endian);
              }
            }
          }
          const stored = isDeflated ? deflateSync(bytes) : bytes;
          offsets.push(add(stored));
          lengths.push(stored.length);
        }
      }
    }
    const text = new TextEncoder().encode(`${description}\0`);
    const told = "lengthOf" in page ? page.lengthOf && lengths.map(page.lengthOf) : lengths;
    const fields: [number, number, readonly number[]][] = [
      [256, 4, [shape[2]]],
      [257, 4, [shape[1]]],
      [258, 3, [bits]],
      [259, 3, [isDeflated ? 8 : 1]],
      [262, 3, [1]],
      ...(description === "" ? [] : [[270, 2, [...text]] as [number, number, readonly number[]]]),
      ...(tile ? [] : [[273, 4, offsets] as [number, number, readonly number[]]]),
      [277, 3, [1]],
      ...(tile ? [] : [[278, 4, [rows]] as [number, number, readonly number[]]]),
      ...(tile || !told ? [] : [[279, 4, told] as [number, number, readonly number[]]]),
      ...(tile
        ? [
          [322, 4, [tile[2]]],
          [323, 4, [tile[1]]],
          [324, 4, offsets],
          ...(told ? [[325, 4, told]] : []),
        ] as [
          number,
          number,
          readonly number[],
        ][]
        : []),
      ...(page.resolution
        ? [[282, 5, page.resolution.slice(0, 2)], [283, 5, page.resolution.slice(2)], [296, 3, [1]]] as [
          number,
          number,
          readonly number[],
        ][]
        : []),
      [339, 3, [format]],
      ...(shape[0] > 1 ? [[32997, 4, [shape[0]]] as [number, number, readonly number[]]] : []),
      ...(tile && tile[0] > 1 ? [[32998, 4, [tile[0]]] as [number, number, readonly number[]]] : []),
    ];
    return fields.sort(([a], [b]) => a - b).map(([tag, type, values]) => {
      const size = type === 4 || type === 5 ? 4 : type === 3 ? 2 : 1;
      const bytes = new Uint8Array(Math.max(4, values.length * size));
      const view = new DataView(bytes.buffer);
      for (const [i, value] of values.entries()) {
        if (size === 4) view.setUint32(4 * i, value, endian);
        else if (size === 2) view.setUint16(2 * i, value, endian);
        else view.setUint8(i, value);
      }
      return {
        tag,
        type,
        count: type === 5 ? values.length / 2 : values.length,
        bytes,
        place: bytes.length > 4 ? add(bytes) : 0,
      };
    });
  });
  const first = at + at % 2;
  if (at % 2 === 1) add(new Uint8Array(1));
  for (const [number, fields] of directories.entries()) {
    const bytes = new Uint8Array(2 + 12 * fields.length + 4);
    const view = new DataView(bytes.buffer);
    view.setUint16(0, fields.length, endian);
    for (const [i, { tag, type, count, bytes: value, place }] of fields.entries()) {
      view.setUint16(2 + 12 * i, tag, endian);
      view.setUint16(4 + 12 * i, type, endian);
      view.setUint32(6 + 12 * i, count, endian);
      if (place > 0) view.setUint32(10 + 12 * i, place, endian);
      else bytes.set(value.subarray(0, 4), 10 + 12 * i);
    }
    if (number + 1 < directories.length) view.setUint32(bytes.length - 4, at + bytes.length, endian);
    add(bytes);
  }
  const head = new Uint8Array(8);
  const view = new DataView(head.buffer);
  view.setUint16(0, endian ? 0x4949 : 0x4d4d);
  view.setUint16(2, 42, endian);
  view.setUint32(4, first, endian);
  const whole = new Uint8Array(at);
  let to = 0;
  for (const part of [head, ...parts]) {
    whole.set(part, to);
    to += part.length;
  }
  return whole;
}
