/** Exports what was painted, and tells how to learn from it elsewhere. */
import { useEffect, useState } from "preact/hooks";
import { messageOf } from "../client.ts";
import { CopiedCommand } from "../state_card.tsx";
import type { Exported } from "../../../label/export.ts";
import type { LabelApi } from "./label_api.ts";
import { Modal } from "./modal.tsx";

/** What to paste. */
export function Commands({ exported }: { readonly exported: Exported }) {
  return (
    <>
      <CopiedCommand command={exported.command} />
      <p>On a cluster with Slurm:</p>
      <CopiedCommand command={exported.clusterCommand} />
    </>
  );
}

interface ExportedProps {
  readonly api: Pick<LabelApi, "export">;
  readonly close: () => void;
}

export function LabelExported({ api, close }: ExportedProps) {
  const [exported, setExported] = useState<Exported | undefined>(undefined);
  const [error, setError] = useState("");
  useEffect(() => {
    api.export().then(setExported, (cause: unknown) => setError(messageOf(cause)));
  }, []);
  return (
    <Modal id="label-export" title="Export" close={close}>
      {error !== "" && <p role="alert">Nothing was exported: {error}.</p>}
      {error === "" && !exported && <p>Writing the labels and the configuration …</p>}
      {exported && (
        <>
          <p>
            A run learns from these in more rounds than this page, and scores{" "}
            {exported.files.length > 2 ? "all stacks" : "the whole stack"}:
          </p>
          <ul>
            {exported.files.map((file) => (
              <li key={file}>
                <code>{file}</code>
              </li>
            ))}
          </ul>
          <Commands exported={exported} />
        </>
      )}
      <form method="dialog">
        <button type="submit">Close</button>
      </form>
    </Modal>
  );
}
