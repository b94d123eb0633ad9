/** A map of where synapses lie: seen along z and along y. A click opens the nearest in the viewer, a drag keeps a region. */
import { useMemo, useState } from "preact/hooks";
import { type SynapseRows, valueAt } from "../../analysis/synapse_columns.ts";
import { nearestRow, placesOn } from "./density.ts";
import { DensityCanvas, drawRing, useWidth } from "./density_canvas.tsx";
import type { RowChoice } from "./synapse_rows.ts";

/** Names of two axes, that are columns too. */
type Axes = readonly [across: "x", down: "y" | "z"];

interface MapProps {
  readonly rows: SynapseRows;
  readonly order: Uint32Array;
  /** Of the volume, voxels. */
  readonly shape: readonly [z: number, y: number, x: number];
  readonly anisotropy: number;
  readonly within: RowChoice["within"];
  /** Keeps what lies between these places of two axes. */
  readonly onRegion: (region: readonly (readonly [axis: string, from: number, to: number])[]) => void;
  readonly pointed: number;
  readonly linkTo: (row: number) => string;
}

const MOST_HEIGHT = 420;
const MOST_DEPTH = 200;
const LEAST_SIZE = 24;
/** Pixels of a field, where there are many synapses and where there are few, and how near a click must be. */
const FIELD = 3;
const LARGE_FIELD = 6;
const FEW = 2000;
const CLICK_REACH = 14;
const DRAG = 4;

export function PlaceMap(props: MapProps) {
  const { place, width } = useWidth<HTMLDivElement>();
  const [depth, height, across] = props.shape;
  const scale = Math.min(width / across, MOST_HEIGHT / height);
  const deep = Math.min(scale * props.anisotropy, MOST_DEPTH / depth);
  return (
    <div class="place-map" ref={place}>
      {width > 0 && (
        <>
          <MapPlane {...props} axes={["x", "y"]} lengths={[across, height]} scales={[scale, scale]} />
          <MapPlane {...props} axes={["x", "z"]} lengths={[across, depth]} scales={[scale, deep]} />
        </>
      )}
    </div>
  );
}

interface PlaneProps extends MapProps {
  readonly axes: Axes;
  /** Voxels along them, and pixels a voxel. */
  readonly lengths: readonly [number, number];
  readonly scales: readonly [number, number];
}

const BOTH = [0, 1] as const;

type Pixel = readonly [x: number, y: number];

function MapPlane({ rows, order, axes, lengths, scales, within, onRegion, pointed, linkTo }: PlaneProps) {
  const [width, height] = [
    Math.round(lengths[0] * scales[0]),
    Math.max(LEAST_SIZE, Math.round(lengths[1] * scales[1])),
  ];
  const [drag, setDrag] = useState<{ readonly from: Pixel; readonly to: Pixel } | undefined>(undefined);
  const field = rows.count < FEW ? LARGE_FIELD : FIELD;
  const fields = [Math.ceil(width / field), Math.ceil(height / field)] as const;
  const density = useMemo(
    () => placesOn(rows, order, axes, lengths, fields),
    [rows, order, ...axes, ...lengths, ...fields],
  );
  const size = [width, height] as const;
  const pixel = (axis: 0 | 1, voxel: number) => (voxel + 0.5) * size[axis] / lengths[axis];
  const voxel = (axis: 0 | 1, at: number) => at * lengths[axis] / size[axis] - 0.5;
  const region = BOTH.map((axis) => {
    const [from, to] = within.get(axes[axis]) ?? [-Infinity, Infinity];
    return [Math.max(-1, pixel(axis, from)), Math.min(size[axis] + 1, pixel(axis, to))] as const;
  });
  const draw = (context: CanvasRenderingContext2D) => {
    const kept = axes.some((name) => within.has(name)) ? region : [];
    const dragged = drag ? BOTH.map((axis) => [drag.from[axis], drag.to[axis]] as const) : [];
    for (const [[x0, x1] = [0, 0], [y0, y1] = [0, 0]] of [kept, dragged]) {
      context.strokeStyle = "#ffffff";
      context.setLineDash([5, 4]);
      if (x0 !== x1) context.strokeRect(x0, y0, x1 - x0, y1 - y0);
      context.setLineDash([]);
    }
    if (pointed < 0) return;
    drawRing(context, pixel(0, valueAt(rows, axes[0], pointed)), pixel(1, valueAt(rows, axes[1], pointed)));
  };
  const finish = ({ from, to }: { readonly from: Pixel; readonly to: Pixel }) => {
    if (Math.hypot(to[0] - from[0], to[1] - from[1]) >= DRAG) {
      return onRegion(BOTH.map((axis) => {
        const [low, high] = [from[axis], to[axis]].sort((a, b) => a - b);
        return [axes[axis], voxel(axis, low ?? 0), voxel(axis, high ?? 0)];
      }));
    }
    const reach = BOTH.map((axis) => voxel(axis, CLICK_REACH) - voxel(axis, 0)) as [
      number,
      number,
    ];
    const row = nearestRow(rows, order, axes, [voxel(0, to[0]), voxel(1, to[1])], reach);
    if (row >= 0) location.assign(linkTo(row));
  };
  const at = ({ offsetX, offsetY }: PointerEvent): Pixel => [offsetX, offsetY];
  const follow = {
    onPointerDown(event: PointerEvent) {
      (event.currentTarget as Element).setPointerCapture(event.pointerId);
      setDrag({ from: at(event), to: at(event) });
    },
    onPointerMove: (event: PointerEvent) => drag && setDrag({ ...drag, to: at(event) }),
    onPointerUp(event: PointerEvent) {
      setDrag(undefined);
      if (drag) finish({ ...drag, to: at(event) });
    },
  };
  return (
    <figure>
      <DensityCanvas
        density={density}
        width={width}
        height={height}
        label={`Map of ${order.length} synapses, ${axes[0]} to the right, ${axes[1]} down`}
        draw={draw}
        follow={follow}
      />
      <figcaption class="quiet">{axes[0]} to the right, {axes[1]} down</figcaption>
    </figure>
  );
}
