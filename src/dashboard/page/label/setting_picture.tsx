/** A part of the slice at the cross-hair, as a setting makes it. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { PictureSubject, SettingPicture as Picture } from "../../api.ts";
import { contrastOf } from "../contrast.ts";
import type { PlaneView } from "../geometry.ts";
import { colouredSlice } from "../paint.ts";
import { planeNamed } from "./label_view.ts";
import type { Project } from "./project.ts";
import { paintStack, squareOf } from "./small_picture.ts";
import { useAsked } from "./use_asked.ts";
import type { Labelling } from "./use_labelling.ts";

const SIZE = 340;
const PAUSE = 200;
const LINE = "#ffc400";
/** Voxels between lines, and how long they are. */
const EVERY = 8, LENGTH = 3.4;

interface PictureProps {
  readonly labelling: Labelling;
  readonly subject: PictureSubject;
}

/** A picture that came, and of what it is. */
interface Shown {
  readonly subject: PictureSubject;
  readonly picture: Picture;
  readonly values: Float32Array;
}

export function SettingPicture({ labelling, subject }: PictureProps) {
  const { project, raw, contrasts, view: { at } } = labelling;
  const { shown, error } = usePicture(project, at.map(Math.floor), subject);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [, setVersion] = useState(0);
  useEffect(() => raw?.onChange(() => setVersion((n) => n + 1)), [raw]);
  useEffect(() => {
    const context = shown && squareOf(canvas.current, SIZE);
    if (!context) return;
    const { start: [z], width, height } = shown.picture;
    const scale = SIZE / Math.max(width, height);
    if (shown.subject.kind === "channel") return drawChannel(context, shown, scale);
    if (raw) paintStack(context, viewOf(shown.picture, scale), raw, contrasts, z);
    if (shown.subject.kind === "supervoxels") drawBorders(context, shown, scale);
    else drawLines(context, shown, scale);
  });
  const isOld = shown?.subject !== subject;
  return (
    <div class={isOld ? "setting-picture fades" : "setting-picture"}>
      <canvas ref={canvas} role="img" aria-label={textOf(subject)} />
      <p role="status">{error === "" ? isOld ? "Computing …" : textOf(subject) : error}</p>
    </div>
  );
}

function textOf(subject: PictureSubject): string {
  switch (subject.kind) {
    case "directions":
      return "Directions across clefts";
    case "supervoxels":
      return "Supervoxels";
    case "channel":
      return subject.name;
  }
}

/** Asks for the last subject alone, once it stays. */
function usePicture({ api }: Pick<Project, "api">, at: readonly number[], subject: PictureSubject) {
  const [shown, setShown] = useState<Shown | undefined>(undefined);
  const take = (picture: Picture) => {
    const bytes = Uint8Array.from(atob(picture.values), (character) => character.charCodeAt(0));
    setShown({ subject, picture, values: new Float32Array(bytes.buffer) });
  };
  const error = useAsked(() => api.picture(at, subject), take, PAUSE, [subject, at.join()]);
  return { shown, error };
}

function viewOf({ start: [z, y, x], width, height }: Picture, zoom: number): PlaneView {
  return {
    plane: planeNamed("xy"),
    centre: [z + 0.5, y + height / 2, x + width / 2],
    zoom,
    anisotropy: 1,
    width: width * zoom,
    height: height * zoom,
  };
}

function drawChannel(context: CanvasRenderingContext2D, { picture, values }: Shown, scale: number): void {
  const { width, height } = picture;
  const [low, high] = contrastOf(values) ?? [0, 1];
  const slice = {
    values: Float64Array.from(values),
    columns: width,
    rows: height,
    from: [0, 0],
    step: [1, 1],
    isComplete: true,
    faults: [],
  } as const;
  context.imageSmoothingEnabled = false;
  const coloured = colouredSlice(slice, { kind: "grey", low, high });
  context.drawImage(coloured, 0, 0, width * scale, height * scale);
}

function drawBorders(context: CanvasRenderingContext2D, { picture, values }: Shown, scale: number): void {
  const { width } = picture;
  context.beginPath();
  for (const [i, value] of values.entries()) {
    const left = i % width * scale, top = Math.floor(i / width) * scale;
    const isRight = value === 1 || value === 3, isBelow = value >= 2;
    if (isRight) context.moveTo(left + scale, top);
    if (isRight) context.lineTo(left + scale, top + scale);
    if (isBelow) context.moveTo(left, top + scale);
    if (isBelow) context.lineTo(left + scale, top + scale);
  }
  context.lineWidth = 1;
  context.strokeStyle = LINE;
  context.stroke();
}

/** Lines of the length that they have within the slice. */
function drawLines(context: CanvasRenderingContext2D, { picture, values }: Shown, scale: number): void {
  const { width, height } = picture;
  const voxels = width * height;
  context.beginPath();
  for (let y = EVERY / 2; y < height; y += EVERY) {
    for (let x = EVERY / 2; x < width; x += EVERY) {
      const i = y * width + x;
      const dx = LENGTH * (values[i] ?? 0), dy = LENGTH * (values[voxels + i] ?? 0);
      context.moveTo((x + 0.5 - dx) * scale, (y + 0.5 - dy) * scale);
      context.lineTo((x + 0.5 + dx) * scale, (y + 0.5 + dy) * scale);
    }
  }
  for (const [lineWidth, colour] of [[4, "rgba(16, 20, 24, 0.7)"], [2, LINE]] as const) {
    context.lineWidth = lineWidth;
    context.strokeStyle = colour;
    context.stroke();
  }
}
