/** Keys of the labelling page. */
import { useLayoutEffect } from "preact/hooks";

/** What keys do, by their names as the browser has them, letters small. */
export type LabelKeys = Readonly<Record<string, (() => void) | undefined>>;

/** The keys as the help shows them. */
export const KEY_HELP: readonly (readonly [keys: string, what: string])[] = [
  ["S", "paint the synapse"],
  ["X", "paint what is not a synapse"],
  ["E", "erase"],
  ["F", "draw an outline and fill it"],
  ["G", "a click adds a whole supervoxel"],
  ["I", "fill between two painted slices"],
  ["[ ]", "smaller, larger brush"],
  ["Shift + drag", "a ball over several slices"],
  ["N", "next synapse"],
  ["U, Ctrl Z", "undo"],
  ["R, Ctrl Y", "redo"],
  ["wheel , .", "next and previous slice; with Shift ten"],
  ["Ctrl + wheel, + −", "zoom"],
  ["Space + drag, middle button", "move the picture"],
  ["right click", "put the cross-hair there"],
  ["arrows", "move the brush; with Shift ten voxels"],
  ["Enter", "put the brush down, and lift it"],
  ["H", "hide and show labels and scores"],
  ["O", "outlines or areas"],
  ["P", "another plane becomes the large one"],
  ["C", "contrast from this slice"],
  ["A B T", "side of the vesicles: A, B, cannot tell"],
  ["K", "where to look next: then Y yes, N no, T cannot tell"],
  ["L", "find all synapses"],
  ["J", "jump to the synapse"],
  ["V", "next stack of the project"],
  ["?", "this list"],
];

/** Keys work wherever the focus is, but in a field that takes them itself, and in a dialog. */
export function useLabelKeys(keys: LabelKeys): void {
  // before the next key can come: an effect after painting would leave it to the keys of the rendering before
  useLayoutEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (takesText(event.target) || event.defaultPrevented) return;
      const action = keys[nameOf(event)];
      if (!action) return;
      event.preventDefault();
      action();
    };
    addEventListener("keydown", listen);
    return () => removeEventListener("keydown", listen);
  });
}

/** Signs that some keyboards have only with other keys held. */
const SIGNS = ["[", "]", "?"];

/** `ctrl z`, `ctrl shift z`, `f`. */
function nameOf({ key, ctrlKey, metaKey, shiftKey, altKey }: KeyboardEvent): string {
  const letter = key.length === 1 ? key.toLowerCase() : key;
  if (SIGNS.includes(key) || !(ctrlKey || metaKey || altKey)) return letter;
  return `${altKey ? "alt " : "ctrl "}${shiftKey ? "shift " : ""}${letter}`;
}

function takesText(target: EventTarget | null): boolean {
  if (target instanceof Element && target.closest("dialog")) return true;
  if (target instanceof HTMLInputElement) return target.type !== "checkbox" && target.type !== "range";
  return target instanceof HTMLSelectElement;
}

/** Keys that are held while the pointer moves. */
export interface HeldKeys {
  readonly space: () => boolean;
  readonly shift: () => boolean;
}

/**
 * Follows them until the signal.
 * @param isOver whether the pointer is over a plane, where the space bar moves the picture and presses no button
 * @param onChange is called whenever another is held
 */
export function followHeldKeys(signal: AbortSignal, isOver: () => boolean, onChange: () => void): HeldKeys {
  let space = false, shift = false;
  const set = (isSpace: boolean, isShift: boolean) => {
    const isAnother = isSpace !== space || isShift !== shift;
    [space, shift] = [isSpace, isShift];
    if (isAnother) onChange();
  };
  const isSpace = (event: KeyboardEvent) => {
    if (event.key !== " " || takesText(event.target)) return false;
    const { target } = event;
    // else the page would scroll, or a button be pressed
    if (isOver() || target instanceof HTMLCanvasElement || target === document.body) event.preventDefault();
    return true;
  };
  addEventListener("keydown", (event: KeyboardEvent) => set(isSpace(event) || space, event.shiftKey), {
    signal,
  });
  addEventListener("keyup", (event: KeyboardEvent) => set(!isSpace(event) && space, event.shiftKey), {
    signal,
  });
  addEventListener("blur", () => set(false, false), { signal });
  return { space: () => space, shift: () => shift };
}
