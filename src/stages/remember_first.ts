/** Keeps what comes first, as long as there is room. */

/** Items are numbered from 0 as they are added; `take` gives one out, once, or undefined where it was not kept. */
export function rememberFirst<Item>(most: number, sizeOf: (item: Item) => number) {
  const kept: (Item | undefined)[] = [];
  let size = 0;
  return {
    add(item: Item): void {
      size += sizeOf(item);
      kept.push(size <= most ? item : undefined);
    },
    take(place: number): Item | undefined {
      const item = kept[place];
      kept[place] = undefined;
      return item;
    },
  };
}
