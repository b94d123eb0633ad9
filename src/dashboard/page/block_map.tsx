/** The map of a stage's blocks, one layer of them viewed from above. */
import { useEffect, useRef, useState } from "preact/hooks";
import { type BlockMap, CELL } from "../api.ts";
import { bodyOf, client } from "./client.ts";
import type { RunView } from "./run_store.ts";

/** A map that can be changed. */
interface LiveMap {
  readonly map: BlockMap;
  readonly cells: Uint8Array;
}

export function BlockMapView({ view }: { readonly view: RunView }) {
  const withBlocks = view.run.stages.filter(({ blocks }) => blocks !== "");
  const current = withBlocks.findLast(({ state }) => state === "running") ?? withBlocks.at(-1);
  const [chosen, setChosen] = useState("");
  const stage = withBlocks.some(({ blocks }) => blocks === chosen) ? chosen : current?.blocks ?? "";
  const live = useMap(stage, view);
  const [layer, setLayer] = useState(0);
  const layers = live?.map.count[0] ?? 1;
  const shown = Math.min(layer, layers - 1);
  const counts = live ? countStates(live.cells) : undefined;
  if (withBlocks.length === 0) return null;
  return (
    <section class="card blocks">
      <h2>Blocks</h2>
      {!live && <p class="quiet">The map appears when a step is computed in blocks.</p>}
      {live && (
        <>
          <div class="row">
            <label>
              Step{" "}
              <select value={stage} onChange={(event) => setChosen(event.currentTarget.value)}>
                {withBlocks.map(({ blocks, name }) => <option key={blocks} value={blocks}>{name}</option>)}
              </select>
            </label>
            {layers > 1 && (
              <label class="grow">
                Layer {shown + 1} of {layers}
                <input
                  type="range"
                  min={0}
                  max={layers - 1}
                  value={shown}
                  onInput={(event) => setLayer(Number(event.currentTarget.value))}
                />
              </label>
            )}
          </div>
          <MapCanvas live={live} layer={shown} version={view.blocks.length} />
          <p class="legend">
            <span class="key done" /> {counts?.done} done <span class="key working" /> {counts?.working}{" "}
            being computed <span class="key pending" /> {counts?.pending} to come
          </p>
        </>
      )}
    </section>
  );
}

function countStates(cells: Uint8Array) {
  const counts = { done: 0, working: 0, pending: 0 };
  for (const cell of cells) {
    if (cell === CELL.done) counts.done++;
    else if (cell === CELL.working) counts.working++;
    else counts.pending++;
  }
  return counts;
}

/** The stage's map, asked for once and then kept up to date by the run's events. */
function useMap(stage: string, { grids, blocks }: RunView): LiveMap | undefined {
  const [live, setLive] = useState<LiveMap | undefined>(undefined);
  const seen = useRef(0);
  useEffect(() => {
    let isOver = false;
    if (stage === "") return undefined;
    void (async () => {
      const map = await askMap(stage);
      if (isOver) return;
      seen.current = 0; // what came meanwhile is drawn again, which changes nothing
      setLive(
        map ? { map, cells: Uint8Array.from(atob(map.cells), (char) => char.charCodeAt(0)) } : undefined,
      );
    })();
    return () => void (isOver = true);
  }, [stage, grids]);
  if (live?.map.grid.stage === stage) {
    for (const { stage: of, start, shape } of blocks.slice(seen.current)) {
      if (of !== stage) continue;
      const index = cellOf(live.map, start);
      const known = live.cells[index];
      if (known === undefined) continue;
      live.cells[index] = shape ? CELL.done : Math.max(known, CELL.working);
    }
    seen.current = blocks.length;
  }
  return live;
}

async function askMap(stage: string): Promise<BlockMap | null> {
  try {
    return await bodyOf(await client.api.blocks[":stage"].$get({ param: { stage } })) as BlockMap | null;
  } catch {
    return null; // the server is away; when it is back all is asked for again
  }
}

function cellOf({ grid: { block }, count }: BlockMap, [z, y, x]: readonly [number, number, number]): number {
  const at = (value: number, axis: 0 | 1 | 2) => Math.floor(value / block[axis]);
  return (at(z, 0) * count[1] + at(y, 1)) * count[2] + at(x, 2);
}

const MAP_HEIGHT = 165;

interface CanvasProps {
  readonly live: LiveMap;
  readonly layer: number;
  /** Changes with the cells. */
  readonly version: number;
}

function MapCanvas({ live, layer, version }: CanvasProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { map, cells } = live;
  useEffect(() => {
    const draw = () => canvas.current && drawMap(canvas.current, map, cells, layer);
    draw();
    const dark = matchMedia("(prefers-color-scheme: dark)");
    dark.addEventListener("change", draw);
    const resized = new ResizeObserver(draw);
    if (canvas.current) resized.observe(canvas.current);
    return () => {
      dark.removeEventListener("change", draw);
      resized.disconnect();
    };
  }, [map, cells, layer, version]);
  const [, rows, columns] = map.count;
  return (
    <canvas
      ref={canvas}
      class="map"
      role="img"
      aria-label={`Layer ${layer + 1}: ${rows} by ${columns} blocks, viewed from above`}
    />
  );
}

function drawMap(
  canvas: HTMLCanvasElement,
  { grid, count }: BlockMap,
  cells: Uint8Array,
  layer: number,
): void {
  const ratio = devicePixelRatio;
  canvas.width = canvas.clientWidth * ratio;
  canvas.height = MAP_HEIGHT * ratio;
  const context = canvas.getContext("2d");
  if (!context) return;
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(`--${name}`).trim();
  const colours = [colour("pending"), colour("working"), colour("good")];
  const [, height, width] = grid.shape;
  const scale = Math.min(canvas.width / width, canvas.height / height);
  const left = (canvas.width - width * scale) / 2;
  const [, blockY, blockX] = grid.block;
  const gap = Math.min(2 * ratio, blockX * scale / 6);
  for (let y = 0; y < count[1]; y++) {
    for (let x = 0; x < count[2]; x++) {
      context.fillStyle = colours[cells[(layer * count[1] + y) * count[2] + x] ?? 0] ?? "";
      const [fromX, fromY] = [x * blockX, y * blockY];
      const [toX, toY] = [Math.min(width, fromX + blockX), Math.min(height, fromY + blockY)];
      context.fillRect(
        left + fromX * scale,
        fromY * scale,
        Math.max(1, (toX - fromX) * scale - gap),
        Math.max(1, (toY - fromY) * scale - gap),
      );
    }
  }
}
