/** Where to look next: one question after the other. */
import type { Labelling } from "./use_labelling.ts";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Candidate } from "../../api.ts";
import type { Contrasts } from "../contrast.ts";
import { middleOfVoxel, type PlaneView } from "../geometry.ts";
import type { Volume } from "../volume.ts";
import { planeNamed } from "./label_view.ts";
import { drawOutline } from "./shape_outline.ts";
import { paintStack, squareOf } from "./small_picture.ts";

export function CandidatesStrip({ labelling }: { readonly labelling: Labelling }) {
  const { looking, raw, contrasts } = labelling;
  const { current, open, error, isDue, waitsFor, isSaving, judge } = looking;
  const isRefused = error !== "" && waitsFor === "";
  const isOver = !current && !isSaving;
  const note = current ? waitsFor || looking.note : looking.note;
  return (
    <div class="candidates">
      <div class="candidate-question">
        {isRefused && <p role="status">{error}</p>}
        {isSaving && <p class="quiet">Saving …</p>}
        {isOver && !isRefused && isDue && (
          <p class="quiet" role="status">{waitsFor || "Looking for candidates …"}</p>
        )}
        {isOver && !isRefused && !isDue && <p>Nothing is left to ask here. Look at another place.</p>}
        {current && !isSaving && (
          <>
            <p>
              <b>Is this a synapse?</b>{" "}
              <span class="quiet">{current.isFound ? "found" : "nearly found"}</span>
            </p>
            <div class="row">
              <button type="button" onClick={() => judge("yes")}>
                Yes <kbd>Y</kbd>
              </button>
              <button type="button" onClick={() => judge("no")}>
                No <kbd>N</kbd>
              </button>
              <button type="button" onClick={() => judge("skip")}>
                Cannot tell <kbd>T</kbd>
              </button>
            </div>
          </>
        )}
      </div>
      <ul class="thumbnails" aria-label="Candidates">
        {open.map((candidate, i) => (
          <li key={candidate.id}>
            <button
              type="button"
              aria-label={`Candidate ${i + 1}`}
              aria-current={candidate.id === current?.id ? "true" : undefined}
              onClick={() => looking.choose(candidate)}
            >
              <Thumbnail candidate={candidate} raw={raw} contrasts={contrasts} />
            </button>
          </li>
        ))}
      </ul>
      <div class="candidate-facts">
        <div class="row">
          <button type="button" class="small" onClick={looking.again}>Look again</button>
          <button type="button" class="small" onClick={looking.toggle}>
            Close <kbd>K</kbd>
          </button>
        </div>
        {looking.check && looking.check.of > 0 && (
          <p title="Every fifth answer is not learned from, to check the model">
            right in {looking.check.right} of {looking.check.of} checks
          </p>
        )}
        {note !== "" && <p class="quiet">{note}</p>}
      </div>
    </div>
  );
}

const SIZE = 76;
/** Voxels around what was found. */
const MARGIN = 16;

interface ThumbnailProps {
  readonly candidate: Candidate;
  readonly raw: Volume | undefined;
  readonly contrasts: Contrasts;
}

function Thumbnail({ candidate, raw, contrasts }: ThumbnailProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [, setVersion] = useState(0);
  useEffect(() => raw?.onChange(() => setVersion((n) => n + 1)), [raw]);
  useEffect(() => {
    const context = squareOf(canvas.current, SIZE);
    if (!context) return;
    const { at, box: { begin, end }, runs } = candidate;
    const extent = Math.max(end[1] - begin[1], end[2] - begin[2]) + 2 * MARGIN;
    const view: PlaneView = {
      plane: planeNamed("xy"),
      centre: middleOfVoxel(at),
      zoom: SIZE / extent,
      anisotropy: 1,
      width: SIZE,
      height: SIZE,
    };
    if (raw) paintStack(context, view, raw, contrasts, at[0]);
    drawOutline(context, view, runs, at[0]);
  });
  return <canvas ref={canvas} class="thumbnail" aria-hidden="true" />;
}
