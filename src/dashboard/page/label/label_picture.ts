/** The picture of the labels on a plane: cut once, and then mended where something was painted. */
import { drawFaults } from "../hatch.ts";
import { pixelAt, type PlaneView } from "../geometry.ts";
import { strokeBorders } from "../paint.ts";
import { pictureKey } from "./kept_picture.ts";
import type { LabelChunks } from "./label_chunks.ts";
import { colourOf, fillGrid, gridOf, type LabelGrid, type LabelLook } from "./label_grid.ts";

/** The picture of one plane, kept between drawings. */
export interface LabelPicture {
  draw(context: CanvasRenderingContext2D, view: PlaneView, slice: number, look: LabelLook): void;
  /** These chunks look different now, or all. */
  mend(keys: readonly string[] | "all"): void;
}

export function createLabelPicture(chunks: LabelChunks): LabelPicture {
  const colours = new Map<number, number>();
  let key = "";
  let known: { grid: LabelGrid; pixels: Uint32Array; image: ImageData; canvas: OffscreenCanvas } | undefined;
  const stale = new Set<string>();

  const packed = (value: number) => {
    let colour = colours.get(value);
    if (colour === undefined) {
      const [r, g, b] = colourOf(value);
      colours.set(value, colour = (255 << 24 | b << 16 | g << 8 | r) >>> 0);
    }
    return colour;
  };
  const whole = (view: PlaneView, slice: number) => {
    const grid = gridOf(view, chunks.shape);
    const columns = Math.max(1, grid.u.count), rows = Math.max(1, grid.v.count);
    const image = new ImageData(columns, rows);
    const pixels = new Uint32Array(image.data.buffer);
    known = { grid, pixels, image, canvas: new OffscreenCanvas(columns, rows) };
    cut(view, slice, undefined);
  };
  const cut = (view: PlaneView, slice: number, only: ReadonlySet<string> | undefined) => {
    if (!known) return;
    const { grid, pixels, image, canvas } = known;
    fillGrid(chunks, grid, view, slice, only, (from, to, row) => {
      for (let i = row + from; i < row + to; i++) {
        const value = grid.values[i] ?? 0;
        pixels[i] = value === 0 ? 0 : packed(value);
      }
    }, (left, top, width, height) => {
      canvas.getContext("2d")?.putImageData(image, 0, 0, left, top, width, height);
    });
  };
  return {
    draw(context, view, slice, look) {
      const next = pictureKey(view, slice);
      if (next !== key || !known?.grid.isComplete) {
        key = next;
        whole(view, slice);
      } else if (stale.size > 0) cut(view, slice, stale);
      stale.clear();
      if (!known) return;
      const { grid, canvas } = known;
      const [left, top] = pixelOf(view, grid, 0, 0);
      const [right, bottom] = pixelOf(view, grid, grid.u.count, grid.v.count);
      if (!look.isOutline && grid.values.length > 0) {
        context.globalAlpha = look.opacity;
        context.imageSmoothingEnabled = false;
        context.drawImage(canvas, left, top, right - left, bottom - top);
        context.globalAlpha = 1;
      }
      strokeBorders(context, {
        values: grid.values,
        columns: grid.u.count,
        rows: grid.v.count,
        place: (i, j) => pixelOf(view, grid, i, j),
        isEmpty: (row) => grid.filled[row] === 0,
        only: look.isOutline ? undefined : look.chosen, // where areas are filled
      }, (value) => `rgb(${colourOf(value).join()})`);
      drawFaults(context, view, [...grid.faults.values()], false);
    },
    mend(keys) {
      if (keys === "all") key = "";
      else for (const one of keys) stale.add(one);
    },
  };
}

/** Pixel of the corner of a cell. */
function pixelOf(view: PlaneView, { u, v }: LabelGrid, i: number, j: number): readonly [number, number] {
  return pixelAt(view, u.first + i * u.every, v.first + j * v.every);
}
