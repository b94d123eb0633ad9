/** A canvas that shows a plane and is moved by pointer, wheel and keys. */
import { useEffect, useRef } from "preact/hooks";
import { AXES, type Plane, type PlaneView, type Point, scaleOf, toPoint } from "./geometry.ts";

/** What the pointer and keys ask for. */
export interface PlaneActions {
  /** Steps slices along the cut axis. */
  step(plane: Plane, slices: number): void;
  /** Moves what is in the middle. */
  pan(across: 0 | 1 | 2, acrossVoxels: number, down: 0 | 1 | 2, downVoxels: number): void;
  /** Zooms by a factor, the place under the pointer fixed. */
  zoom(factor: number, fixed: Point | undefined): void;
  /** A click on a place. */
  pick(point: Point, plane: Plane): void;
  /** Something of our own at a place that can be dragged: takes where it goes. */
  grab?(point: Point, view: PlaneView): ((to: Point) => void) | undefined;
  /** The pointer is over a place, or left. */
  hover?(point: Point | undefined, plane: Plane): void;
  /** A pointer is pressed at a place: takes where it goes until it is let go, instead of a move or a click. */
  press?(point: Point, view: PlaneView, event: PointerEvent): Press | undefined;
  /** A key that means something of its own; true where it does. */
  key?(event: KeyboardEvent, view: PlaneView): boolean;
}

/** A pointer that was pressed. */
export interface Press {
  move(to: Point): void;
  end(): void;
}

interface PlaneCanvasProps {
  readonly plane: Plane;
  readonly centre: Point;
  /** Slice that is shown. */
  readonly at: Point;
  readonly zoom: number;
  readonly anisotropy: number;
  readonly label: string;
  readonly actions: PlaneActions;
  readonly draw: (context: CanvasRenderingContext2D, view: PlaneView) => void;
  /** Is given what draws the plane anew between renderings; returns a function that ends it. */
  readonly onMount?: (redraw: () => void) => () => void;
}

/** Pixels that a pointer may move in a click. */
const CLICK_REACH = 4;
const WHEEL_STEP = 60;

export function PlaneCanvas(props: PlaneCanvasProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const latest = useRef(props);
  latest.current = props;
  useEffect(() => canvas.current ? follow(canvas.current, () => latest.current) : undefined, []);
  useEffect(() => props.onMount?.(() => canvas.current && redraw(canvas.current, latest.current)), []);
  useEffect(() => void (canvas.current && redraw(canvas.current, props)));
  return (
    <canvas
      ref={canvas}
      class="plane"
      tabIndex={0}
      role="img"
      aria-label={props.label}
      data-plane={props.plane.name}
    />
  );
}

function viewOf(canvas: HTMLCanvasElement, { plane, centre, zoom, anisotropy }: PlaneCanvasProps): PlaneView {
  return { plane, centre, zoom, anisotropy, width: canvas.clientWidth, height: canvas.clientHeight };
}

function redraw(canvas: HTMLCanvasElement, props: PlaneCanvasProps): void {
  // Not laid out yet: there is nothing to draw on, and what follows from the size is not known.
  if (canvas.clientWidth === 0 || canvas.clientHeight === 0 || !(props.zoom > 0)) return;
  const ratio = devicePixelRatio;
  const [width, height] = [Math.round(canvas.clientWidth * ratio), Math.round(canvas.clientHeight * ratio)];
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const context = canvas.getContext("2d");
  if (!context) return;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.fillStyle = "#101418";
  context.fillRect(0, 0, canvas.clientWidth, canvas.clientHeight);
  props.draw(context, viewOf(canvas, props));
}

/** Listens to everything that moves the plane. */
function follow(canvas: HTMLCanvasElement, props: () => PlaneCanvasProps): () => void {
  const over = new AbortController();
  const { signal } = over;
  const resized = new ResizeObserver(() => redraw(canvas, props()));
  resized.observe(canvas);
  const pointAt = ({ offsetX, offsetY }: MouseEvent) =>
    toPoint(viewOf(canvas, props()), offsetX, offsetY, props().at);
  let wheel = 0;
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    const { actions, plane } = props();
    if (event.ctrlKey) {
      actions.zoom(Math.exp(-event.deltaY / 200), pointAt(event));
      return;
    }
    // A mouse's notch is a slice; a touchpad's small moves add up to one.
    // With Shift some systems turn the wheel sideways.
    const turned = event.deltaY === 0 && event.shiftKey ? event.deltaX : event.deltaY;
    wheel += event.deltaMode === 0 ? turned : Math.sign(turned) * WHEEL_STEP;
    const slices = Math.trunc(wheel / WHEEL_STEP);
    wheel -= slices * WHEEL_STEP;
    if (slices !== 0) {
      actions.step(plane, Math.sign(slices) * (event.shiftKey ? 10 : Math.min(3, Math.abs(slices))));
    }
  }, { passive: false, signal });
  followPointers(canvas, props, pointAt, signal);
  canvas.addEventListener("keydown", (event) => {
    if (keyAction(event, viewOf(canvas, props()), props())) event.preventDefault();
  }, { signal });
  return () => {
    over.abort();
    resized.disconnect();
  };
}

