// Every kernel that TypeScript may call. Memory is imported and laid out by the caller (src/kernels/kernels.ts):
// kernels allocate nothing and keep no state between calls.
export * from "./integral";
export * from "./binning";
export * from "./boosting";
export * from "./search";
export * from "./slic";
export * from "./fragments";
export * from "./boxes";
export * from "./votes";
export * from "./context";
export * from "./filters";
export * from "./eigen_products";
export * from "./eigen";
export * from "./forest";
export * from "./forest_predict";
export * from "./cells";
export * from "./cell_bins";
export * from "./spread";
export * from "./interpolate";

/** First address that the module's own constants do not use. */
export function heapBase(): usize {
  return __heap_base;
}
