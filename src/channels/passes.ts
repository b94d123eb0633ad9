/** Which filters along z, y and x give a set of derivatives. */
import type { Zyx } from "../volume/region.ts";

/** Derivative orders (0, 1 or 2) along z, y and x. */
export type Orders = Zyx;

/** One filtering along y of a plane filtered along z: the bit set of its orders, and what follows each of them. */
export interface PassAlongY {
  readonly orders: number;
  /** Filterings along x: the bit set of their orders, and which plane the lowest of them gives. */
  readonly passes: readonly { readonly orders: number; readonly firstPlane: number }[];
}

/** The passes that give all terms without filtering anything twice. */
export function planPasses(terms: readonly Orders[]): { zOrders: number; alongZ: readonly PassAlongY[] } {
  const bits = (orders: readonly number[]) => orders.reduce((set, order) => set | (1 << order), 0);
  const distinct = (orders: readonly number[]) => [...new Set(orders)].sort();
  const alongZ = distinct(terms.map(([dz]) => dz)).map((dz) => {
    const inZ = terms.filter((term) => term[0] === dz);
    const passes = distinct(inZ.map(([, dy]) => dy)).map((dy) => {
      const inY = inZ.filter((term) => term[1] === dy);
      return {
        orders: bits(inY.map(([, , dx]) => dx)),
        firstPlane: terms.findIndex((term) => term[0] === dz && term[1] === dy),
      };
    });
    return { orders: bits(inZ.map(([, dy]) => dy)), passes };
  });
  return { zOrders: bits(terms.map(([dz]) => dz)), alongZ };
}

/** Number of orders in a bit set. */
export function countBits(set: number): number {
  return [0, 1, 2].filter((bit) => set & (1 << bit)).length;
}
