/** The region of the map as numbers: for keys, and where a place is known. */
import type { Region } from "./synapse_filter.tsx";

interface RegionProps {
  readonly region: Region;
  readonly onRegion: (region: Region) => void;
  /** Of the volume, voxels. */
  readonly shape: readonly [z: number, y: number, x: number];
}

const AXES = ["x", "y", "z"] as const;

export function RegionFields({ region, onRegion, shape }: RegionProps) {
  const [depth, height, width] = shape;
  const lengths = { x: width, y: height, z: depth };
  return (
    <div class="region-fields" role="group" aria-label="Region, voxels">
      {AXES.map((axis) => {
        const [, from, to] = region.find(([name]) => name === axis) ?? [axis, -Infinity, Infinity];
        const change = (low: number, high: number) => {
          const others = region.filter(([name]) => name !== axis);
          const own = low === -Infinity && high === Infinity ? [] : [[axis, low, high] as const];
          onRegion([...others, ...own].sort(([a], [b]) => a < b ? -1 : 1));
        };
        const field = (name: string, value: number, set: (value: number) => void, empty: number) => (
          <input
            type="number"
            min={0}
            max={lengths[axis] - 1}
            placeholder={String(empty === Infinity ? lengths[axis] - 1 : 0)}
            aria-label={`${axis}, ${name} voxel`}
            value={Number.isFinite(value) ? value : ""}
            onInput={({ currentTarget: { valueAsNumber } }) =>
              set(Number.isNaN(valueAsNumber) ? empty : valueAsNumber)}
          />
        );
        return (
          <span key={axis}>
            {axis} {field("first", Math.ceil(from), (low) => change(low, to), -Infinity)} –{" "}
            {field("last", Math.floor(to), (high) => change(from, high), Infinity)}
          </span>
        );
      })}
    </div>
  );
}
