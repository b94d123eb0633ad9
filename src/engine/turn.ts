/**
 * Waits until the event loop has gone round once. Code that only awaits promises already settled, as reading files
 * synchronously makes them, would keep signals such as Ctrl-C waiting.
 */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
