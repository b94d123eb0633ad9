/** Small pictures of synapses, cut across the cleft with the vesicles up. Only those in sight are cut. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { type SynapseRows, valueAt } from "../../analysis/synapse_columns.ts";
import type { ArrayInfo } from "../api.ts";
import { contrastOf } from "./contrast.ts";
import { cutAcross } from "./cut_across.ts";
import { useWidth } from "./density_canvas.tsx";
import { rowsInSight } from "./synapse_rows.ts";
import { openVolume, type Volume } from "./volume.ts";

interface GalleryProps {
  readonly rows: SynapseRows;
  readonly order: Uint32Array;
  readonly raw: ArrayInfo;
  readonly pointed: number;
  readonly onPoint: (row: number) => void;
  readonly linkTo: (row: number) => string;
}

/** Pixels of a picture, of a tile with its text, and from one to the next; as in the style. */
const PICTURE = 112;
const TILE_HEIGHT = 142;
const TILE_WIDTH = 120;
/** Pixels that are computed along an edge. */
const CUT = 80;
/** Voxels of x and y from the middle to an edge. */
const LEAST_HALF = 20;
const MOST_HALF = 90;

export function SynapseGallery({ rows, order, raw, pointed, onPoint, linkTo }: GalleryProps) {
  const volume = useMemo(() => openVolume(raw), [raw]);
  const { place, width } = useWidth<HTMLDivElement>();
  const [seen, setSeen] = useState({ top: 0, height: 2 * TILE_HEIGHT });
  const [version, setVersion] = useState(0);
  useEffect(() => volume.onChange(() => setVersion((n) => n + 1)), [volume]);
  useEffect(() => place.current?.scrollTo({ top: 0 }), [order]);
  const look = () => {
    volume.forget();
    const { scrollTop = 0, clientHeight = 2 * TILE_HEIGHT } = place.current ?? {};
    setSeen({ top: scrollTop, height: clientHeight });
  };
  const columns = Math.max(1, Math.floor(width / TILE_WIDTH));
  const count = Math.ceil(order.length / columns);
  const { from, to, before, after } = rowsInSight({ ...seen, rowHeight: TILE_HEIGHT, count, beyond: 1 });
  return (
    <div
      class="synapse-gallery"
      ref={place}
      onScroll={look}
      tabIndex={0}
      role="region"
      aria-label="Pictures of synapses"
    >
      <div style={{ height: `${before}px` }} />
      <ul style={{ gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))` }}>
        {Array.from(width > 0 ? order.subarray(from * columns, to * columns) : [], (row) => (
          <li key={row}>
            <a
              href={linkTo(row)}
              class={row === pointed ? "pointed" : undefined}
              onMouseEnter={() => onPoint(row)}
              onFocusIn={() => onPoint(row)}
            >
              <Picture rows={rows} row={row} volume={volume} version={version} />
              <span>{valueAt(rows, "id", row)}</span>
              <span class="quiet">{scoreText(valueAt(rows, "mean_score", row))}</span>
            </a>
          </li>
        ))}
      </ul>
      <div style={{ height: `${after}px` }} />
    </div>
  );
}

function scoreText(score: number): string {
  return Number.isNaN(score) ? "" : score.toFixed(2);
}

interface PictureProps {
  readonly rows: SynapseRows;
  readonly row: number;
  readonly volume: Volume;
  /** Changes whenever chunks have come. */
  readonly version: number;
}

function Picture({ rows, row, volume, version }: PictureProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const drawn = useRef<object | undefined>(undefined);
  const [isDrawn, setDrawn] = useState(false);
  useEffect(() => {
    if (drawn.current === volume || !canvas.current) return;
    const values = cutAcross(volume, cutOf(rows, row, volume.info));
    if (values === undefined) return;
    drawn.current = volume;
    paint(canvas.current, values);
    setDrawn(true);
  }, [volume, row, version]);
  const hasDirection = !Number.isNaN(valueAt(rows, "dx", row));
  return (
    <canvas
      ref={canvas}
      width={CUT}
      height={CUT}
      style={{ width: `${PICTURE}px`, height: `${PICTURE}px` }}
      role="img"
      data-drawn={isDrawn}
      aria-label={`Synapse ${valueAt(rows, "id", row)}, ${hasDirection ? "vesicles up" : "as in its slice"}`}
    />
  );
}

/** What is shown of a synapse: itself and what lies around it. */
function cutOf(rows: SynapseRows, row: number, { anisotropy, voxelSize }: ArrayInfo) {
  const [x, y, z] = ["x", "y", "z"].map((name) => valueAt(rows, name, row)) as [number, number, number];
  const up = ["dx", "dy", "dz"].map((name) => valueAt(rows, name, row)) as [number, number, number];
  const length = valueAt(rows, "length", row) / (rows.unit === "nm" ? voxelSize?.[2] ?? NaN : 1);
  const half = Math.min(MOST_HALF, Math.max(LEAST_HALF, Number.isFinite(length) ? length : 0));
  return {
    centre: [z, y, x] as const,
    up: Number.isNaN(up[0]) ? undefined : up,
    half,
    pixels: CUT,
    anisotropy,
  };
}

function paint(canvas: HTMLCanvasElement, values: Float64Array): void {
  const context = canvas.getContext("2d"), contrast = contrastOf(values);
  if (!context || !contrast) return;
  const image = new ImageData(canvas.width, canvas.height);
  for (const [i, value] of values.entries()) {
    if (Number.isNaN(value)) continue;
    const grey = (value - contrast[0]) / (contrast[1] - contrast[0]) * 255;
    image.data.set([grey, grey, grey, 255], 4 * i);
  }
  context.putImageData(image, 0, 0);
}
