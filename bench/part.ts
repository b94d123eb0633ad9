/** A part of the benchmark: lines that share their preparation and run in a process of their own. */
import type { Measurement } from "./measure.ts";
import type { Sizes } from "./sizes.ts";

/** What a part is run with. */
export interface Setting {
  readonly sizes: Sizes;
  /** Repetitions of each line. */
  readonly repeat: number;
  /** Holds the volumes; emptied at the end of the benchmark. */
  readonly folder: string;
  /** Memory budget of runs, bytes. */
  readonly memory: number;
  /** Folder of the reference data, which may be missing. */
  readonly reference: string;
}

/** A group of lines. */
export interface Part {
  /** For `--only`. */
  readonly name: string;
  /** For help. */
  readonly about: string;
  /** Repetitions where `--repeat` does not say; fewer where one takes a minute. */
  readonly repeat: number;
  run(setting: Setting): Promise<Measurement[]>;
}
