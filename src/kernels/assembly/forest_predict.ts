// Prediction by boosted oblivious trees: 16 cells at a time, their leaves looked up by swizzles in tables of bytes.
//
// A tree is 176 bytes, written by src/autocontext/forest.ts: its depth, 4 to 6 (shallower trees are filled up with cuts that no
// bin is above), u32 features, u8 cuts, and the leaves as a table of low bytes and one of high bytes, 64 each.

const TREE: usize = 176;
const FEATURES: usize = 4;
const CUTS: usize = 28;
const LOW: usize = 48;
const HIGH: usize = 112;

/** Cells of a tile: 50 columns of it fit into 64 KiB, and its sums into the first cache. */
const TILE: i32 = 1024;

/** Gives each of `count` i32 the value of `bias`. */
export function fillScores(out: usize, count: i32, bias: i32): void {
  const end = out + (<usize>count << 2);
  for (; out < end; out += 4) store<i32>(out, bias);
}

/** Adds to each of `count` i32 the leaf of each of `trees` trees. The bins of feature f are u8 at bins + f * stride. */
export function addTrees(forest: usize, trees: i32, bins: usize, stride: usize, count: i32, out: usize): void {
  const whole = count & ~15;
  const last = forest + <usize>trees * TREE;
  for (let begin: i32 = 0; begin < whole; begin += TILE) {
    const cells = <usize>min(whole - begin, TILE);
    const tile = bins + <usize>begin;
    const sums = out + (<usize>begin << 2);
    let tree = forest;
    while (tree < last) {
      if (tree + TREE < last && load<u32>(tree) == 4 && load<u32>(tree + TREE) == 4) {
        addPair(tree, tile, stride, cells, sums);
        tree += TREE << 1;
      } else {
        addTree(tree, tile, stride, cells, sums);
        tree += TREE;
      }
    }
  }
  for (let cell = whole; cell < count; cell++) {
    const p = out + (<usize>cell << 2);
    let sum = load<i32>(p);
    for (let tree = forest; tree < last; tree += TREE) sum += leafOf(tree, bins + <usize>cell, stride);
    store<i32>(p, sum);
  }
}

/** The column of a tree's `level`. */
@inline
function columnOf(tree: usize, level: usize, bins: usize, stride: usize): usize {
  return bins + <usize>load<u32>(tree + (level << 2), FEATURES) * stride;
}

/** The leaf of one cell. */
function leafOf(tree: usize, bin: usize, stride: usize): i32 {
  let leaf: usize = 0;
  for (let level: usize = <usize>load<u32>(tree); level-- > 0;) {
    leaf = leaf << 1 | <usize>(load<u8>(columnOf(tree, level, bin, stride)) > load<u8>(tree + level, CUTS));
  }
  return <i32>load<i8>(tree + leaf, HIGH) << 8 | <i32>load<u8>(tree + leaf, LOW);
}

/** Appends a level's bits to the indices of 16 leaves: 1 where a bin is above the cut. */
@inline
function append(leaves: v128, bins: usize, cut: v128, one: v128): v128 {
  return i8x16.add(i8x16.add(leaves, leaves), i8x16.min_u(i8x16.sub_sat_u(v128.load(bins), cut), one));
}

@inline
function cutOf(tree: usize, level: usize): v128 {
  return v128.load8_splat(tree + level, CUTS);
}

