/** What the browser remembers for the page. A browser that keeps nothing, as some private windows, remembers nothing. */

const PREFIX = "ccboost ";

/** For ever, on this machine. */
export function remember(key: string, value: string): void {
  keep(() => localStorage.setItem(PREFIX + key, value));
}

/** What was remembered; empty where nothing was. */
export function remembered(key: string): string {
  return keep(() => localStorage.getItem(PREFIX + key)) ?? "";
}

/** As long as this tab is open, also when it is loaded again. */
export function rememberHere(key: string, value: string): void {
  keep(() => sessionStorage.setItem(PREFIX + key, value));
}

/** What was remembered for this tab; empty where nothing was. */
export function rememberedHere(key: string): string {
  return keep(() => sessionStorage.getItem(PREFIX + key)) ?? "";
}

function keep<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch (cause) {
    if (cause instanceof DOMException) return undefined; // refused, or full
    throw cause;
  }
}
