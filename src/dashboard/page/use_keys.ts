/** Keys that do something on a whole page. */
import { useLayoutEffect, useRef } from "preact/hooks";

/** What keys do, by their letters; others by their names in small letters. */
export type LetterKeys = Readonly<Record<string, (event: KeyboardEvent) => void>>;

/** Keys go to what was drawn last. They are heard by one listener, since a key may come between one drawing and the next. */
export function useKeys(): { current: LetterKeys } {
  const keys = useRef<LetterKeys>({});
  useLayoutEffect(() => {
    const listen = (event: KeyboardEvent) => {
      const isTyping = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
      if (isTyping || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
      keys.current[event.key.toLowerCase()]?.(event);
    };
    addEventListener("keydown", listen);
    return () => removeEventListener("keydown", listen);
  }, []);
  return keys;
}
