/** The pictures of the three planes, and when they are drawn anew. */
import { PLANES, type PlaneView } from "../geometry.ts";
import type { Slice } from "../slice_values.ts";
import type { Volume } from "../volume.ts";
import { createKeptPicture, sliceOf, whereMissing } from "./kept_picture.ts";
import type { PlanePictures, ScoresPicture } from "./label_draw.ts";
import type { LabelChunks } from "./label_chunks.ts";
import { createLabelPicture } from "./label_picture.ts";
import type { ModelScores } from "./model_scores.ts";

export interface Planes {
  pictures(name: string): PlanePictures;
  /** Takes what draws a plane; returns a function that ends it. */
  mount(name: string, redraw: () => void): () => void;
  /** A plane was drawn like this. */
  saw(view: PlaneView): void;
  /** How a plane was drawn last. */
  seen(name: string): PlaneView | undefined;
  /** Draws the large plane with the next frame, the others soon after. */
  redraw(): void;
  /** Which plane cannot wait. */
  setLarge(name: string): void;
  /** Follows the chunks of these; returns a function that ends it. */
  follow(raw: Volume | undefined, scores: ModelScores): () => void;
}

/** The small planes tell where the brush is, for which a few times a second is enough. */
const SMALL_PAUSE = 120;

export function createPlanes(chunks: LabelChunks): Planes {
  const labels = new Map<string, ReturnType<typeof createLabelPicture>>(
    PLANES.map(({ name }) => [name, createLabelPicture(chunks)]),
  );
  const pictures = new Map<string, PlanePictures>();
  const redraws = new Map<string, () => void>();
  const views = new Map<string, PlaneView>();
  let large = "xy";
  let frame = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const make = (raw: Volume | undefined, { now, before }: ModelScores) => {
    for (const [name, picture] of labels) {
      pictures.set(name, {
        labels: picture,
        raw: raw && createKeptPicture((view, number) => sliceOf(raw, view, number)),
        scores: now && scoresPicture(now, (view, number) => sliceOf(now, view, number)),
        scoresBefore: now && before &&
          scoresPicture(
            before,
            (view, number) => whereMissing(sliceOf(before, view, number), sliceOf(now, view, number)),
          ),
      });
    }
  };
  const redraw = () => {
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      redraws.get(large)?.();
    });
    timer ??= setTimeout(() => {
      timer = undefined;
      for (const [name, draw] of redraws) if (name !== large) draw();
    }, SMALL_PAUSE);
  };
  make(undefined, { now: undefined, before: undefined });
  return {
    pictures(name) {
      const known = pictures.get(name);
      if (!known) throw new RangeError(`there is no plane ${name}`);
      return known;
    },
    mount(name, draw) {
      redraws.set(name, draw);
      return () => void redraws.delete(name);
    },
    saw: (view) => void views.set(view.plane.name, view),
    seen: (name) => views.get(name),
    redraw,
    setLarge: (name) => large = name,
    follow(raw, scores) {
      make(raw, scores);
      const ends = [
        chunks.onChange((keys) => {
          for (const picture of labels.values()) picture.mend(keys);
          redraw();
        }),
        raw?.onChange(() => {
          for (const picture of pictures.values()) picture.raw?.renew();
          redraw();
        }),
        ...[scores.now, scores.before].map((volume) =>
          volume?.onChange(() => {
            for (const picture of pictures.values()) {
              [picture.scores, picture.scoresBefore].forEach((one) => one?.picture.renew());
            }
            redraw();
          })
        ),
      ];
      redraw();
      return () => ends.forEach((end) => end?.());
    },
  };
}

function scoresPicture({ info }: Volume, cut: (view: PlaneView, number: number) => Slice): ScoresPicture {
  return { path: info.path, picture: createKeptPicture(cut) };
}
