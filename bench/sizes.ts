/** How large the work of each part is. */
import type { Zyx } from "../src/volume/region.ts";

/** Shapes `[z, y, x]` in voxels. */
export interface Sizes {
  readonly name: "normal" | "quick" | "tiny";
  /** Generated volumes that larger ones are tiled from. */
  readonly tile: Readonly<Record<Kind, Zyx>>;
  /** Volumes of columns, supervoxels and whole runs. */
  readonly volume: Readonly<Record<Kind, Zyx>>;
  /** Regions of integral images that stumps and features are evaluated on. */
  readonly table: Readonly<Record<Kind, Zyx>>;
  /** Volume of the part `workers`, of two blocks or more. */
  readonly shared: Zyx;
  /** The larger volume of the part `growth`. */
  readonly large: Zyx;
  /** Volume that is converted and exported. */
  readonly file: Zyx;
  /** Write region of the profiled block, in the middle of a volume that holds its context. */
  readonly block: Zyx;
  readonly blockVolume: Zyx;
  readonly stumps: number;
  readonly boosting: {
    readonly samples: number;
    /** Of one column, whose features are gathered. */
    readonly poses: number;
    readonly rounds: number;
    readonly candidates: number;
  };
  /** Planes that filters and eigenvalues run on. */
  readonly planes: Zyx;
  /** A kernel runs at least so long in each repetition. */
  readonly kernelSeconds: number;
}

/** Isotropic as FIB-SEM, or sections ten times as thick as a pixel is wide, as in serial-section TEM. */
export type Kind = "isotropic" | "anisotropic";

/** Voxel size in z over voxel size in x and y. */
export const ANISOTROPY: Readonly<Record<Kind, number>> = { isotropic: 1, anisotropic: 10 };

/** The sizes that published figures are for. */
export const NORMAL: Sizes = {
  name: "normal",
  tile: { isotropic: [128, 128, 128], anisotropic: [20, 256, 256] },
  volume: { isotropic: [256, 256, 256], anisotropic: [20, 1024, 512] },
  table: { isotropic: [224, 224, 224], anisotropic: [20, 1024, 512] },
  shared: [256, 256, 256],
  large: [384, 384, 384],
  file: [256, 1024, 1024],
  block: [128, 128, 128],
  blockVolume: [384, 384, 384],
  stumps: 300,
  boosting: { samples: 63_712, poses: 500, rounds: 300, candidates: 1000 },
  planes: [32, 256, 256],
  kernelSeconds: 0.2,
};

/** The larger volume with `--full`. */
export const FULL_LARGE: Zyx = [512, 1024, 1024];

/** For a look within a minute or two. Volumes are too small for the figures to say much. */
export const QUICK: Sizes = {
  ...NORMAL,
  name: "quick",
  tile: { isotropic: [96, 96, 96], anisotropic: [20, 128, 128] },
  volume: { isotropic: [128, 128, 128], anisotropic: [20, 256, 256] },
  table: { isotropic: [128, 128, 128], anisotropic: [20, 256, 256] },
  shared: [128, 192, 256],
  large: [128, 192, 256],
  file: [64, 512, 512],
  block: [64, 64, 64],
  blockVolume: [192, 192, 192],
  stumps: 100,
  boosting: { samples: 20_000, poses: 100, rounds: 50, candidates: 500 },
  kernelSeconds: 0.05,
};

/** For tests: that every part runs. */
export const TINY: Sizes = {
  ...QUICK,
  name: "tiny",
  tile: { isotropic: [24, 24, 24], anisotropic: [4, 32, 32] },
  volume: { isotropic: [32, 40, 40], anisotropic: [6, 40, 48] },
  table: { isotropic: [32, 40, 40], anisotropic: [6, 40, 48] },
  shared: [48, 40, 40],
  large: [48, 40, 40],
  file: [8, 64, 64],
  block: [16, 16, 16],
  blockVolume: [40, 40, 40],
  stumps: 20,
  boosting: { samples: 500, poses: 6, rounds: 3, candidates: 40 },
  planes: [4, 24, 40],
  kernelSeconds: 0,
};
