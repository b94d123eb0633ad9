/** Which channels there are, and how a configuration names them (docs/algorithm.md, section 2). */

/** A channel computed from the EM volume. Scales are in x/y voxels. */
export type Channel =
  /** The raw intensity: column 0, which no configuration names. */
  | { readonly kind: "raw" }
  /** The volume smoothed by a Gaussian. */
  | { readonly kind: "gauss"; readonly sigma: number }
  /** Laplacian of Gaussian. */
  | { readonly kind: "log"; readonly sigma: number }
  /** Length of the gradient of the smoothed volume. */
  | { readonly kind: "gradient-magnitude"; readonly sigma: number }
  /** Three eigenvalues of the Hessian of the smoothed volume, ascending by magnitude. */
  | { readonly kind: "hessian"; readonly sigma: number }
  /** Three eigenvalues of the structure tensor, ascending by magnitude: gradients at `sigma`, products smoothed at `rho`. */
  | { readonly kind: "stensor"; readonly sigma: number; readonly rho: number };

/** Largest scale accepted, in x/y voxels: a filter of 401 taps. */
export const MAX_SIGMA = 50;

const SCALE = String.raw`(\d+(?:\.\d+)?|\.\d+)`;
const ONE_SCALE = new RegExp(`^(gauss|log|gradient-magnitude|hessian)-s${SCALE}$`);
const TWO_SCALES = new RegExp(`^stensor-s${SCALE}-r${SCALE}$`);

/**
 * The channel that a file stem names: `gauss-s1.0`, `log-s1.6`, `gradient-magnitude-s3.5`, `hessian-s2.0`, `stensor-s0.8-r1.6`.
 *
 * @returns `undefined` where the stem names no channel, or a scale is not above 0 and at most {@link MAX_SIGMA}
 */
export function parseChannelName(stem: string): Channel | undefined {
  const [, kind, one] = ONE_SCALE.exec(stem) ?? [];
  const [, first, second] = TWO_SCALES.exec(stem) ?? [];
  const sigma = Number(one ?? first);
  if (!isScale(sigma)) return undefined;
  switch (kind) {
    case "gauss":
    case "log":
    case "gradient-magnitude":
    case "hessian":
      return { kind, sigma };
    default: {
      const rho = Number(second);
      return isScale(rho) ? { kind: "stensor", sigma, rho } : undefined;
    }
  }
}

function isScale(value: number): boolean {
  return value > 0 && value <= MAX_SIGMA;
}

/** The stem that {@link parseChannelName} understands, with at least one decimal as in `gradient-magnitude-s5.0`; `raw` for column 0. */
export function channelName(channel: Channel): string {
  switch (channel.kind) {
    case "raw":
      return "raw";
    case "stensor":
      return `stensor-s${scaleText(channel.sigma)}-r${scaleText(channel.rho)}`;
    default:
      return `${channel.kind}-s${scaleText(channel.sigma)}`;
  }
}

function scaleText(scale: number): string {
  return Number.isInteger(scale) ? scale.toFixed(1) : String(scale);
}

/** Number of columns of a channel: 3 for eigenvalues, else 1. */
export function componentsOf(channel: Channel): 1 | 3 {
  return channel.kind === "hessian" || channel.kind === "stensor" ? 3 : 1;
}

/** The eight channels of the default set, in order: with the raw intensity before them, 17 columns. */
export const defaultChannels: readonly Channel[] = [
  { kind: "gradient-magnitude", sigma: 1 },
  { kind: "gradient-magnitude", sigma: 1.6 },
  { kind: "gradient-magnitude", sigma: 3.5 },
  { kind: "gradient-magnitude", sigma: 5 },
  { kind: "stensor", sigma: 0.5, rho: 1 },
  { kind: "stensor", sigma: 0.8, rho: 1.6 },
  { kind: "stensor", sigma: 1.8, rho: 3.5 },
  { kind: "stensor", sigma: 2.5, rho: 5 },
];
