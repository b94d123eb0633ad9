/** Reviews of the tables of a run: what is known of one, and taking a decision. */
import { basename, dirname, join } from "node:path";
import { anisotropyOf } from "../../config/settings.ts";
import { supervoxelAt } from "../../label/grow.ts";
import { inputArrayName } from "../../stages/inputs.ts";
import { exists, resultPrefix } from "../../run/work_folder.ts";
import { scoresPath } from "../../stages/score/score_files.ts";
import { keptThreshold } from "../../stages/synapses/kept.ts";
import { recordsOf, type ReviewAction } from "../../stages/synapses/review/actions.ts";
import { readPlaces } from "../../stages/synapses/review/csv_places.ts";
import { progressOf, type Review, reviewOf } from "../../stages/synapses/review/fold.ts";
import { type ReviewItem, UNTOUCHED } from "../../stages/synapses/review/records.ts";
import { openReviewLog, type ReviewLog, reviewPath } from "../../stages/synapses/review/review_log.ts";
import { sampleOrder } from "../../stages/synapses/review/sample.ts";
import type { TablePlaces } from "../../stages/synapses/review/table_places.ts";
import { UserError } from "../../user_error.ts";
import type { Zyx } from "../../volume/region.ts";
import { openZarr, readRegion } from "../../volume/zarr/mod.ts";
import type { ReviewChange, ReviewState } from "../api.ts";
import { containedPath } from "./files.ts";
import { resultFile } from "./results.ts";
import type { Watch } from "./watch.ts";

/** What is asked of a review: an action, or a synapse that was missed, of which the supervoxel at a place is taken. */
export type AskedReview =
  | ReviewAction
  | { readonly action: string; readonly kind: "grow"; readonly id: number | null; readonly at: Zyx };

/** The reviews of a work folder. */
export type Reviews = ReturnType<typeof createReviews>;

/** A table that is reviewed. */
interface Reviewed {
  readonly csv: string;
  readonly places: TablePlaces;
  /** All its synapses in the order of the random sample. */
  readonly order: Uint32Array;
  readonly log: ReviewLog;
}

