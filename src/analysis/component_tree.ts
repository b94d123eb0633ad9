/**
 * A component tree (max-tree) of voxels at a few levels, which grows voxel by voxel and forgets what is complete. A node is a component of
 * the voxels that reach its level; its parent the component that holds it at the next lower level where there is more to it
 * (Salembier et al., IEEE Trans. Image Process. 7, 1998; joined as in Wilkinson et al., PAMI 30, 2008).
 */

/** Is told of a component that nothing will join any more: its voxels, and the levels `from` ... `to` at which it is this component. */
export type OnComplete = (voxels: number, from: number, to: number) => void;

/** The tree. Levels are 1 ... 255. */
export type ComponentTree = ReturnType<typeof createComponentTree>;

/** Makes a tree without nodes. */
export function createComponentTree(onComplete: OnComplete) {
  let parents = new Int32Array(1024), levels = new Uint8Array(1024), voxels = new Float64Array(1024);
  let count = 0;

  /** The node that stands for all of one level that were joined. */
  const find = (node: number): number => {
    let at = node;
    const level = levels[at];
    for (;;) {
      const parent = parents[at] ?? at;
      if (parent === at || levels[parent] !== level) return at;
      const next = parents[parent] ?? parent;
      if (levels[next] === level) parents[at] = next;
      at = parent;
    }
  };
  /** The node above; -1 at the root. */
  const above = (node: number): number => {
    const parent = parents[node] ?? node;
    return parent === node ? -1 : find(parent);
  };
  const grow = () => {
    const more = 2 * parents.length;
    const [oldParents, oldLevels, oldVoxels] = [parents, levels, voxels];
    [parents, levels, voxels] = [new Int32Array(more), new Uint8Array(more), new Float64Array(more)];
    parents.set(oldParents);
    levels.set(oldLevels);
    voxels.set(oldVoxels);
  };
  const complete = (node: number) => {
    const parent = above(node), size = voxels[node] ?? 0;
    onComplete(size, parent < 0 ? 1 : (levels[parent] ?? 0) + 1, levels[node] ?? 0);
    if (parent >= 0) voxels[parent] = (voxels[parent] ?? 0) + size;
  };
  /** Some nodes, the highest levels first, so that parts come before what holds them. */
  const byLevel = (isMeant: (node: number) => boolean): Int32Array => {
    const first = new Int32Array(257);
    const place = (node: number) => 256 - (levels[node] ?? 0);
    for (let node = 0; node < count; node++) {
      if (isMeant(node)) first[place(node)] = (first[place(node)] ?? 0) + 1;
    }
    for (let i = 1; i < first.length; i++) first[i] = (first[i] ?? 0) + (first[i - 1] ?? 0);
    const sorted = new Int32Array(first[256] ?? 0);
    for (let node = count - 1; node >= 0; node--) {
      if (!isMeant(node)) continue;
      const at = first[place(node)] = (first[place(node)] ?? 0) - 1;
      sorted[at] = node;
    }
    return sorted;
  };
  /** Which nodes hold one of those that are kept. Writes of each the node that stands for it. */
  const mark = (kept: Iterable<Int32Array>): Uint8Array => {
    const isKept = new Uint8Array(count);
    for (const nodes of kept) {
      for (let i = 0; i < nodes.length; i++) {
        let node = nodes[i] = find(nodes[i] ?? 0);
        while (node >= 0 && isKept[node] === 0) {
          isKept[node] = 1;
          node = above(node);
        }
      }
    }
    return isKept;
  };

  return {
    size: () => count,
    find,
    levelOf: (node: number) => levels[node] ?? 0,
    /** Makes a node of no voxel. */
    add(level: number): number {
      if (count === parents.length) grow();
      parents[count] = count;
      levels[count] = level;
      voxels[count] = 0;
      return count++;
    },
    addVoxel(node: number): void {
      voxels[node] = (voxels[node] ?? 0) + 1;
    },
    /** Joins two nodes, whose voxels are neighbours, and what holds them. */
    connect(one: number, other: number): void {
      let a = find(one), b = find(other);
      if ((levels[a] ?? 0) < (levels[b] ?? 0)) [a, b] = [b, a];
      while (a !== b && b >= 0) {
        const next = above(a), level = levels[b] ?? 0;
        if (next >= 0 && (levels[next] ?? 0) >= level) {
          a = next;
          continue;
        }
        parents[a] = b;
        if (levels[a] === level) voxels[b] = (voxels[b] ?? 0) + (voxels[a] ?? 0);
        [a, b] = [b, next];
      }
    },
    /**
     * Tells of every component that holds none of the nodes in the lists, and forgets it.
     * @param kept nodes that may still be joined to others; gets their new numbers
     */
    prune(kept: readonly Int32Array[]): void {
      const isKept = mark(kept);
      for (const node of byLevel((node) => isKept[node] === 0 && find(node) === node)) complete(node);
      const numbers = new Int32Array(count);
      let left = 0;
      for (let node = 0; node < count; node++) if (isKept[node] === 1) numbers[node] = left++;
      const newParents = new Int32Array(left);
      for (let node = 0; node < count; node++) {
        if (isKept[node] === 0) continue;
        const parent = above(node);
        newParents[numbers[node] ?? 0] = numbers[parent < 0 ? node : parent] ?? 0;
      }
      for (let node = 0; node < count; node++) {
        if (isKept[node] === 0) continue;
        const number = numbers[node] ?? 0; // at most `node`, so what is written over was read already
        levels[number] = levels[node] ?? 0;
        voxels[number] = voxels[node] ?? 0;
      }
      parents.set(newParents);
      for (const nodes of kept) for (let i = 0; i < nodes.length; i++) nodes[i] = numbers[nodes[i] ?? 0] ?? 0;
      count = left;
    },
  };
}
