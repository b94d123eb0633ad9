/** The keys, over the page. */
import { KEY_HELP } from "./label_keys.ts";
import { Modal } from "./modal.tsx";

export function LabelHelp({ close }: { readonly close: () => void }) {
  return (
    <Modal id="label-help" title="Keys and pointer" close={close}>
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
    </Modal>
  );
}
