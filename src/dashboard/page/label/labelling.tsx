/** Labelling: one large plane that is painted on, two small ones, tools, the list of synapses. */
import { useState } from "preact/hooks";
import type { LabelObject } from "../../api.ts";
import { CandidatesStrip } from "./candidates_strip.tsx";
import { FindDialog } from "./label_find.tsx";
import { LabelExported } from "./label_export.tsx";
import { LabelHelp } from "./label_help.tsx";
import { LabelImport } from "./label_import.tsx";
import { useLabelKeys } from "./label_keys.ts";
import { LabelList } from "./label_list.tsx";
import { LabelPlanes } from "./label_planes.tsx";
import { LabelSettings } from "./label_settings.tsx";
import { LabelStatus } from "./label_status.tsx";
import { openQuestions } from "./label_text.ts";
import { type LabelDialog, LabelTools } from "./label_tools.tsx";
import type { Project } from "./project.ts";
import { SideQuestion } from "./side_question.tsx";
import { type Finding, useFind } from "./use_find.ts";
import { keysOf, type Labelling, useLabelling } from "./use_labelling.ts";
import { VoxelSize } from "./voxel_size.tsx";

export function LabellingView({ project }: { readonly project: Project }) {
  const labelling = useLabelling(project);
  const [dialog, open] = useState<LabelDialog | undefined>(undefined);
  const close = () => open(undefined);
  const finding = useFind();
  const { canPaint } = labelling;
  useLabelKeys(keysOf(labelling, open));
  return (
    <div class="labelling">
      <h1 class="sr-only">Label synapses</h1>
      {project.message() !== "" && (
        <p class="notice label-notice" role="alert">
          {project.message()}{" "}
          <button type="button" class="small" onClick={() => project.say("")}>Close</button>
        </p>
      )}
      {canPaint && <LabelTools labelling={labelling} open={open} />}
      <LabelPlanes labelling={labelling} />
      <Below labelling={labelling} finding={finding} find={() => open("find")} />
      {dialog === "import" && <LabelImport labelling={labelling} close={close} />}
      {dialog === "export" && <LabelExported close={close} />}
      {dialog === "settings" && <LabelSettings labelling={labelling} close={close} />}
      {dialog === "find" && <FindDialog labelling={labelling} finding={finding} close={close} />}
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
