/** A small picture of a place, with the outline of what was found there. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { Candidate } from "../../api.ts";
import type { Contrasts } from "../contrast.ts";
import { middleOfVoxel, type PlaneView } from "../geometry.ts";
import { paintSlice } from "../paint.ts";
import { cutSlice, oneSlice } from "../slice.ts";
import type { Volume } from "../volume.ts";
import { planeNamed } from "./label_view.ts";
import { paintStack, squareOf } from "./small_picture.ts";

const SIZE = 76;
/** Voxels around what was found. */
const MARGIN = 16;

interface ThumbnailProps {
  readonly candidate: Candidate;
  readonly raw: Volume | undefined;
  readonly scores: Volume | undefined;
  readonly contrasts: Contrasts;
  readonly threshold: number;
}

export function Thumbnail({ candidate, raw, scores, contrasts, threshold }: ThumbnailProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [, setVersion] = useState(0);
  useEffect(() => {
    const ends = [raw, scores].map((volume) => volume?.onChange(() => setVersion((n) => n + 1)));
    return () => ends.forEach((end) => end?.());
  }, [raw, scores]);
  useEffect(() => {
    const context = squareOf(canvas.current, SIZE);
    if (!context) return;
    const { at, box: { begin, end }, score } = candidate;
    const extent = Math.max(end[1] - begin[1], end[2] - begin[2]) + 2 * MARGIN;
    const view: PlaneView = {
      plane: planeNamed("xy"),
      centre: middleOfVoxel(at),
      zoom: SIZE / extent,
      anisotropy: 1,
      width: SIZE,
      height: SIZE,
    };
    if (raw) paintStack(context, view, raw, contrasts, at[0]);
    if (!scores) return;
    // what comes near the threshold is outlined from where it was found
    const from = Math.min(threshold, score - 1e-3);
    const style = {
      kind: "score",
      map: "fire",
      low: from,
      high: from + 1,
      threshold: from,
      opacity: 1,
    } as const;
    paintSlice(context, view, cutSlice(scores, 0, view, oneSlice(at[0])), { ...style, isOutline: true });
  });
  return <canvas ref={canvas} class="thumbnail" aria-hidden="true" />;
}
