/** Sets of integers that are joined step by step. A set is known by its smallest member. */
export interface UnionFind {
  /** How many integers there are, from 0. */
  size(): number;
  /** Adds integers, each a set of its own. */
  grow(count: number): void;
  /** The smallest member of the set that holds `i`. */
  find(i: number): number;
  /** Joins the sets of two integers. */
  join(i: number, j: number): void;
}

/** @param count integers to begin with, each a set of its own */
export function createUnionFind(count: number): UnionFind {
  let parents = new Int32Array(Math.max(count, 16));
  let size = 0;
  const parentOf = (i: number) => parents[i] ?? i;
  const sets: UnionFind = {
    size: () => size,
    grow(more) {
      if (size + more > parents.length) {
        const larger = new Int32Array(Math.max(size + more, 2 * parents.length));
        larger.set(parents);
        parents = larger;
      }
      for (const end = size + more; size < end; size++) parents[size] = size;
    },
    find(i) {
      let at = i;
      // Every second step of the path is cut short, so that later searches are quick.
      while (parentOf(at) !== at) {
        parents[at] = parentOf(parentOf(at));
        at = parentOf(at);
      }
      return at;
    },
    join(i, j) {
      const a = sets.find(i), b = sets.find(j);
      if (a !== b) parents[Math.max(a, b)] = Math.min(a, b);
    },
  };
  sets.grow(count);
  return sets;
}
