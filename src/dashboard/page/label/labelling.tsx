/** Labelling: one large plane that is painted on, two small ones, tools, the list of synapses. */
import { useMemo, useState } from "preact/hooks";
import type { LabelObject } from "../../api.ts";
import { CandidatesStrip } from "./candidates_strip.tsx";
import { FindDialog } from "./label_find.tsx";
import { LabelAddStack } from "./label_add_stack.tsx";
import { LabelExported } from "./label_export.tsx";
import { LabelImport } from "./label_import.tsx";
import { KEY_HELP, useLabelKeys } from "./label_keys.ts";
import { LabelList } from "./label_list.tsx";
import { LabelPlanes } from "./label_planes.tsx";
import { LabelSettings } from "./label_settings.tsx";
import { LabelStatus } from "./label_status.tsx";
import { openQuestions } from "./label_text.ts";
import type { LabelView } from "./label_view.ts";
import { type LabelDialog, LabelTools } from "./label_tools.tsx";
import type { Project } from "./project.ts";
import { SideQuestion } from "./side_question.tsx";
import { useStackId } from "./stack_links.ts";
import { StackSwitch } from "./stack_switch.tsx";
import { type Finding, useFind } from "./use_find.ts";
import { keysOf, type Labelling, useLabelling } from "./use_labelling.ts";
import { Modal } from "./modal.tsx";
import type { Zyx } from "../../../volume/region.ts";
import { type UnsavedProjects, useProject, useUnsaved } from "./use_project.ts";

interface ViewProps {
  readonly project: Project;
  /** Where each stack was looked at last, by its id. */
  readonly views: Map<string, LabelView>;
}

export function LabellingView({ project, views }: ViewProps) {
  const labelling = useLabelling(project, views);
  const [dialog, open] = useState<LabelDialog | undefined>(undefined);
  /** Tells of a dialog that was closed, which a key may have opened another one after. */
  const close = () => open((now) => now === dialog ? undefined : now);
  const finding = useFind(project.api);
  const { canPaint, state } = labelling;
  useLabelKeys(keysOf(labelling, open));
  return (
    <div class={state.stacks.length > 1 ? "labelling of-several" : "labelling"}>
      <h1 class="sr-only">Label synapses</h1>
      {project.message() !== "" && (
        <p class="notice label-notice" role="alert">
          {project.message()}{" "}
          <button type="button" class="small" onClick={() => project.say("")}>Close</button>
        </p>
      )}
      {canPaint && <LabelTools labelling={labelling} open={open} />}
      <StackSwitch state={state} />
      <LabelPlanes labelling={labelling} />
      <Below labelling={labelling} finding={finding} find={() => open("find")} />
      {dialog === "import" && <LabelImport labelling={labelling} close={close} />}
      {dialog === "export" && <LabelExported api={project.api} close={close} />}
      {dialog === "settings" && <LabelSettings labelling={labelling} close={close} />}
      {dialog === "find" && <FindDialog labelling={labelling} finding={finding} close={close} />}
      {dialog === "add" && <LabelAddStack close={close} />}
      {dialog === "help" && <LabelHelp close={close} />}
    </div>
  );
}

/** The status line, and under it the list or what is asked: the planes stay as large as they are. */
function Below(
  { labelling, finding, find }: {
    readonly labelling: Labelling;
    readonly finding: Finding;
    readonly find: () => void;
  },
) {
  const { project, state, canPaint, side } = labelling;
  const [isLater, setLater] = useState(false);
  const ask = (object: LabelObject | undefined) => {
    side.ask(object);
    if (object) labelling.jump(object);
  };
  return (
    <div class="label-below">
      {!canPaint && <p class="quiet">Here you can look. To paint, open this page on a wider screen.</p>}
      <LabelStatus
        project={project}
        finding={finding}
        find={find}
        askNext={() => ask(openQuestions(state.objects)[0])}
        {...(canPaint && labelling.threshold !== undefined ? { looking: labelling.looking } : {})}
      />
      <section class="label-list" aria-label="Synapses">
        {canPaint && state.anisotropy === null && !isLater
          ? <VoxelSize set={project.set} later={() => setLater(true)} />
          : canPaint && side.object
          ? (
            <SideQuestion
              object={side.object}
              hasLine={side.axis !== undefined}
              chosen={side.chosen}
              believed={side.believed}
              answer={side.answer}
              later={() => ask(undefined)}
            />
          )
          : canPaint && labelling.looking.isOn
          ? <CandidatesStrip labelling={labelling} />
          : <LabelList labelling={labelling} ask={ask} />}
      </section>
    </div>
  );
}

function LabelHelp({ close }: { readonly close: () => void }) {
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

interface VoxelSizeProps {
  readonly set: (change: { readonly voxelSize?: Zyx; readonly anisotropy?: number }) => void;
  /** Asks again when the page is opened the next time. */
  readonly later: () => void;
}

const FIELDS = ["x", "y", "z"] as const;

function VoxelSize({ set, later }: VoxelSizeProps) {
  const [given, setGiven] = useState<Readonly<Record<string, number>>>({});
  const values = FIELDS.map((axis) => given[axis] ?? NaN);
  const [x = NaN, y = NaN, z = NaN] = values;
  const isWhole = values.every((value) => value > 0 && Number.isFinite(value));
  const save = (event: Event) => {
    event.preventDefault();
    if (isWhole) set({ voxelSize: [z, y, x] });
  };
  return (
    <form class="label-asks" onSubmit={save}>
      <p>
        <b>How large is a voxel?</b>{" "}
        The file does not tell. The shape of the brush and what is learned depend on it.
      </p>
      <div class="row">
        {FIELDS.map((axis) => (
          <label key={axis} class="inline">
            {axis}{" "}
            <input
              type="number"
              step="any"
              min="0"
              aria-label={`Size of a voxel along ${axis}, nm`}
              onInput={(event) => setGiven({ ...given, [axis]: event.currentTarget.valueAsNumber })}
            />
          </label>
        ))}
        <span class="quiet">nm</span>
        <button type="submit" disabled={!isWhole}>Save</button>
        <button type="button" onClick={() => set({ anisotropy: 1 })}>As long in z as in x and y</button>
        <button type="button" onClick={later}>Later</button>
      </div>
    </form>
  );
}

/** The stack that the address names. Of another one everything is made anew, so that nothing of one is taken for the other's. */
export function LabelPage() {
  const id = useStackId();
  const views = useMemo(() => new Map<string, LabelView>(), []);
  const unsaved = useUnsaved();
  return <OneStack key={id} id={id} views={views} unsaved={unsaved} />;
}

interface StackProps extends Pick<ViewProps, "views"> {
  readonly id: string;
  readonly unsaved: UnsavedProjects;
}

function OneStack({ id, views, unsaved }: StackProps) {
  const { project, error } = useProject(id, unsaved);
  if (project) return <LabellingView project={project} views={views} />;
  return (
    <p class="quiet pad">
      {error === "" ? "Opening the project …" : `${error}; trying again …`}{" "}
      {error !== "" && id !== "" && <a href="#/label">Go to the first stack</a>}
    </p>
  );
}
