/** A canvas that shows how many synapses lie in each field of a grid. */
import { useEffect, useRef, useState } from "preact/hooks";
import { colourTable } from "./colours.ts";
import type { Density } from "./density.ts";

interface DensityProps {
  readonly density: Density;
  readonly width: number;
  readonly height: number;
  readonly label: string;
  /** Draws over it. */
  readonly draw?: (context: CanvasRenderingContext2D) => void;
  /** Follows the pointer. */
  readonly follow?: Partial<
    Record<"onPointerDown" | "onPointerMove" | "onPointerUp", (event: PointerEvent) => void>
  >;
}

const GROUND = "#101418";
/** Where one synapse begins on the colours' scale, so that it stands out from none. */
const LEAST_COLOUR = 0.3;

export function DensityCanvas({ density, width, height, label, draw, follow }: DensityProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!context || !canvas.current) return;
    const ratio = devicePixelRatio;
    [canvas.current.width, canvas.current.height] = [Math.round(width * ratio), Math.round(height * ratio)];
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.fillStyle = GROUND;
    context.fillRect(0, 0, width, height);
    context.imageSmoothingEnabled = false;
    if (density.most > 0) context.drawImage(painted(density), 0, 0, width, height);
    draw?.(context);
  });
  return (
    <canvas
      ref={canvas}
      class="density"
      role="img"
      aria-label={label}
      style={{ width: `${width}px`, height: `${height}px` }}
      {...follow}
    />
  );
}

function painted({ columns, rows, counts, most }: Density): OffscreenCanvas {
  const image = new ImageData(columns, rows), table = colourTable("viridis");
  for (const [i, count] of counts.entries()) {
    if (count === 0) continue;
    const share = most > 1 ? Math.log(count) / Math.log(most) : 1;
    const entry = Math.round((LEAST_COLOUR + (1 - LEAST_COLOUR) * share) * 255) * 3;
    image.data.set([table[entry] ?? 0, table[entry + 1] ?? 0, table[entry + 2] ?? 0, 255], 4 * i);
  }
  const canvas = new OffscreenCanvas(columns, rows);
  canvas.getContext("2d")?.putImageData(image, 0, 0);
  return canvas;
}

/** A ring around what is pointed at. */
export function drawRing(context: CanvasRenderingContext2D, x: number, y: number): void {
  context.lineWidth = 2;
  for (const [colour, radius] of [["#101418", 8], ["#ffffff", 6]] as const) {
    context.strokeStyle = colour;
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.stroke();
  }
}

/** How wide a place is, pixels; 0 before it is laid out. */
export function useWidth<Place extends HTMLElement>() {
  const place = useRef<Place>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const element = place.current;
    if (!element) return undefined;
    const resized = new ResizeObserver(() => setWidth(element.clientWidth));
    resized.observe(element);
    return () => resized.disconnect();
  }, []);
  return { place, width };
}
