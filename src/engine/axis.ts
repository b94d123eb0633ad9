/** How one axis of a volume can be divided into blocks of whole chunks. Units: voxels. */

/** One way to divide an axis. */
export interface AxisOption {
  /** Length of a block that the end does not clip: a multiple of the chunk. */
  readonly length: number;
  /** Number of blocks. */
  readonly count: number;
  readonly largestWrite: number;
  readonly largestRead: number;
  /** Blocks that have the same lengths. */
  readonly kinds: readonly { readonly write: number; readonly read: number; readonly count: number }[];
}

/** The axis divided into blocks of `length` voxels, the last one clipped. */
export function axisOption(size: number, length: number, context: number): AxisOption {
  const kinds = new Map<string, { write: number; read: number; count: number }>();
  let count = 0;
  let largestRead = 0;
  for (let start = 0; start < size; start += length) {
    const end = Math.min(size, start + length);
    const write = end - start;
    const read = Math.min(size, end + context) - Math.max(0, start - context);
    const key = `${write} ${read}`;
    const kind = kinds.get(key);
    if (kind) kind.count++;
    else kinds.set(key, { write, read, count: 1 });
    largestRead = Math.max(largestRead, read);
    count++;
  }
  return { length, count, largestWrite: Math.min(size, length), largestRead, kinds: [...kinds.values()] };
}

/**
 * All ways worth trying, shortest block first: of the lengths that give the same number of blocks only the shortest, since
 * the others need more memory and read no less.
 */
export function axisOptions(size: number, chunk: number, context: number): AxisOption[] {
  const chunks = Math.ceil(size / chunk);
  const options: AxisOption[] = [];
  let perBlock = 1;
  while (perBlock <= chunks) {
    options.push(axisOption(size, perBlock * chunk, context));
    const count = Math.ceil(chunks / perBlock);
    if (count === 1) break;
    perBlock = Math.max(perBlock + 1, Math.ceil(chunks / (count - 1)));
  }
  return options;
}

/** At most `most` of the options, both ends included, evenly spread in the logarithm of the length. */
export function spread(options: readonly AxisOption[], most: number): AxisOption[] {
  const shortest = options.at(0);
  const longest = options.at(-1);
  if (options.length <= most || !shortest || !longest) return [...options];
  const ratio = (longest.length / shortest.length) ** (1 / (most - 1));
  const kept: AxisOption[] = [];
  let next = shortest.length;
  for (const option of options) {
    if (option.length < next * (1 - 1e-9) && option !== longest) continue;
    kept.push(option);
    next = Math.max(next, option.length) * ratio;
  }
  return kept;
}

/** The options of `all` from the neighbour of `found` in `coarse` below to the neighbour above. */
export function between(
  all: readonly AxisOption[],
  coarse: readonly AxisOption[],
  found: AxisOption,
): AxisOption[] {
  const below = coarse.findLast((option) => option.length < found.length) ?? found;
  const above = coarse.find((option) => option.length > found.length) ?? found;
  return all.filter((option) => option.length >= below.length && option.length <= above.length);
}
