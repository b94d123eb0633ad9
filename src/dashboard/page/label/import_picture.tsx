/** A slice of the stack with labels as they would be taken. */
import { useEffect, useRef, useState } from "preact/hooks";
import { type ImportLook, LABEL } from "../../api.ts";
import { Range } from "../fields.tsx";
import type { PlaneView, Point } from "../geometry.ts";
import { placeSlice } from "../paint.ts";
import { cutSlice, oneSlice } from "../slice.ts";
import type { Slice } from "../slice_values.ts";
import { colourOf } from "./label_grid.ts";
import { planeNamed } from "./label_view.ts";
import { paintStack, squareOf } from "./small_picture.ts";
import type { Labelling } from "./use_labelling.ts";
import { useVolume } from "./use_project.ts";

const SIZE = 340;
/** Voxels across that are shown at most: more would take long to read. */
const MOST_ACROSS = 768;

interface PictureProps {
  readonly labelling: Labelling;
  readonly look: ImportLook;
}

export function ImportPicture({ labelling, look }: PictureProps) {
  const { raw, contrasts, state: { shape } } = labelling;
  const kinds = useVolume(look.kinds);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [, setVersion] = useState(0);
  const at = look.at ?? [Math.floor(shape[0] / 2), Math.floor(shape[1] / 2), Math.floor(shape[2] / 2)];
  const [moved, setMoved] = useState<number | undefined>(undefined);
  const z = moved ?? at[0];
  useEffect(() => {
    const ends = [raw, kinds].map((volume) => volume?.onChange(() => setVersion((n) => n + 1)));
    return () => ends.forEach((end) => end?.());
  }, [raw, kinds]);
  useEffect(() => {
    const context = squareOf(canvas.current, SIZE);
    if (!context) return;
    const view = viewAround(at, shape);
    if (raw) paintStack(context, view, raw, contrasts, z);
    if (!kinds) return;
    const slice = cutSlice(kinds, 0, view, oneSlice(z));
    if (slice.columns > 0 && slice.rows > 0) placeSlice(context, view, slice, colouredKinds(slice));
  });
  return (
    <div class="import-picture">
      <canvas ref={canvas} role="img" aria-label={`Slice ${z} with the labels`} />
      <Range label="Slice" value={z} max={shape[0] - 1} set={setMoved} />
    </div>
  );
}

/** As much of a slice as fits, around a place. */
function viewAround(at: Point, [, height, width]: Point): PlaneView {
  const across = Math.min(MOST_ACROSS, Math.max(height, width));
  const middle = (place: number, length: number) =>
    length <= across ? length / 2 : Math.max(across / 2, Math.min(length - across / 2, place));
  return {
    plane: planeNamed("xy"),
    centre: [at[0] + 0.5, middle(at[1], height), middle(at[2], width)],
    zoom: SIZE / across,
    anisotropy: 1,
    width: SIZE,
    height: SIZE,
  };
}

function colouredKinds({ values, columns, rows }: Slice): OffscreenCanvas {
  const image = new ImageData(columns, rows);
  for (const [i, value] of values.entries()) {
    if (value === 255) image.data.set([...colourOf(LABEL.first), 165], 4 * i);
    else if (value === 0) image.data.set([...colourOf(LABEL.not), 60], 4 * i);
  }
  const canvas = new OffscreenCanvas(columns, rows);
  canvas.getContext("2d")?.putImageData(image, 0, 0);
  return canvas;
}
