/** Counts the components of a volume at many thresholds at once, while its blocks come one after another. */
import type { Region, Zyx } from "../volume/region.ts";
import { type ComponentTree, createComponentTree } from "./component_tree.ts";

/** Components at each level and from each size on. */
export interface LevelCounts {
  /** Of level i + 1 and size j: components of at least `sizes[j]` voxels. */
  readonly counts: readonly Float64Array[];
  /** Voxels of the largest component of each level. */
  readonly largest: Float64Array;
  /** Voxels that reach each level. */
  readonly voxels: Float64Array;
}

/** Takes the blocks of a volume in raster order. */
export interface LevelCounter {
  /** @param levels of the block's voxels, dense, `[z, y, x]`; 0 where none is reached */
  addBlock(block: Region, levels: Uint8Array): void;
  /** Nodes and border voxels that are held. */
  held(): number;
  /** Forgets what is complete, so that less is held. */
  prune(): void;
  counts(): LevelCounts;
}

/** Voxels on a face of a block, and their nodes. */
interface Face {
  /** `z, y, x` of each. */
  readonly places: Int32Array;
  readonly nodes: Int32Array;
}

/** Nodes that may be made before those that are complete are forgotten. */
const PRUNED_FROM = 2 ** 18;

/**
 * Voxels are neighbours if they share a face, an edge or a corner. The counts do not depend on the blocks.
 * @param levelCount at most 255
 * @param sizes ascending, the first 1
 */
export function createLevelCounter(shape: Zyx, levelCount: number, sizes: readonly number[]): LevelCounter {
  const table = createCountTable(levelCount, sizes);
  const tree = createComponentTree(table.add);
  const faces = createFaces(shape);
  let left = 0;
  const prune = () => {
    tree.prune(faces.all().map(({ nodes }) => nodes));
    left = tree.size();
  };
  return {
    addBlock(block, levels) {
      const nodes = joinWithin(tree, levels, block.shape);
      for (const face of faces.before(block)) joinFace(tree, face, block, nodes);
      faces.keep(block, nodes);
      if (tree.size() > 2 * left + PRUNED_FROM) prune();
    },
    held: () => tree.size() + faces.held(),
    prune,
    counts() {
      tree.prune([]);
      return table.counts();
    },
  };
}

function createCountTable(levelCount: number, sizes: readonly number[]) {
  const counts = Array.from({ length: levelCount }, () => new Float64Array(sizes.length));
  const largest = new Float64Array(levelCount), voxels = new Float64Array(levelCount);
  return {
    add(size: number, from: number, to: number): void {
      const place = lastUpTo(sizes, size);
      for (let level = from - 1; level < to; level++) {
        const row = counts[level];
        if (row) row[place] = (row[place] ?? 0) + 1;
        largest[level] = Math.max(largest[level] ?? 0, size);
        voxels[level] = (voxels[level] ?? 0) + size;
      }
    },
    counts(): LevelCounts {
      for (const row of counts) {
        for (let j = row.length - 2; j >= 0; j--) row[j] = (row[j] ?? 0) + (row[j + 1] ?? 0);
      }
      return { counts, largest, voxels };
    },
  };
}

/** Place of the last value that is not above another; -1 where all are. @param ascending without NaN */
export function lastUpTo(ascending: ArrayLike<number>, value: number): number {
  let low = -1, high = ascending.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((ascending[middle] ?? Infinity) <= value) low = middle;
    else high = middle;
  }
  return low;
}

/** Makes and joins the nodes of a block's voxels. @returns of each voxel its node, -1 where it reaches no level */
function joinWithin(tree: ComponentTree, levels: Uint8Array, [depth, height, width]: Zyx): Int32Array {
  const nodes = new Int32Array(levels.length).fill(-1);
  const rows: number[] = [];
  const met: number[] = [];
  for (let z = 0; z < depth; z++) {
    for (let y = 0; y < height; y++) {
      const row = (z * height + y) * width;
      rows.length = 0;
      if (y > 0) rows.push(row - width);
      for (let beside = Math.max(0, y - 1); z > 0 && beside <= Math.min(height - 1, y + 1); beside++) {
        rows.push(((z - 1) * height + beside) * width);
      }
      for (let x = 0; x < width; x++) {
        const level = levels[row + x] ?? 0;
        if (level === 0) continue;
        met.length = 0;
        if (x > 0) meet(met, nodes[row + x - 1] ?? -1);
        for (const other of rows) {
          // what lies straight beside joins those at its sides, unless it is lower than both
          const straight = nodes[other + x] ?? -1;
          meet(met, straight);
          if (straight >= 0 && (levels[other + x] ?? 0) >= level) continue;
          if (x > 0) meet(met, nodes[other + x - 1] ?? -1);
          if (x + 1 < width) meet(met, nodes[other + x + 1] ?? -1);
        }
        nodes[row + x] = place(tree, level, met);
      }
    }
  }
  return nodes;
}

function meet(met: number[], node: number): void {
  if (node >= 0 && met.at(-1) !== node) met.push(node);
}