function followPointers(
  canvas: HTMLCanvasElement,
  props: () => PlaneCanvasProps,
  pointAt: (event: MouseEvent) => Point,
  signal: AbortSignal,
): void {
  const pointers = new Map<number, { x: number; y: number }>();
  let moved = 0;
  let press: Press | undefined;
  const release = () => {
    press?.end();
    press = undefined;
  };
  let dragged: ((to: Point) => void) | undefined;
  const spread = () => {
    const [a, b] = [...pointers.values()];
    return a && b ? Math.hypot(a.x - b.x, a.y - b.y) : 0;
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
    moved = pointers.size > 1 ? Infinity : 0;
    const view = viewOf(canvas, props());
    release();
    press = pointers.size > 1 ? undefined : props().actions.press?.(pointAt(event), view, event);
    dragged = pointers.size > 1 ? undefined : props().actions.grab?.(pointAt(event), view);
  }, { signal });
  canvas.addEventListener("pointermove", (event) => {
    const { actions, plane } = props();
    actions.hover?.(pointAt(event), plane);
    const last = pointers.get(event.pointerId);
    if (!last) return;
    if (press) {
      const events = event.getCoalescedEvents();
      for (const one of events.length > 0 ? events : [event]) press.move(pointAt(one));
      return;
    }
    const before = spread();
    const [dx, dy] = [event.offsetX - last.x, event.offsetY - last.y];
    pointers.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
    moved += Math.hypot(dx, dy);
    if (pointers.size > 1) {
      if (before > 0) actions.zoom(spread() / before, undefined);
    } else if (dragged) {
      if (moved > CLICK_REACH) dragged(pointAt(event));
    } else if (moved > CLICK_REACH) {
      const view = viewOf(canvas, props());
      const { across, down } = plane;
      actions.pan(across, -dx / scaleOf(view, across), down, -dy / scaleOf(view, down));
    }
  }, { signal });
  canvas.addEventListener("pointerup", (event) => {
    const isClick = pointers.delete(event.pointerId) && moved <= CLICK_REACH && !press;
    release();
    if (isClick) props().actions.pick(pointAt(event), props().plane);
  }, { signal });
  canvas.addEventListener("pointercancel", (event) => {
    pointers.delete(event.pointerId);
    release();
  }, { signal });
  canvas.addEventListener("pointerleave", () => props().actions.hover?.(undefined, props().plane), {
    signal,
  });
  const hasOwn = (event: Event) => props().actions.press && event.preventDefault();
  canvas.addEventListener("contextmenu", hasOwn, { signal });
  // a middle button would start the browser's own scrolling
  canvas.addEventListener("mousedown", (event) => event.button === 1 && event.preventDefault(), { signal });
}

/** Arrows move, page keys and comma and point step slices, plus and minus zoom. Returns whether the key is one of them. */
function keyAction(event: KeyboardEvent, view: PlaneView, { actions, plane }: PlaneCanvasProps): boolean {
  if (actions.key?.(event, view)) return true;
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  const { across, down } = plane;
  const many = event.shiftKey ? 10 : 1;
  const [wide, high] = [view.width / 10 / scaleOf(view, across), view.height / 10 / scaleOf(view, down)];
  switch (event.key) {
    case "ArrowLeft":
      actions.pan(across, -wide, down, 0);
      return true;
    case "ArrowRight":
      actions.pan(across, wide, down, 0);
      return true;
    case "ArrowUp":
      actions.pan(across, 0, down, -high);
      return true;
    case "ArrowDown":
      actions.pan(across, 0, down, high);
      return true;
    case "PageUp":
    case ",":
    case "<":
      actions.step(plane, -many);
      return true;
    case "PageDown":
    case ".":
    case ">":
      actions.step(plane, many);
      return true;
    case "+":
    case "=":
      actions.zoom(1.25, undefined);
      return true;
    case "-":
      actions.zoom(0.8, undefined);
      return true;
    default:
      return false;
  }
}

/** Lines through the place that all planes share. */
export function drawCrossHair(
  context: CanvasRenderingContext2D,
  view: PlaneView,
  [x, y]: readonly [number, number],
): void {
  context.strokeStyle = "rgba(120, 220, 255, 0.65)";
  context.lineWidth = 1;
  const gap = 8;
  context.beginPath();
  for (const [from, to] of [[0, x - gap], [x + gap, view.width]] as const) {
    context.moveTo(from, y);
    context.lineTo(to, y);
  }
  for (const [from, to] of [[0, y - gap], [y + gap, view.height]] as const) {
    context.moveTo(x, from);
    context.lineTo(x, to);
  }
  context.stroke();
}

/** What a plane is, in its corner: `z = 12`. */
export function drawCaption(context: CanvasRenderingContext2D, text: string): void {
  context.font = "600 13px system-ui, sans-serif";
  const { width } = context.measureText(text);
  context.fillStyle = "rgba(16, 20, 24, 0.75)";
  context.fillRect(6, 6, width + 12, 22);
  context.fillStyle = "#f2f5f7";
  context.fillText(text, 12, 21);
}

/** Name of a plane for those who do not see it. */
export function planeLabel({ across, down, cut }: Plane, at: Point): string {
  return `Plane ${AXES[across]} ${AXES[down]} at ${AXES[cut]} ${Math.floor(at[cut])}`;
}
