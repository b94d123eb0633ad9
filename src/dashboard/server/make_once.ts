/** Work that several may ask for at the same time, and that is done once for all of them. */

/** Runs `make` for a key, or waits for the one that is running. */
export function makeOnce<T>(): (key: string, make: () => Promise<T>) => Promise<T> {
  const running = new Map<string, Promise<T>>();
  return (key, make) => {
    const begun = running.get(key);
    if (begun !== undefined) return begun;
    const work = make().finally(() => running.delete(key));
    running.set(key, work);
    return work;
  };
}
