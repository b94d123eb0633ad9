/** Outlines of masks as SVG paths, along the edges of pixels. */

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
