/** The keys, over the page. */
import { useEffect, useRef } from "preact/hooks";
import { KEY_HELP } from "./label_keys.ts";

export function LabelHelp({ close }: { readonly close: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} class="card label-dialog label-help" aria-labelledby="label-help" onClose={close}>
      <h2 id="label-help">Keys and pointer</h2>
      <p class="quiet">
        Dragging with the left button paints on the large plane. A pen paints, fingers move. On the small
        planes a click puts the cross-hair there.
      </p>
      <dl>
        {KEY_HELP.map(([keys, what]) => (
          <div key={keys}>
            <dt>{keys}</dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <form method="dialog">
        <button type="submit">Close</button>
      </form>
    </dialog>
  );
}
