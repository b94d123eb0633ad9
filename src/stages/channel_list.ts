/** Which channels and orientations a list of names means (docs/channels.md). */
import { channelName, defaultChannels, MAX_SIGMA, parseChannelName } from "../channels/mod.ts";
import { nearestName } from "../config/nearest_name.ts";
import { UserError } from "../user_error.ts";
import type { ComputedVolume } from "./stage_jobs.ts";

/** Scale of the orientation where none is given, in x/y voxels. */
const DEFAULT_SIGMA = 3.5;

/** Scales of the default channels, in x/y voxels. */
const DEFAULT_SCALES: readonly number[] = [1, 1.6, 3.5, 5];

/** What is computed at one scale. */
type Family = (scale: number) => ComputedVolume;

const FAMILIES: Readonly<Record<string, Family>> = {
  gauss: (scale) => channel(`gauss-s${scale}`),
  log: (scale) => channel(`log-s${scale}`),
  "gradient-magnitude": (scale) => channel(`gradient-magnitude-s${scale}`),
  hessian: (scale) => channel(`hessian-s${scale}`),
  // Half, and one decimal, as in the default channels: 3.5 is stensor-s1.8-r3.5.
  stensor: (scale) => channel(`stensor-s${Math.max(Math.round(scale * 5) / 10, 0.1)}-r${scale}`),
};

/** Eigenvectors of the Hessian; without `--scales` at the scale of the orientation. */
const VECTOR_FAMILIES: Readonly<Record<string, Family>> = {
  "hess-e1": (sigma) => ({ kind: "eigenvectors", ranks: [1], sigma }),
  "hess-e2": (sigma) => ({ kind: "eigenvectors", ranks: [2], sigma }),
  "hess-e3": (sigma) => ({ kind: "eigenvectors", ranks: [3], sigma }),
  hessOrient: (sigma) => ({ kind: "eigenvectors", ranks: [1, 2, 3], sigma }),
  "hessOrient-repolarized": (sigma) => ({ kind: "orientation", sigma }),
};

const VECTOR_NAME = /^(hess-e[123]|hessOrient)-s(\d+(?:\.\d+)?)(-repolarized)?$/;

/** What to compute. */
interface ChannelChoice {
  /** Scale of the orientation, in x/y voxels. */
  readonly sigma?: number | undefined;
  /** Names such as `log-s2.0`, and families such as `log`; by default the default channels and the orientation. */
  readonly names?: readonly string[] | undefined;
  /** Scales of the families, in x/y voxels. */
  readonly scales?: readonly number[] | undefined;
}

/** The file name of a channel or orientation, without extension: the original's where it has one. */
export function computedName(computed: ComputedVolume): string {
  if (computed.kind === "channel") return computed.name;
  const scale = Number.isInteger(computed.sigma) ? computed.sigma.toFixed(1) : String(computed.sigma);
  if (computed.kind === "orientation") return `hessOrient-s${scale}-repolarized`;
  const [rank, ...others] = computed.ranks;
  return others.length > 0 ? `hessOrient-s${scale}` : `hess-e${rank}-s${scale}`;
}

/**
 * The default channels and the orientation, or what the names mean, each once.
 * @throws {UserError} where a name is unknown, a scale is out of range, or scales go with no family
 */
export function channelList({ sigma = DEFAULT_SIGMA, names, scales }: ChannelChoice = {}): ComputedVolume[] {
  const all: ComputedVolume[] = [
    ...defaultChannels.map((known) => ({ kind: "channel", name: channelName(known) } as const)),
    { kind: "orientation", sigma },
  ];
  const families = { ...FAMILIES, ...VECTOR_FAMILIES };
  if (scales && !names?.some((name) => Object.hasOwn(families, name))) {
    throw new UserError(
      `--scales needs families in --only; for example --only gauss --scales ${scales.join(",")}`,
    );
  }
  if (names === undefined) return all;
  const listed = names.flatMap((name): ComputedVolume[] => {
    const known = namedVolume(name);
    if (known) return [known];
    const usual = Object.hasOwn(FAMILIES, name) ? DEFAULT_SCALES : [sigma];
    const family = Object.hasOwn(families, name) ? families[name] : undefined;
    if (family) return (scales ?? usual).map(family);
    const nearest = nearestName(name, [...Object.keys(families), ...all.map(computedName)]);
    throw new UserError(
      `${JSON.stringify(name)} is not a channel that can be computed; use a name such as ` +
        (nearest ?? "gradient-magnitude-s1.0, or a family such as gauss"),
    );
  });
  return [...new Map(listed.map((computed) => [computedName(computed), computed])).values()];
}

/** What a name with its scale means. */
function namedVolume(name: string): ComputedVolume | undefined {
  const known = parseChannelName(name);
  if (known) return { kind: "channel", name: channelName(known) };
  const [, stem = "", scale, suffix = ""] = VECTOR_NAME.exec(name) ?? [];
  const sigma = Number(scale);
  return sigma > 0 && sigma <= MAX_SIGMA ? VECTOR_FAMILIES[stem + suffix]?.(sigma) : undefined;
}

function channel(stem: string): ComputedVolume {
  const known = parseChannelName(stem);
  if (!known) {
    throw new UserError(`${stem} cannot be computed: its scale must be above 0 and at most ${MAX_SIGMA}`);
  }
  return { kind: "channel", name: channelName(known) };
}
