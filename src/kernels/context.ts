/** Context features and stumps: `assembly/context.ts`. */
export interface ContextKernels {
  /** Means of one pose's box for supervoxels `begin` to `end` (multiples of 4): u16 rounded, or with `exact` 1 as f64. */
  contextFeatures(
    ...args: [
      table: number,
      setup: number,
      points: number,
      frames: number,
      begin: number,
      end: number,
      ox: number,
      oy: number,
      oz: number,
      perZ: number,
      r: number,
      rz: number,
      halved: number,
      halvedZ: number,
      exact: number,
      out: number,
    ]
  ): void;
  /** out[indices[i]] = values[i], both u16. */
  scatterValues(values: number, indices: number, count: number, out: number): void;
}
