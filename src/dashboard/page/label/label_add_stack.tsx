/** A further stack for the project. */
import { useState } from "preact/hooks";
import { stacksApi } from "./label_api.ts";
import { Modal } from "./modal.tsx";
import { NearFile, useNear } from "./near_file.tsx";
import { goToStack } from "./stack_links.ts";

export function LabelAddStack({ close }: { readonly close: () => void }) {
  const reading = useNear(stacksApi.state);
  const { error, done, read } = reading;
  const [added, setAdded] = useState<Awaited<ReturnType<typeof stacksApi.add>> | undefined>(undefined);
  /** Goes to the stack at once where there is nothing to be told of its file. */
  const add = (path: string) => {
    setAdded(undefined);
    void read((signal) => stacksApi.add(path, signal), (told) => {
      if (told.notes.length > 0) setAdded(told);
      else goToStack(told.id);
    });
  };
  return (
    <Modal id="label-add" title="Add a stack" close={close}>
      <p class="quiet">
        What is painted in all stacks of a project teaches one model. They are of the same kind of tissue, and
        their voxels have the same shape; what the file does not tell of them is as in the first stack.
      </p>
      <NearFile
        reading={reading}
        title="File with the stack"
        example="stack.tif"
        action="Add"
        waits
        give={add}
      />
      {error !== "" && <p role="alert">{error}</p>}
      {added && (
        <div role="alert">
          {added.notes.map((note) => <p key={note}>{note}</p>)}
          <button type="button" onClick={() => goToStack(added.id)}>Go to the stack</button>
        </div>
      )}
      {done !== undefined && <p role="status">Reading … {Math.round(100 * done)} %</p>}
      <form method="dialog" class="row">
        <button type="submit">Cancel</button>
      </form>
    </Modal>
  );
}