/** Makes them; nothing is read before it is asked for. */
export function createReviews(watch: Watch) {
  const { workFolder } = watch;
  const logs = new Map<number, ReviewLog>();
  const tables = new Map<number, { readonly key: string; readonly table: Promise<Reviewed> }>();

  const find = async (volume: number): Promise<Reviewed | undefined> => {
    const prefix = resultPrefix(basename(workFolder));
    const file = await resultFile(workFolder, encodeURIComponent(`${prefix}-${volume}-synapses.csv`));
    if (file === undefined) return undefined;
    const { info, path } = file;
    const key = `${info.size} ${info.mtime?.getTime()} ${info.ino}`;
    const known = tables.get(volume);
    if (known?.key === key) return await known.table;
    const log = logs.get(volume) ?? openReviewLog(reviewPath(workFolder, volume));
    logs.set(volume, log);
    const table = readPlaces(path).then((places) => ({
      csv: path,
      places,
      order: sampleOrder(places.count),
      log,
    }));
    tables.set(volume, { key, table });
    table.catch(() => tables.delete(volume)); // who asked has the error
    return await table;
  };
  const required = async (volume: number): Promise<Reviewed> => {
    const table = await find(volume);
    if (table) return table;
    throw new UserError(`there is no table of the synapses of test volume ${volume} yet`);
  };
  /** The number in the label volume at a voxel. */
  const numberAt = async ({ csv }: Reviewed, at: Zyx): Promise<number> => {
    const name = encodeURIComponent(basename(csv).replace(/\.csv$/, ".zarr"));
    const path = await containedPath(dirname(csv), name);
    if (path === undefined) {
      throw new UserError(`the label volume beside ${basename(csv)} is missing; run the same command again`);
    }
    const labels = await openZarr(path);
    if (at.some((n, axis) => n >= (labels.shape[axis] ?? 0))) {
      throw new UserError("that is outside the volume");
    }
    const number = new Uint32Array(1);
    await readRegion(labels, { start: at, shape: [1, 1, 1] }, number);
    return number[0] ?? 0;
  };
  const rawOf = async (volume: number): Promise<string> => {
    const settings = (await watch.model()).settings();
    const test = settings?.test[volume];
    return test ? `volumes/${await inputArrayName(test.rawVolume, "raw", test)}` : "";
  };
  /** As an action: what grows at a place, and what lies where the table says. */
  const actionOf = async (table: Reviewed, asked: AskedReview, volume: number): Promise<ReviewAction> => {
    if (asked.kind === "split") {
      for (const seed of asked.seeds) {
        if (await numberAt(table, seed) === asked.id) continue;
        const [z, y, x] = seed;
        throw new UserError(`x ${x}, y ${y}, z ${z} is not in synapse ${asked.id}; choose places inside it`);
      }
    }
    if (asked.kind === "add") {
      requireInside(asked.runs, (await openZarr(scoresPath(workFolder, volume))).shape);
    }
    if (asked.kind !== "grow") return asked;
    const { action, id, at } = asked;
    const there = await numberAt(table, at);
    const { items } = reviewOf(table.log.decisions(), table.places);
    if (there > 0 && items.get(there)?.verdict !== "rejected") {
      throw new UserError(`synapse ${there} is there already`);
    }
    const raw = await rawOf(volume);
    if (raw === "" || !await exists(join(workFolder, raw))) {
      throw new UserError("the stack is not in the work folder any more; paint the synapse instead");
    }
    const settings = (await watch.model()).settings();
    const runs = await supervoxelAt(
      await openZarr(join(workFolder, raw)),
      settings ? anisotropyOf(settings) : 1,
      settings?.svox.seed ?? 2,
      at,
    );
    if (runs.length === 0) {
      throw new UserError("there is no supervoxel at this place; paint the synapse instead");
    }
    return { action, kind: "add", id, runs };
  };
  return {
    /** What is known of the review of a volume's table. */
    async state(volume: number): Promise<ReviewState> {
      const table = await find(volume);
      const raw = await rawOf(volume);
      const scores = scoresPath(workFolder, volume);
      const hasScores = await exists(scores);
      const settings = (await watch.model()).settings();
      const shown = {
        volume,
        rawPath: raw !== "" && await exists(join(workFolder, raw)) ? raw : "",
        scoresPath: hasScores ? `scores/${volume}-max.zarr` : "",
        threshold: hasScores ? keptThreshold(await openZarr(scores)) ?? null : null,
        anisotropy: settings ? anisotropyOf(settings) : 1,
      };
      if (table === undefined) return { ...shown, table: "", ...changeOf(NONE, [], 0) };
      const review = reviewOf(table.log.decisions(), table.places);
      return {
        ...shown,
        table: basename(table.csv),
        ...changeOf(review, [...review.items.values()], table.places.count, table.order),
      };
    },
    /** What was said of synapses. Where nothing was, no table is read, which may be large. */
    async items(volume: number): Promise<readonly ReviewItem[]> {
      if (!await exists(reviewPath(workFolder, volume))) return [];
      const table = await find(volume);
      return table ? [...reviewOf(table.log.decisions(), table.places).items.values()] : [];
    },
    /** The number of the synapse at a voxel; 0: none. */
    async at(volume: number, at: Zyx): Promise<number> {
      return await numberAt(await required(volume), at);
    },
    /** Takes a decision. @returns what it changed @throws {UserError} where it cannot be */
    async act(volume: number, asked: AskedReview): Promise<ReviewChange> {
      const table = await required(volume);
      const { log, places, order } = table;
      const action = await actionOf(table, asked, volume);
      const before = reviewOf(log.decisions(), places);
      await log.add((decisions) => recordsOf(action, decisions, places));
      const after = reviewOf(log.decisions(), places);
      const ids = [...new Set([...before.items.keys(), ...after.items.keys()])];
      const changed = ids.filter((id) => !isSame(before.items.get(id), after.items.get(id)))
        .map((id) => after.items.get(id) ?? { id, ...UNTOUCHED });
      return changeOf(after, changed, places.count, order);
    },
  };
}

const NONE: Review = { items: new Map(), carried: 0, lost: 0, undone: 0, redone: 0 };

function changeOf(
  review: Review,
  items: readonly ReviewItem[],
  count: number,
  order?: Uint32Array,
): ReviewChange {
  const { carried, lost, undone, redone } = review;
  return {
    items,
    progress: progressOf(review, count, order),
    canUndo: undone > 0,
    canRedo: redone > 0,
    carried,
    lost,
  };
}

function isSame(a: ReviewItem | undefined, b: ReviewItem | undefined): boolean {
  return a !== undefined && b !== undefined && a.verdict === b.verdict && a.comment === b.comment &&
    a.isFlipped === b.isFlipped && a.isCarried === b.isCarried && a.runs.length === b.runs.length &&
    a.mergedWith.join() === b.mergedWith.join() && a.seeds.join() === b.seeds.join();
}

/** @throws {UserError} for runs outside a volume */
function requireInside(runs: readonly number[], [depth, height, width]: Zyx): void {
  for (let i = 0; i < runs.length; i += 4) {
    const [z = 0, y = 0, x = 0, length = 0] = runs.slice(i, i + 4);
    if (z < depth && y < height && x + length <= width) continue;
    throw new UserError(
      `run ${i / 4}, ${length} voxels from z ${z}, y ${y}, x ${x}, lies outside the volume`,
    );
  }
}
