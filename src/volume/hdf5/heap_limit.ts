/** How much memory the HDF5 library may take for a reading: what a damaged chunk unpacks to has no end, and the library sets none. */
import type { Dataset, ready } from "h5wasm";

type Module = Awaited<typeof ready>;

/** Bytes that the library can have at all: its heap has so many addresses. */
const ALL = 2 ** 31;
const STEP = 2 ** 25;

/** Bytes for the library itself: its cache of chunks, and a filter that it loads. */
const OWN = 2 ** 25;

/** Stored, unpacked into a buffer that is doubled, turned around by a second filter, and copied. */
const COPIES = 6;

/** Most bytes of a chunk: it is decoded as a whole. */
export const MAX_CHUNK_BYTES = 2 ** 27;

/** Bytes that reading a box of a dataset may take. */
export function readingBytes(
  { metadata: { chunks, size, virtual_sources: sources } }: Dataset,
  box: number,
): number {
  const isVirtual = (sources ?? []).length > 0; // its parts may have any chunks
  const chunk = isVirtual
    ? MAX_CHUNK_BYTES
    : (chunks ?? []).reduce((product, length) => product * length, size);
  return OWN + COPIES * Math.max(box, chunk);
}

/**
 * Does something while the library can allocate only so many bytes more. The rest of its heap is taken away meanwhile: only addresses,
 * since nothing is written there.
 */
export function withinHeap<T>(module: Module, bytes: number, work: () => T): T {
  const taken = takeAllBut(module, bytes);
  try {
    return work();
  } finally {
    module._free(taken);
  }
}

/** @returns the place; 0, which is free, where there are not more than these bytes left anyway */
function takeAllBut(module: Module, bytes: number): number {
  for (let size = ALL - STEP; size > bytes; size -= STEP) {
    const place = module._malloc(size);
    if (place === 0) continue;
    module._free(place);
    return module._malloc(size - bytes);
  }
  return 0;
}
