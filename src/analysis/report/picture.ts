/** Pictures of single synapses: a small part of one slice, as grey values with the outlines of truth and prediction. */
import type { Region, Zyx } from "../../volume/region.ts";
import { readScores, type VoxelSource } from "../voxel_source.ts";
import { crc32, deflateSync } from "node:zlib";
import { joinBytes } from "../../volume/bytes.ts";

/** The volumes that pictures show, all of one shape. */
export interface PicturedVolumes {
  /** The micrograph, where there is one. */
  readonly raw?: VoxelSource<Float32Array> | VoxelSource<Uint8Array> | undefined;
  readonly scores: VoxelSource<Float32Array> | VoxelSource<Uint8Array>;
  readonly labels: VoxelSource<Uint8Array>;
}

/** A picture; outlines are the `d` of SVG paths, a unit a voxel. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  /** Slice, row and column of the subject; the latter two within the picture. */
  readonly position: Zyx;
  /** The micrograph as a `data:` URI of a PNG. */
  readonly raw?: string;
  /** The scores as one. */
  readonly scores: string;
  readonly truthOutline: string;
  readonly predictionOutline: string;
  readonly ignoredOutline: string;
}

/** Voxels along x and y that a picture shows at least and at most, and how much more than the subject. */
const LEAST = 64, MOST = 256, MARGIN = 1.6;

/**
 * Reads the part of a slice around a subject, and nothing more, and draws it.
 * @param threshold the least score that belongs to a predicted synapse
 * @param scoreRange scores that are drawn black and white
 */
export async function takePicture(
  volumes: PicturedVolumes,
  { position, box }: { readonly position: Zyx; readonly box: Region },
  { threshold, scoreRange }: { readonly threshold: number; readonly scoreRange: readonly [number, number] },
): Promise<Picture> {
  const region = pictureRegion(position, box, volumes.labels.shape);
  const [, height, width] = region.shape;
  const labels = new Uint8Array(height * width);
  await volumes.labels.read(region, labels);
  const scores = await readScores(volumes.scores, region);
  const raw = volumes.raw && await readScores(volumes.raw, region);
  const uri = (values: Float32Array, [low, high]: readonly [number, number]) =>
    pngUri(toGrey(values, low, high), width);
  return {
    width,
    height,
    position: [position[0], position[1] - region.start[1], position[2] - region.start[2]],
    ...(raw === undefined ? {} : { raw: uri(raw, volumes.raw?.dtype === "uint8" ? [0, 255] : rangeOf(raw)) }),
    scores: uri(scores, scoreRange),
    truthOutline: outlinePath(labels.map((label) => label === 255 ? 1 : 0), width),
    predictionOutline: outlinePath(scores.map((score) => score >= threshold ? 1 : 0), width),
    ignoredOutline: outlinePath(labels.map((label) => label === 255 || label === 0 ? 0 : 1), width),
  };
}

/** The part of the slice through a voxel that shows a box and what is around it, moved so that it lies in the volume. */
export function pictureRegion([z, ...middle]: Zyx, box: Region, shape: Zyx): Region {
  const largest = Math.max(box.shape[1], box.shape[2]);
  const side = Math.min(MOST, Math.max(LEAST, Math.ceil(largest * MARGIN)));
  const [y, x] = middle.map((at, axis) => {
    const length = shape[axis + 1] ?? 1;
    return Math.max(0, Math.min(at - (side >> 1), length - side));
  });
  return { start: [z, y ?? 0, x ?? 0], shape: [1, Math.min(side, shape[1]), Math.min(side, shape[2])] };
}

function rangeOf(values: Float32Array): readonly [number, number] {
  let low = Infinity, high = -Infinity;
  for (const value of values) {
    if (value < low && value > -Infinity) low = value;
    if (value > high && value < Infinity) high = value;
  }
  return [low, high];
}

/** Grey values; what is not a number is black, and everything where `low` and `high` span nothing. */
function toGrey(values: Float32Array, low: number, high: number): Uint8Array {
  const scale = high > low ? 255 / (high - low) : 0;
  // Of an infinite score or range the product is not a number, or far out; both end as 0 or 255.
  return Uint8Array.from(values, (value) => {
    const grey = Math.round((Math.min(high, Math.max(low, value)) - low) * scale);
    return grey >= 0 && grey <= 255 ? grey : 0;
  });
}

function pngUri(pixels: Uint8Array, width: number): string {
  return `data:image/png;base64,${encodeGreyPng(pixels, width).toBase64()}`;
}

/**
 * The lines between pixels in the mask and pixels beside it; the picture's own border is none. One unit is one pixel.
 *
 * @param mask not 0 inside, row by row
 * @returns the `d` of a path; empty where there is no line
 */
export function outlinePath(mask: ArrayLike<number>, width: number): string {
  const height = mask.length / width;
  const isIn = (x: number, y: number) => (mask[y * width + x] ?? 0) !== 0;
  const lines: string[] = [];
  for (let y = 1; y < height; y++) {
    for (const [start, end] of runs(width, (x) => isIn(x, y) !== isIn(x, y - 1))) {
      lines.push(`M${start} ${y}h${end - start}`);
    }
  }
  for (let x = 1; x < width; x++) {
    for (const [start, end] of runs(height, (y) => isIn(x, y) !== isIn(x - 1, y))) {
      lines.push(`M${x} ${start}v${end - start}`);
    }
  }
  return lines.join("");
}

function* runs(length: number, holds: (i: number) => boolean): Generator<[start: number, end: number]> {
  for (let i = 0; i < length; i++) {
    if (!holds(i)) continue;
    const start = i;
    while (i < length && holds(i)) i++;
    yield [start, i];
  }
}

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
const GREY = 0;
const FILTER_SUB = 1;

/**
 * A PNG of 8 bits per pixel, 0 black, 255 white.
 * @param pixels row by row, `width` a row
 */
export function encodeGreyPng(pixels: Uint8Array, width: number): Uint8Array {
  const height = pixels.length / width;
  if (!Number.isInteger(height) || height < 1) {
    throw new RangeError(`${pixels.length} pixels are no rows of ${width}`);
  }
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, GREY, 0, 0, 0], 8);
  // Each row as the differences of neighbours, which are small in micrographs and so packed better.
  const rows = new Uint8Array(height * (width + 1));
  for (let y = 0; y < height; y++) {
    const at = y * (width + 1);
    rows[at] = FILTER_SUB;
    for (let x = 0; x < width; x++) {
      rows[at + 1 + x] = (pixels[y * width + x] ?? 0) - (x === 0 ? 0 : pixels[y * width + x - 1] ?? 0);
    }
  }
  const parts = [
    SIGNATURE,
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(rows, { level: 9 })),
    chunk("IEND"),
  ];
  return joinBytes(parts);
}

function chunk(type: string, data: Uint8Array = new Uint8Array(0)): Uint8Array {
  const bytes = joinBytes([new Uint8Array(4), new TextEncoder().encode(type), data, new Uint8Array(4)]);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  view.setUint32(bytes.length - 4, crc32(bytes.subarray(4, -4)));
  return bytes;
}
