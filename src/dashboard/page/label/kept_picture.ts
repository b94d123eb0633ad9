/** A slice in colours, kept between drawings as long as nothing of it changes. */
import type { PlaneView } from "../geometry.ts";
import type { LayerStyle } from "../layer_style.ts";
import { colouredSlice, placeSlice } from "../paint.ts";
import { keptSlice, oneSlice } from "../slice.ts";
import type { Slice } from "../slice_values.ts";
import type { Volume } from "../volume.ts";

export interface KeptPicture {
  /**
   * Draws a slice, and returns it.
   * @param named another text for another style of the same slice
   */
  draw(
    context: CanvasRenderingContext2D,
    view: PlaneView,
    number: number,
    named: string,
    styleOf: (slice: Slice) => LayerStyle,
  ): Slice;
  /** Chunks came. */
  renew(): void;
}

/** @param cut what is in sight of a slice */
export function createKeptPicture(cut: (view: PlaneView, number: number) => Slice): KeptPicture {
  let known: { readonly key: string; readonly slice: Slice } | undefined;
  let coloured:
    | { readonly slice: Slice; readonly named: string; readonly canvas: OffscreenCanvas }
    | undefined;
  return {
    draw(context, view, number, named, styleOf) {
      const key = pictureKey(view, number);
      if (known?.key !== key) known = { key, slice: cut(view, number) };
      const { slice } = known;
      if (slice.columns === 0 || slice.rows === 0) return slice;
      if (coloured?.slice !== slice || coloured.named !== named) {
        coloured = { slice, named, canvas: colouredSlice(slice, styleOf(slice)) };
      }
      placeSlice(context, view, slice, coloured.canvas);
      return slice;
    },
    renew: () => known = undefined,
  };
}

/** Another text for every other part of a volume that a plane shows. */
export function pictureKey(view: PlaneView, slice: number): string {
  const { plane, centre, zoom, anisotropy, width, height } = view;
  return [plane.name, centre[plane.across], centre[plane.down], zoom, anisotropy, width, height, slice]
    .join();
}

/** One slice of a volume. */
export function sliceOf(volume: Volume, view: PlaneView, number: number): Slice {
  return keptSlice(volume, 0, view, oneSlice(number));
}

/** A slice where another one has no values yet. Both are cut out of the same chunks. */
export function whereMissing(slice: Slice, other: Slice): Slice {
  const values = slice.values.map((value, i) => Number.isNaN(other.values[i] ?? NaN) ? value : NaN);
  return { ...slice, values };
}
