/** Which way synapses point, as two halves of a sphere. */
import { useMemo } from "preact/hooks";
import { type SynapseRows, valueAt } from "../../analysis/synapse_columns.ts";
import { directionsOn, discPlace } from "./density.ts";
import { DensityCanvas, drawRing, useWidth } from "./density_canvas.tsx";

interface DiscsProps {
  readonly rows: SynapseRows;
  readonly order: Uint32Array;
  readonly pointed: number;
}

const MOST_SIZE = 260;
const FIELDS = 31;
const HALVES: readonly (readonly [side: 1 | -1, text: string])[] = [
  [1, "towards higher slices"],
  [-1, "towards lower slices"],
];

export function DirectionDiscs({ rows, order, pointed }: DiscsProps) {
  const { place, width } = useWidth<HTMLDivElement>();
  const size = Math.min(MOST_SIZE, Math.floor((width - 12) / 2));
  const densities = useMemo(() => HALVES.map(([side]) => directionsOn(rows, order, side, FIELDS)), [
    rows,
    order,
  ]);
  const [dx, dy, dz] = ["dx", "dy", "dz"].map((name) => valueAt(rows, name, pointed)) as [
    number,
    number,
    number,
  ];
  const draw = (side: 1 | -1) => (context: CanvasRenderingContext2D) => {
    context.strokeStyle = "rgba(255, 255, 255, 0.6)";
    context.lineWidth = 1;
    context.beginPath();
    context.arc(size / 2, size / 2, size / 2 - 1, 0, 2 * Math.PI);
    context.moveTo(size / 2 - 5, size / 2);
    context.lineTo(size / 2 + 5, size / 2);
    context.moveTo(size / 2, size / 2 - 5);
    context.lineTo(size / 2, size / 2 + 5);
    context.stroke();
    if (Number.isNaN(dz) || (dz >= 0 ? 1 : -1) !== side) return;
    const [x, y] = discPlace(dx, dy, dz);
    drawRing(context, (x + 1) / 2 * size, (y + 1) / 2 * size);
  };
  return (
    <div class="direction-discs" ref={place}>
      {size > 0 && HALVES.map(([side, text], half) => {
        const density = densities[half];
        return density && (
          <figure key={side}>
            <DensityCanvas
              density={density}
              width={size}
              height={size}
              label={`Directions ${text}: ${density.counts.reduce((sum, n) => sum + n, 0)} synapses`}
              draw={draw(side)}
            />
            <figcaption class="quiet">{text}</figcaption>
          </figure>
        );
      })}
    </div>
  );
}
