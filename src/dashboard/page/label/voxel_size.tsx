/** Asks once for the size of voxels, where the stack's file does not tell it. */
import { useState } from "preact/hooks";
import type { Zyx } from "../../../volume/region.ts";

interface VoxelSizeProps {
  readonly set: (change: { readonly voxelSize?: Zyx; readonly anisotropy?: number }) => void;
  /** Asks again when the page is opened the next time. */
  readonly later: () => void;
}

const FIELDS = ["x", "y", "z"] as const;

export function VoxelSize({ set, later }: VoxelSizeProps) {
  const [given, setGiven] = useState<Readonly<Record<string, number>>>({});
  const values = FIELDS.map((axis) => given[axis] ?? NaN);
  const [x = NaN, y = NaN, z = NaN] = values;
  const isWhole = values.every((value) => value > 0 && Number.isFinite(value));
  const save = (event: Event) => {
    event.preventDefault();
    if (isWhole) set({ voxelSize: [z, y, x] });
  };
  return (
    <form class="label-asks" onSubmit={save}>
      <p>
        <b>How large is a voxel?</b>{" "}
        The file does not tell. The shape of the brush and what is learned depend on it.
      </p>
      <div class="row">
        {FIELDS.map((axis) => (
          <label key={axis} class="inline">
            {axis}{" "}
            <input
              type="number"
              step="any"
              min="0"
              aria-label={`Size of a voxel along ${axis}, nm`}
              onInput={(event) => setGiven({ ...given, [axis]: event.currentTarget.valueAsNumber })}
            />
          </label>
        ))}
        <span class="quiet">nm</span>
        <button type="submit" disabled={!isWhole}>Save</button>
        <button type="button" onClick={() => set({ anisotropy: 1 })}>As long in z as in x and y</button>
        <button type="button" onClick={later}>Later</button>
      </div>
    </form>
  );
}
