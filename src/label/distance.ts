/** Exact distances in a slice (Felzenszwalb and Huttenlocher 2012). */

/**
 * The square of each pixel's distance to the nearest pixel of a value.
 * @param beyond distance from the outermost rows and columns to such pixels outside of the slice; Infinity where there are none
 */
export function squaredDistances(
  pixels: Uint8Array,
  value: number,
  [height, width]: readonly [number, number],
  beyond: number,
): Float64Array {
  const squared = Float64Array.from(pixels, (pixel) => pixel === value ? 0 : Infinity);
  const column = new Float64Array(height);
  for (let x = 0; x < width; x++) {
    for (let y = 0; y < height; y++) column[y] = squared[y * width + x] ?? Infinity;
    const found = lowerEnvelope(column, beyond);
    for (let y = 0; y < height; y++) squared[y * width + x] = found[y] ?? Infinity;
  }
  for (let y = 0; y < height; y++) {
    const row = squared.subarray(y * width, (y + 1) * width);
    row.set(lowerEnvelope(row.slice(), beyond));
  }
  return squared;
}

/** The least of `values[j] + (i - j) ** 2` for each i. */
function lowerEnvelope(values: Float64Array, beyond: number): Float64Array {
  const places: number[] = [];
  const heights: number[] = [];
  const from: number[] = [];
  const add = (place: number, height: number) => {
    if (!Number.isFinite(height)) return;
    for (;;) {
      const q = places.at(-1);
      if (q === undefined) break;
      const meet = (height + place * place - (heights.at(-1) ?? 0) - q * q) / (2 * (place - q));
      if (meet > (from.at(-1) ?? -Infinity)) {
        from.push(meet);
        break;
      }
      places.pop();
      heights.pop();
      from.pop();
    }
    if (places.length === 0) from.push(-Infinity);
    places.push(place);
    heights.push(height);
  };
  if (Number.isFinite(beyond)) add(-beyond, 0);
  for (const [place, height] of values.entries()) add(place, height);
  if (Number.isFinite(beyond)) add(values.length - 1 + beyond, 0);
  const least = new Float64Array(values.length).fill(Infinity);
  for (let i = 0, k = 0; i < values.length && places.length > 0; i++) {
    while ((from[k + 1] ?? Infinity) < i) k++;
    least[i] = (heights[k] ?? 0) + (i - (places[k] ?? 0)) ** 2;
  }
  return least;
}
