/** Features of cells computed in plain float64, cell by cell, from their definitions. */
import type { CellFeature, FeatureSettings } from "../../src/autocontext/cell_features.ts";
import type { Zyx } from "../../src/volume/region.ts";
import { plainFilter } from "../helpers/channels_support.ts";

/** One feature of all cells of a volume of shape `grid`, `[z, y, x]`. */
export function plainFeature(
  values: Float32Array,
  grid: Zyx,
  feature: CellFeature,
  settings: FeatureSettings,
): number[] {
  const { cell: [cz, cy, cx], anisotropy, space } = settings;
  const isFlat = space === "slice";
  const smooth = (of: Float64Array) => plainSmoothing(of, grid, feature.sigma, settings);
  const smoothed = smooth(Float64Array.from(values));
  const at = (z: number, y: number, x: number) =>
    smoothed[(clamp(z, grid[0]) * grid[1] + clamp(y, grid[1])) * grid[2] + clamp(x, grid[2])] ?? NaN;
  switch (feature.kind) {
    case "smooth":
      return [...smoothed];
    case "beside":
      return everyCell(grid, (z, y, x) => {
        const both = [at(z - feature.cells, y, x), at(z + feature.cells, y, x)];
        return feature.take === "larger" ? Math.max(...both) : Math.min(...both);
      });
    case "window": {
      const hz = isFlat ? 0 : Math.floor(feature.halfWidth / anisotropy / cz);
      const [hy, hx] = [Math.floor(feature.halfWidth / cy), Math.floor(feature.halfWidth / cx)];
      return everyCell(grid, (z, y, x) => {
        let largest = -Infinity;
        for (let dz = -hz; dz <= hz; dz++) {
          for (let dy = -hy; dy <= hy; dy++) {
            for (let dx = -hx; dx <= hx; dx++) largest = Math.max(largest, at(z + dz, y + dy, x + dx));
          }
        }
        return largest;
      });
    }
    case "around": {
      const d = feature.distance;
      const directions = isFlat ? directionsInSlice() : directionsInVolume();
      const offsets = directions.map(([z, y, x]) => [
        roundAway((d * z) / anisotropy / cz),
        roundAway((d * y) / cy),
        roundAway((d * x) / cx),
      ]);
      const rank = isFlat ? feature.place : Math.round((feature.place * 17) / 7);
      return everyCell(grid, (z, y, x) => {
        const found = offsets.map(([dz = 0, dy = 0, dx = 0]) => at(z + dz, y + dy, x + dx));
        return found.sort((a, b) => a - b)[rank] ?? NaN;
      });
    }
    case "deviation": {
      const squares = smooth(Float64Array.from(values, (v) => v * v));
      return [...squares].map((square, i) => Math.sqrt(Math.max(0, square - (smoothed[i] ?? 0) ** 2)));
    }
  }
}

function plainSmoothing(values: Float64Array, grid: Zyx, sigma: number, settings: FeatureSettings) {
  const { cell: [cz, cy, cx], anisotropy, space } = settings;
  const scales = [space === "slice" ? 0 : sigma / anisotropy / cz, sigma / cy, sigma / cx];
  return scales.reduce((data, scale, axis) => {
    if (scale < 0.3) return data;
    const radius = Math.max(1, Math.ceil(3 * scale));
    const taps = Array.from(
      { length: 2 * radius + 1 },
      (_, i) => Math.exp(-((i - radius) ** 2) / (2 * scale ** 2)),
    );
    const sum = taps.reduce((a, b) => a + b);
    return plainFilter(data, grid, axis, taps.map((tap) => tap / sum));
  }, values);
}

function directionsInSlice(): Zyx[] {
  return Array.from({ length: 8 }, (_, i): Zyx => {
    const angle = (i * Math.PI) / 4;
    return [0, Math.sin(angle), Math.cos(angle)];
  });
}

function directionsInVolume(): Zyx[] {
  const h = Math.sqrt(0.5);
  const signs = [[h, h], [h, -h], [-h, h], [-h, -h]] as const;
  return [
    ...[1, -1].flatMap((s): Zyx[] => [[s, 0, 0], [0, s, 0], [0, 0, s]]),
    ...signs.flatMap(([a, b]): Zyx[] => [[a, b, 0], [a, 0, b], [0, a, b]]),
  ];
}

/** To the nearest whole number, halves away from 0; forgives the last digits of sines. */
function roundAway(value: number): number {
  return Math.sign(value) * Math.floor(Math.abs(value) + 0.5 + 1e-9);
}

function clamp(index: number, size: number): number {
  return Math.min(Math.max(index, 0), size - 1);
}

function everyCell([nz, ny, nx]: Zyx, value: (z: number, y: number, x: number) => number): number[] {
  const cells: number[] = [];
  for (let z = 0; z < nz; z++) {
    for (let y = 0; y < ny; y++) for (let x = 0; x < nx; x++) cells.push(value(z, y, x));
  }
  return cells;
}
