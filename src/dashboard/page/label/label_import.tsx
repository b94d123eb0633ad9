/** Labels of another program: what they are and will mean is shown first, then they are taken. */
import { useEffect, useRef, useState } from "preact/hooks";
import { formatCount } from "../../../engine/format.ts";
import { type ImportLook, LABEL, type Meaning } from "../../api.ts";
import { Modal } from "./modal.tsx";
import { NearFile, useNear } from "./near_file.tsx";
import type { Labelling } from "./use_labelling.ts";
import { Range } from "../fields.tsx";
import type { PlaneView, Point } from "../geometry.ts";
import { placeSlice } from "../paint.ts";
import { cutSlice, oneSlice } from "../slice.ts";
import type { Slice } from "../slice_values.ts";
import { colourOf } from "./label_grid.ts";
import { planeNamed } from "./label_view.ts";
import { paintStack, squareOf } from "./small_picture.ts";
import { useVolume } from "./use_project.ts";

interface ImportProps {
  readonly labelling: Labelling;
  readonly close: () => void;
}

export function LabelImport({ labelling, close }: ImportProps) {
  const { api } = labelling.project;
  const reading = useNear(api.imports);
  const { error, done, isReading, read } = reading;
  const [look, setLook] = useState<ImportLook | undefined>(undefined);
  const ask = (path: string, means?: readonly Meaning[]) => {
    if (!means) setLook(undefined);
    void read((signal) => api.lookAtLabels(path, means, signal), setLook);
  };
  return (
    <Modal id="label-import" title="Import labels" close={close}>
      <NearFile
        reading={reading}
        title="File with labels"
        example="labels.tif"
        action="Look"
        give={ask}
      />
      {error !== "" && <p role="alert">{error}</p>}
      {done !== undefined && <p role="status">Reading … {Math.round(100 * done)} %</p>}
      {!look && !isReading && error === "" && (
        <p class="quiet">
          Labels of any program, of the same size as the stack. Before they are taken, you see what is in
          them.
        </p>
      )}
      {look && <Found labelling={labelling} look={look} isReading={isReading} ask={ask} />}
      <form method="dialog" class="row">
        <button
          type="submit"
          disabled={!look || isReading || look.voxels.synapse + look.voxels.not === 0}
          onClick={() => look && labelling.project.takeLabels(look.version)}
        >
          Take these labels
        </button>
        <button type="submit">Cancel</button>
      </form>
    </Modal>
  );
}

interface FoundProps {
  readonly labelling: Labelling;
  readonly look: ImportLook;
  readonly isReading: boolean;
  readonly ask: (path: string, means?: readonly Meaning[]) => void;
}

function Found({ labelling, look, isReading, ask }: FoundProps) {
  const { path, values, notes, synapses, voxels } = look;
  const change = (place: number, means: Meaning) =>
    ask(path, values.map((value, i) => i === place ? means : value.means));
  return (
    <div class={isReading ? "import-found fades" : "import-found"}>
      <div>
        <table>
          <thead>
            <tr>
              <th scope="col">Value</th>
              <th scope="col" class="number">Voxels</th>
              <th scope="col">Means</th>
            </tr>
          </thead>
          <tbody>
            {values.map((value, i) => (
              <tr key={i}>
                <td>{value.text}</td>
                <td class="number">{formatCount(value.voxels)}</td>
                <td>
                  <select
                    aria-label={`Meaning of ${value.text}`}
                    value={value.means}
                    disabled={isReading}
                    onChange={(event) => change(i, event.currentTarget.value as Meaning)}
                  >
                    <option value="synapse">synapse</option>
                    <option value="not">not a synapse</option>
                    <option value="unsure">unsure</option>
                  </select>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
        {notes.map((note) => <p key={note} role="alert">{note}</p>)}
        <p data-testid="import-sum">
          <b>{synapses === 1 ? "1 synapse" : `${formatCount(synapses)} synapses`}</b>: each piece that hangs
          together is one. {formatCount(voxels.not)} voxels not a synapse. What is painted already stays.
        </p>
      </div>
      <ImportPicture labelling={labelling} look={look} />
    </div>
  );
}

const SIZE = 340;
/** Voxels across that are shown at most: more would take long to read. */
const MOST_ACROSS = 768;

interface PictureProps {
  readonly labelling: Labelling;
  readonly look: ImportLook;
}

function ImportPicture({ labelling, look }: PictureProps) {
  const { raw, contrasts, state: { shape } } = labelling;
  const kinds = useVolume(look.kinds);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [, setVersion] = useState(0);
  const at = look.at ?? [Math.floor(shape[0] / 2), Math.floor(shape[1] / 2), Math.floor(shape[2] / 2)];
  const [moved, setMoved] = useState<number | undefined>(undefined);
  const z = moved ?? at[0];
  useEffect(() => {
    const ends = [raw, kinds].map((volume) => volume?.onChange(() => setVersion((n) => n + 1)));
    return () => ends.forEach((end) => end?.());
  }, [raw, kinds]);
  useEffect(() => {
    const context = squareOf(canvas.current, SIZE);
    if (!context) return;
    const view = viewAround(at, shape);
    if (raw) paintStack(context, view, raw, contrasts, z);
    if (!kinds) return;
    const slice = cutSlice(kinds, 0, view, oneSlice(z));
    if (slice.columns > 0 && slice.rows > 0) placeSlice(context, view, slice, colouredKinds(slice));
  });
  return (
    <div class="import-picture">
      <canvas ref={canvas} role="img" aria-label={`Slice ${z} with the labels`} />
      <Range label="Slice" value={z} max={shape[0] - 1} set={setMoved} />
    </div>
  );
}

/** As much of a slice as fits, around a place. */
function viewAround(at: Point, [, height, width]: Point): PlaneView {
  const across = Math.min(MOST_ACROSS, Math.max(height, width));
  const middle = (place: number, length: number) =>
    length <= across ? length / 2 : Math.max(across / 2, Math.min(length - across / 2, place));
  return {
    plane: planeNamed("xy"),
    centre: [at[0] + 0.5, middle(at[1], height), middle(at[2], width)],
    zoom: SIZE / across,
    anisotropy: 1,
    width: SIZE,
    height: SIZE,
  };
}

function colouredKinds({ values, columns, rows }: Slice): OffscreenCanvas {
  const image = new ImageData(columns, rows);
  for (const [i, value] of values.entries()) {
    if (value === 255) image.data.set([...colourOf(LABEL.first), 165], 4 * i);
    else if (value === 0) image.data.set([...colourOf(LABEL.not), 60], 4 * i);
  }
  const canvas = new OffscreenCanvas(columns, rows);
  canvas.getContext("2d")?.putImageData(image, 0, 0);
  return canvas;
}
