/** Labels of another program: what they are and will mean is shown first, then they are taken. */
import { useEffect, useRef, useState } from "preact/hooks";
import { formatCount } from "../../../engine/format.ts";
import type { ImportLook, Meaning } from "../../api.ts";
import { messageOf } from "../client.ts";
import { ImportPicture } from "./import_picture.tsx";
import { labelApi, type LabelImports } from "./label_api.ts";
import { Modal } from "./modal.tsx";
import type { Labelling } from "./use_labelling.ts";

const PROGRESS_PAUSE = 500;

interface ImportProps {
  readonly labelling: Labelling;
  readonly close: () => void;
}

export function LabelImport({ labelling, close }: ImportProps) {
  const { imports, look, error, reading, ask } = useImport();
  const [path, setPath] = useState("");
  const isReading = reading !== undefined;
  return (
    <Modal id="label-import" title="Import labels" close={close}>
      <form
        class="row"
        onSubmit={(event) => {
          event.preventDefault();
          if (path.trim() !== "") ask(path.trim());
        }}
      >
        <label class="grow">
          <span>
            File with labels, in <code>{imports?.folder ?? "…"}</code>
          </span>
          <input
            type="text"
            list="label-import-names"
            placeholder={imports?.names[0] ?? "labels.tif"}
            value={path}
            onInput={(event) => setPath(event.currentTarget.value)}
          />
        </label>
        <datalist id="label-import-names">
          {imports?.names.map((name) => <option key={name} value={name} />)}
        </datalist>
        <button type="submit" disabled={path.trim() === "" || isReading}>Look</button>
      </form>
      {error !== "" && <p role="alert">{error}</p>}
      {isReading && <p role="status">Reading … {Math.round(100 * reading)} %</p>}
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

/** What is asked of the server, the last question alone. */
function useImport() {
  const [imports, setImports] = useState<LabelImports | undefined>(undefined);
  const [look, setLook] = useState<ImportLook | undefined>(undefined);
  const [error, setError] = useState("");
  const [reading, setReading] = useState<number | undefined>(undefined);
  const asking = useRef<AbortController | undefined>(undefined);
  const isReading = reading !== undefined;
  useEffect(() => {
    labelApi.imports().then(setImports, (cause: unknown) => setError(messageOf(cause)));
    return () => asking.current?.abort();
  }, []);
  useEffect(() => {
    if (!isReading) return undefined;
    const timer = setInterval(async () => {
      const told = await labelApi.imports().catch(() => undefined); // the question itself says what is wrong
      setReading((old) => old === undefined ? old : told?.done ?? old);
    }, PROGRESS_PAUSE);
    return () => clearInterval(timer);
  }, [isReading]);
  const ask = async (path: string, means?: readonly Meaning[]) => {
    asking.current?.abort();
    const { signal } = asking.current = new AbortController();
    setReading(0);
    setError("");
    if (!means) setLook(undefined);
    try {
      const answer = await labelApi.lookAtLabels(path, means, signal);
      if (!signal.aborted) setLook(answer);
    } catch (cause) {
      if (!signal.aborted) setError(messageOf(cause));
    }
    if (!signal.aborted) setReading(undefined);
  };
  return {
    imports,
    look,
    error,
    reading,
    ask: (path: string, means?: readonly Meaning[]) => void ask(path, means),
  };
}
