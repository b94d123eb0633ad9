/** Work that must not overlap. */

/** Does one thing after the other, in the order in which they are given. A failure is the giver's; the next one may succeed. */
export function createQueue(): <T>(work: () => T | Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const done = last.then(work);
    last = done.catch(() => undefined); // who gave it has the error
    return done;
  };
}
