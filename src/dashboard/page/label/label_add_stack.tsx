/** A further stack for the project. */
import { useEffect, useRef, useState } from "preact/hooks";
import { messageOf } from "../client.ts";
import { stacksApi } from "./label_api.ts";
import { Modal } from "./modal.tsx";
import { goToStack } from "./stack_links.ts";

const PROGRESS_PAUSE = 500;

export function LabelAddStack({ close }: { readonly close: () => void }) {
  const { near, error, reading, added, add } = useAdding();
  const [path, setPath] = useState("");
  const isReading = reading !== undefined;
  return (
    <Modal id="label-add" title="Add a stack" close={close}>
      <p class="quiet">
        What is painted in all stacks of a project teaches one model. They are of the same kind of tissue, and
        their voxels have the same shape; what the file does not tell of them is as in the first stack.
      </p>
      <form
        class="row"
        onSubmit={(event) => {
          event.preventDefault();
          if (path.trim() !== "") add(path.trim());
        }}
      >
        <label class="grow">
          <span>
            File with the stack, in <code>{near?.folder ?? "…"}</code>
          </span>
          <input
            type="text"
            list="label-stack-names"
            placeholder={near?.names[0] ?? "stack.tif"}
            value={path}
            disabled={isReading}
            onInput={(event) => setPath(event.currentTarget.value)}
          />
        </label>
        <datalist id="label-stack-names">
          {near?.names.map((name) => <option key={name} value={name} />)}
        </datalist>
        <button type="submit" disabled={path.trim() === "" || isReading}>Add</button>
      </form>
      {error !== "" && <p role="alert">{error}</p>}
      {added && (
        <div role="alert">
          {added.notes.map((note) => <p key={note}>{note}</p>)}
          <button type="button" onClick={() => goToStack(added.id)}>Go to the stack</button>
        </div>
      )}
      {isReading && <p role="status">Reading … {Math.round(100 * reading)} %</p>}
      <form method="dialog" class="row">
        <button type="submit">Cancel</button>
      </form>
    </Modal>
  );
}

/** Adds a stack and goes there, at once where there is nothing to be told of its file. */
function useAdding() {
  const [added, setAdded] = useState<Awaited<ReturnType<typeof stacksApi.add>> | undefined>(undefined);
  const [near, setNear] = useState<Awaited<ReturnType<typeof stacksApi.state>> | undefined>(undefined);
  const [error, setError] = useState("");
  const [reading, setReading] = useState<number | undefined>(undefined);
  const asking = useRef<AbortController | undefined>(undefined);
  const isReading = reading !== undefined;
  useEffect(() => {
    stacksApi.state().then(setNear, (cause: unknown) => setError(messageOf(cause)));
    return () => asking.current?.abort();
  }, []);
  useEffect(() => {
    if (!isReading) return undefined;
    const timer = setInterval(async () => {
      const told = await stacksApi.state().catch(() => undefined); // the question itself says what is wrong
      setReading((old) => old === undefined ? old : told?.done ?? old);
    }, PROGRESS_PAUSE);
    return () => clearInterval(timer);
  }, [isReading]);
  const add = async (path: string) => {
    const { signal } = asking.current = new AbortController();
    setReading(0);
    setError("");
    setAdded(undefined);
    try {
      const told = await stacksApi.add(path, signal);
      if (!signal.aborted && told.notes.length > 0) setAdded(told);
      else if (!signal.aborted) goToStack(told.id);
    } catch (cause) {
      if (!signal.aborted) setError(messageOf(cause));
    }
    if (!signal.aborted) setReading(undefined);
  };
  return { near, error, reading, added, add: (path: string) => void add(path) };
}