/** Gives a voxel its node, and joins that with those of its neighbours. */
function place(tree: ComponentTree, level: number, met: readonly number[]): number {
  let node = -1;
  for (const other of met) {
    if (tree.levelOf(other) !== level) continue;
    node = tree.find(other);
    break;
  }
  if (node < 0) node = tree.add(level);
  tree.addVoxel(node);
  for (const other of met) if (other !== node) tree.connect(node, other);
  return node;
}

/** Joins a face of a block that came before with what lies beside it. */
function joinFace(
  tree: ComponentTree,
  { places, nodes }: Face,
  { start: [z0, y0, x0], shape: [depth, height, width] }: Region,
  within: Int32Array,
): void {
  for (let i = 0; i < nodes.length; i++) {
    const node = nodes[i] ?? 0;
    const z = (places[3 * i] ?? 0) - z0, y = (places[3 * i + 1] ?? 0) - y0, x = (places[3 * i + 2] ?? 0) - x0;
    if (z < -1 || z > depth || y < -1 || y > height || x < -1 || x > width) continue;
    for (let nz = Math.max(0, z - 1); nz <= Math.min(depth - 1, z + 1); nz++) {
      for (let ny = Math.max(0, y - 1); ny <= Math.min(height - 1, y + 1); ny++) {
        for (let nx = Math.max(0, x - 1); nx <= Math.min(width - 1, x + 1); nx++) {
          const other = within[(nz * height + ny) * width + nx] ?? -1;
          if (other >= 0) tree.connect(node, other);
        }
      }
    }
  }
}

/** The faces of blocks behind which others follow, as long as these have not come. */
function createFaces([shapeZ, shapeY, shapeX]: Zyx) {
  /** Last planes of the blocks of the slab before and of this one, by where they begin. */
  let before = new Map<string, Face>(), here = new Map<string, Face>();
  /** Last rows of the row of blocks before and of this one, by where they begin along x. */
  let rowBefore = new Map<number, Face>(), row = new Map<number, Face>();
  let last: { readonly block: Region; readonly face: Face } | undefined;
  let size: Zyx = [1, 1, 1];
  let held = 0;
  /** What takes the place of faces that are not needed any more. */
  const dropped = <Key>(faces: Map<Key, Face>): Map<Key, Face> => {
    for (const { nodes } of faces.values()) held -= nodes.length;
    return new Map();
  };
  const kept = (face: Face): Face => {
    held += face.nodes.length;
    return face;
  };

  const turn = ({ start, shape }: Region) => {
    if (last === undefined) size = shape;
    const isNewSlab = last !== undefined && last.block.start[0] !== start[0];
    if (isNewSlab) [before, here] = [here, dropped(before)];
    if (isNewSlab) [rowBefore, row] = [dropped(rowBefore), dropped(row)];
    else if (last !== undefined && last.block.start[1] !== start[1]) {
      [rowBefore, row] = [row, dropped(rowBefore)];
    }
  };
  return {
    held: () => held,
    all: (): Face[] => [
      ...before.values(),
      ...here.values(),
      ...rowBefore.values(),
      ...row.values(),
      ...(last ? [last.face] : []),
    ],
    /** Those that a block may touch. */
    before(block: Region): Face[] {
      turn(block);
      const [z, y, x] = block.start, [, height, width] = size;
      const found: (Face | undefined)[] = [];
      for (const besideX of [x - width, x, x + width]) {
        for (const besideY of [y - height, y, y + height]) found.push(before.get(`${besideY} ${besideX}`));
        found.push(rowBefore.get(besideX));
      }
      if (last?.block.start[0] === z && last.block.start[1] === y) found.push(last.face);
      return found.filter((face) => face !== undefined);
    },
    keep(block: Region, nodes: Int32Array): void {
      const { start: [z, y, x], shape: [depth, height, width] } = block;
      if (z + depth < shapeZ) here.set(`${y} ${x}`, kept(faceOf(block, nodes, 0, depth - 1)));
      if (y + height < shapeY) row.set(x, kept(faceOf(block, nodes, 1, height - 1)));
      held -= last?.face.nodes.length ?? 0;
      const isLast = x + width >= shapeX;
      last = { block, face: isLast ? NO_FACE : kept(faceOf(block, nodes, 2, width - 1)) };
    },
  };
}

const NO_FACE: Face = { places: new Int32Array(0), nodes: new Int32Array(0) };

function faceOf({ start, shape }: Region, nodes: Int32Array, axis: 0 | 1 | 2, at: number): Face {
  const from: [number, number, number] = [0, 0, 0], to: [number, number, number] = [...shape];
  [from[axis], to[axis]] = [at, at + 1];
  const places: number[] = [], found: number[] = [];
  for (let z = from[0]; z < to[0]; z++) {
    for (let y = from[1]; y < to[1]; y++) {
      for (let x = from[2]; x < to[2]; x++) {
        const node = nodes[(z * shape[1] + y) * shape[2] + x] ?? -1;
        if (node < 0) continue;
        places.push(start[0] + z, start[1] + y, start[2] + x);
        found.push(node);
      }
    }
  }
  return { places: Int32Array.from(places), nodes: Int32Array.from(found) };
}
