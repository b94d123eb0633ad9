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
  ["J", "jump to the synapse"],
  ["?", "this list"],
];

/** Keys work wherever the focus is, but in a field that takes them itself. */
export function useLabelKeys(keys: LabelKeys): void {
  // before the next key can come: an effect after painting would leave it to the keys of the rendering before
  useLayoutEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (takesText(event.target) || event.defaultPrevented || event.altKey) return;
      const action = keys[nameOf(event)];
      if (!action) return;
      event.preventDefault();
      action();
    };
    addEventListener("keydown", listen);
    return () => removeEventListener("keydown", listen);
  });
}

/** `ctrl z`, `ctrl shift z`, `,`, `f`. */
function nameOf({ key, ctrlKey, metaKey, shiftKey }: KeyboardEvent): string {
  const letter = key.length === 1 ? key.toLowerCase() : key;
  if (!ctrlKey && !metaKey) return letter;
  return `ctrl ${shiftKey ? "shift " : ""}${letter}`;
}

function takesText(target: EventTarget | null): boolean {
  if (target instanceof HTMLInputElement) return target.type !== "checkbox" && target.type !== "range";
  return target instanceof HTMLSelectElement;
}

/** Whether the space bar is held. @returns a function that tells */
export function followSpace(signal: AbortSignal): () => boolean {
  let isHeld = false;
  addEventListener("keydown", (event) => {
    if (event.key !== " " || takesText(event.target)) return;
    const { target } = event;
    if (target instanceof HTMLCanvasElement || target === document.body) event.preventDefault(); // no scrolling
    isHeld = true;
  }, { signal });
  addEventListener("keyup", (event) => {
    if (event.key === " ") isHeld = false;
  }, { signal });
  addEventListener("blur", () => isHeld = false, { signal });
  return () => isHeld;
}