/** The i16 leaves of the lower eight cells from their bytes. */
@inline
function lowerCells(low: v128, high: v128): v128 {
  return v128.shuffle<i8>(low, high, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}

@inline
function upperCells(low: v128, high: v128): v128 {
  return v128.shuffle<i8>(low, high, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}

/** Adds the i16 of `a` and `b` to eight i32. */
@inline
function addLeaves(sums: usize, a: v128, b: v128): void {
  const near = i32x4.extadd_pairwise_i16x8_s(v128.shuffle<i16>(a, b, 0, 8, 1, 9, 2, 10, 3, 11));
  const far = i32x4.extadd_pairwise_i16x8_s(v128.shuffle<i16>(a, b, 4, 12, 5, 13, 6, 14, 7, 15));
  v128.store(sums, i32x4.add(v128.load(sums), near));
  v128.store(sums, i32x4.add(v128.load(sums, 16), far), 16);
}

/** Two trees of depth 4, so that cells' sums are loaded half as often; `cells` is a multiple of 16. */
function addPair(tree: usize, bins: usize, stride: usize, cells: usize, sums: usize): void {
  const other = tree + TREE;
  const one = i8x16.splat(1);
  const a0 = columnOf(tree, 0, bins, stride), a1 = columnOf(tree, 1, bins, stride);
  const a2 = columnOf(tree, 2, bins, stride), a3 = columnOf(tree, 3, bins, stride);
  const b0 = columnOf(other, 0, bins, stride), b1 = columnOf(other, 1, bins, stride);
  const b2 = columnOf(other, 2, bins, stride), b3 = columnOf(other, 3, bins, stride);
  const cutA0 = cutOf(tree, 0), cutA1 = cutOf(tree, 1), cutA2 = cutOf(tree, 2), cutA3 = cutOf(tree, 3);
  const cutB0 = cutOf(other, 0), cutB1 = cutOf(other, 1), cutB2 = cutOf(other, 2), cutB3 = cutOf(other, 3);
  const lowA = v128.load(tree, LOW), highA = v128.load(tree, HIGH);
  const lowB = v128.load(other, LOW), highB = v128.load(other, HIGH);
  for (let i: usize = 0; i < cells; i += 16) {
    let a = i8x16.min_u(i8x16.sub_sat_u(v128.load(a3 + i), cutA3), one);
    a = append(a, a2 + i, cutA2, one);
    a = append(a, a1 + i, cutA1, one);
    a = append(a, a0 + i, cutA0, one);
    let b = i8x16.min_u(i8x16.sub_sat_u(v128.load(b3 + i), cutB3), one);
    b = append(b, b2 + i, cutB2, one);
    b = append(b, b1 + i, cutB1, one);
    b = append(b, b0 + i, cutB0, one);
    const nearA = i8x16.swizzle(lowA, a), farA = i8x16.swizzle(highA, a);
    const nearB = i8x16.swizzle(lowB, b), farB = i8x16.swizzle(highB, b);
    addLeaves(sums, lowerCells(nearA, farA), lowerCells(nearB, farB));
    addLeaves(sums + 32, upperCells(nearA, farA), upperCells(nearB, farB));
    sums += 64;
  }
}

/** One tree of any depth; `cells` is a multiple of 16. */
function addTree(tree: usize, bins: usize, stride: usize, cells: usize, sums: usize): void {
  const depth = <usize>load<u32>(tree);
  const bytes = <usize>1 << depth;
  const one = i8x16.splat(1);
  const sixteen = i8x16.splat(16);
  const zero = i8x16.splat(0);
  for (let i: usize = 0; i < cells; i += 16) {
    let leaves = zero;
    for (let level = depth; level-- > 0;) {
      leaves = append(leaves, columnOf(tree, level, bins, stride) + i, cutOf(tree, level), one);
    }
    // A swizzle gives 0 for what lies beyond its 16 bytes, also for what lies before them.
    let low = zero;
    let high = zero;
    for (let table: usize = 0; table < bytes; table += 16) {
      low = v128.or(low, i8x16.swizzle(v128.load(tree + table, LOW), leaves));
      high = v128.or(high, i8x16.swizzle(v128.load(tree + table, HIGH), leaves));
      leaves = i8x16.sub(leaves, sixteen);
    }
    addLeaves(sums, lowerCells(low, high), zero);
    addLeaves(sums + 32, upperCells(low, high), zero);
    sums += 64;
  }
}
