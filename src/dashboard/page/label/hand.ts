/** The hand that paints: by a pointer on the large plane, or by the keys. */
import { type Plane, type PlaneView, type Point, voxelAt } from "../geometry.ts";
import type { PlaneActions, Press } from "../plane_canvas.tsx";
import { followHeldKeys, type HeldKeys } from "./label_keys.ts";
import type { LabelView } from "./label_view.ts";
import { beginPainting, type Painting, type Tool } from "./painting.ts";
import type { Project } from "./project.ts";

/** What the hand works with, as of now. */
export interface HandContext {
  readonly project: Project;
  readonly tool: Tool;
  /** The synapse that is painted; 0: there is none yet. */
  readonly chosen: number;
  readonly canPaint: boolean;
  readonly view: LabelView;
  readonly anisotropy: number;
  /** Goes to a place; the large plane moves where it would be out of sight and `isFollowed`. */
  readonly goTo: (point: Point, isFollowed: boolean) => void;
  /** Something else at a place that can be dragged. */
  readonly grab: (point: Point, view: PlaneView) => Press | undefined;
  /** Asks for a synapse to paint. */
  readonly needObject: () => void;
  /** Shows labels, where they were hidden. */
  readonly show: () => void;
  readonly redraw: () => void;
}

export interface Hand extends Required<Pick<PlaneActions, "press" | "hover" | "key">> {
  /** Where the brush is, and whether it is a ball. */
  brush(): { readonly at: Point; readonly isBall: boolean } | undefined;
  painting(): Painting | undefined;
  /** Follows the keys that are held; returns a function that ends it. */
  follow(): () => void;
}

/** Buttons of pointers. */
const LEFT = 0, RIGHT = 2, PEN_ERASER = 5;

export function createHand(latest: () => HandContext): Hand {
  let held: HeldKeys = { space: () => false, shift: () => false };
  let hovered: Point | undefined;
  let painting: Painting | undefined;
  /** Whether the keyboard holds the brush down. */
  let isDown = false;
  /** Whether the keyboard moved the brush last. */
  let byKeys = false;

  const begin = (from: Point, isBall: boolean, tool = latest().tool): Painting | undefined => {
    const { project, chosen, view, anisotropy, needObject, show } = latest();
    show();
    if (tool.paints === "synapse" && chosen === 0) {
      needObject();
      return undefined;
    }
    const shape = isBall ? "ball" : "disc";
    return beginPainting(project, tool, chosen, { plane: view.large, shape, anisotropy }, from);
  };
  const end = () => {
    painting?.end();
    painting = undefined;
    isDown = false;
    latest().redraw();
  };
  /** A click that takes the supervoxel there. */
  const grown = (from: Point): Press => {
    const { project, chosen, needObject, goTo } = latest();
    const [z, y, x] = voxelAt(from, project.state().shape);
    if (chosen === 0) needObject();
    else project.grow(chosen, [z, y, x]);
    return { move: () => {}, end: () => goTo(from, false) };
  };
  const pressed = (from: Point, event: PointerEvent): Press | undefined => {
    const { tool } = latest();
    end();
    if (tool.by === "supervoxel" && event.button === LEFT) return grown(from);
    const used = event.button === PEN_ERASER ? { ...tool, paints: "erase" as const } : tool;
    painting = begin(from, event.shiftKey, used);
    if (!painting) return undefined;
    let last = from;
    return {
      move(to) {
        painting?.move(to);
        last = to;
        latest().redraw();
      },
      end() {
        end();
        latest().goTo(last, false);
      },
    };
  };
  return {
    brush: () => {
      const at = byKeys ? latest().view.at : hovered;
      return at && { at, isBall: held.shift() };
    },
    painting: () => painting,
    press(point, view, event) {
      const { view: { large }, canPaint, grab, goTo } = latest();
      if (!canPaint || event.pointerType === "touch" || held.space()) return undefined;
      if (event.button === RIGHT) {
        goTo(point, false);
        return { move: (to) => goTo(to, false), end: () => {} };
      }
      if (event.button !== LEFT && event.button !== PEN_ERASER) return undefined;
      return grab(point, view) ?? (view.plane.name === large.name ? pressed(point, event) : undefined);
    },
    hover(point, plane: Plane) {
      hovered = plane.name === latest().view.large.name ? point : undefined;
      byKeys = false;
      latest().redraw();
    },
    key(event, view) {
      const { view: { large, at }, canPaint, goTo } = latest();
      if (!canPaint || view.plane.name !== large.name || event.ctrlKey || event.metaKey || event.altKey) {
        return false;
      }
      if (event.key === "Enter") {
        byKeys = true;
        if (isDown) end();
        else if ((painting = begin(at, false))) isDown = true;
        latest().redraw();
        return true;
      }
      const step = ARROWS[event.key];
      if (!step) return false;
      byKeys = true;
      const many = event.shiftKey ? 10 : 1;
      const to: [number, number, number] = [...at];
      to[large.across] += step[0] * many;
      to[large.down] += step[1] * many;
      if (isDown) painting?.move(to);
      goTo(to, true);
      return true;
    },
    follow() {
      const over = new AbortController();
      held = followHeldKeys(over.signal, () => hovered !== undefined, () => latest().redraw());
      return () => over.abort();
    },
  };
}

const ARROWS: Readonly<Record<string, readonly [across: number, down: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};
