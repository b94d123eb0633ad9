/** Values in kernel memory. */
import type { Kernels } from "../../src/kernels/mod.ts";

/** Copies values into kernel memory. */
export function load({ arena }: Kernels, values: ArrayLike<number>): number {
  const address = arena.alloc(4 * values.length);
  arena.f32(address, values.length).set(values);
  return address;
}
