/** The list of synapses that were painted. */
import { useEffect, useRef, useState } from "preact/hooks";
import { formatCount } from "../../../engine/format.ts";
import type { LabelObject } from "../../api.ts";
import { slicesText } from "./label_text.ts";
import { Swatch } from "./label_tools.tsx";
import type { Labelling } from "./use_labelling.ts";

interface ListProps {
  readonly labelling: Labelling;
  /** Asks for the side of the vesicles. */
  readonly ask: (object: LabelObject) => void;
}

export function LabelList({ labelling, ask }: ListProps) {
  const { state: { objects, notVoxels, model }, chosen, canPaint } = labelling;
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => list.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" }), [
    chosen?.id,
  ]);
  const isNew = notVoxels === 0 && objects.every(({ voxels }) => voxels === 0);
  return (
    <>
      <ul ref={list}>
        {objects.map((object) => (
          <Row
            key={object.id}
            labelling={labelling}
            ask={ask}
            object={object}
            isChosen={object.id === chosen?.id}
          />
        ))}
      </ul>
      {isNew && canPaint && (
        <p class="quiet">
          Drag with the left button over a synapse to paint it. Then press <kbd>X</kbd>{" "}
          and paint some of what is no synapse; <kbd>N</kbd> begins the next synapse.
        </p>
      )}
      {model?.error && !isNew && (
        <p class="quiet" role="status" data-testid="model-error">
          <b>Nothing is learned from this yet:</b> {model.error}
        </p>
      )}
      {objects.length === 0 && !canPaint && <p class="quiet">No synapses are painted yet.</p>}
    </>
  );
}

interface RowProps extends ListProps {
  readonly object: LabelObject;
  readonly isChosen: boolean;
}

function Row({ object, isChosen, labelling, ask }: RowProps) {
  const { project, canPaint } = labelling;
  const [isNaming, setNaming] = useState(false);
  const { id, name, voxels } = object;
  const go = () => {
    labelling.choose(object.id);
    labelling.jump(object);
  };
  return (
    <li aria-current={isChosen ? "true" : undefined}>
      <Swatch value={id} />
      {isNaming
        ? (
          <NameField
            name={name}
            done={(given) => {
              setNaming(false);
              if (given !== "" && given !== name) project.changeObject(id, { name: given });
            }}
          />
        )
        : (
          <button type="button" class="plain name" aria-label={`Go to ${name}`} onClick={go}>
            {name}
          </button>
        )}
      <span class="quiet where">
        {voxels > 0 ? `${formatCount(voxels)} voxels, ${slicesText(object)}` : "not painted yet"}
      </span>
      {voxels > 0 && <Side object={object} ask={() => ask(object)} canEdit={canPaint} />}
      {canPaint && (
        <span class="row-tools">
          <button
            type="button"
            class="small"
            aria-label={`Rename ${name}`}
            title="Rename"
            onClick={() => setNaming(true)}
          >
            ✎
          </button>
          <button
            type="button"
            class="small"
            aria-label={`Delete ${name}`}
            title="Delete; undo brings it back"
            onClick={() => project.deleteObject(id)}
          >
            ✕
          </button>
        </span>
      )}
    </li>
  );
}

function Side(
  { object, ask, canEdit }: {
    readonly object: LabelObject;
    readonly ask: () => void;
    readonly canEdit: boolean;
  },
) {
  const { polarity, name } = object;
  const text = polarity === null ? "side?" : polarity === "cannot tell" ? "cannot tell" : "side told";
  if (!canEdit) return <span class={polarity === null ? "side-open" : "quiet"}>{text}</span>;
  return (
    <button
      type="button"
      class={polarity === null ? "plain side-open" : "plain quiet"}
      aria-label={`Side of the vesicles of ${name}: ${polarity === null ? "not told yet" : text}`}
      onClick={ask}
    >
      {text}
    </button>
  );
}

function NameField({ name, done }: { readonly name: string; readonly done: (name: string) => void }) {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.select(), []);
  return (
    <input
      ref={field}
      type="text"
      aria-label={`Name of ${name}`}
      maxLength={80}
      defaultValue={name}
      onBlur={(event) => done(event.currentTarget.value.trim())}
      onKeyDown={(event) => {
        if (event.key === "Enter") event.currentTarget.blur();
        if (event.key !== "Escape") return;
        event.currentTarget.value = name;
        event.currentTarget.blur();
      }}
    />
  );
}
