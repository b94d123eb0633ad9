/** Settings that matter, with a picture of what they do at the cross-hair. */
import { useState } from "preact/hooks";
import type { LearnSettings, PictureSubject } from "../../api.ts";
import { numberText, Range } from "../fields.tsx";
import { Modal } from "./modal.tsx";
import { SettingPicture } from "./setting_picture.tsx";
import type { Labelling } from "./use_labelling.ts";

const SIGMAS = [1, 1.5, 2, 2.5, 3.5, 5, 7, 10, 14];
const MOST_SUPERVOXEL = 4;
/** Channels that are offered besides the usual ones. */
const MORE_CHANNELS = [
  "gauss-s1.0",
  "gauss-s3.5",
  "log-s1.6",
  "log-s3.5",
  "hessian-s1.6",
  "hessian-s3.5",
  "gradient-magnitude-s10.0",
  "stensor-s5.0-r10.0",
];

const KINDS: Readonly<Record<string, string>> = {
  "gauss": "Smoothed",
  "log": "Blobs",
  "gradient-magnitude": "Edges",
  "hessian": "Ridges",
  "stensor": "Texture",
};

interface SettingsProps {
  readonly labelling: Labelling;
  readonly close: () => void;
}

export function LabelSettings({ labelling, close }: SettingsProps) {
  const { project, state: { learning, usual } } = labelling;
  const [chosen, setChosen] = useState<LearnSettings>(learning);
  const [subject, show] = useState<PictureSubject>({ kind: "directions", sigma: learning.sigma });
  const change = (part: Partial<LearnSettings>) => setChosen({ ...chosen, ...part });
  const isSame = JSON.stringify(chosen) === JSON.stringify(learning);
  return (
    <Modal id="label-settings" title="Settings of learning" close={close}>
      <p class="quiet">
        They suit voxels of 4 to 8 nm. The picture shows what they do around the cross-hair. With others,
        everything is learned anew; the exported configuration has them.
      </p>
      <div class="setting-columns">
        <div>
          <Measures chosen={chosen} change={change} show={show} />
          <Channels chosen={chosen} usual={usual} change={change} show={show} />
        </div>
        <SettingPicture labelling={labelling} subject={subject} />
      </div>
      <form method="dialog" class="row">
        <button
          type="submit"
          disabled={isSame || chosen.channels.length === 0}
          onClick={() => project.set({ learning: chosen })}
        >
          Use these
        </button>
        <button type="button" onClick={() => setChosen(usual)}>As usual</button>
        <button type="submit">Cancel</button>
      </form>
    </Modal>
  );
}

interface PartProps {
  readonly chosen: LearnSettings;
  readonly change: (part: Partial<LearnSettings>) => void;
  readonly show: (subject: PictureSubject) => void;
}

function Measures({ chosen: { sigma, supervoxel }, change, show }: PartProps) {
  const showDirections = (sigma: number) => show({ kind: "directions", sigma });
  const showSupervoxels = (supervoxel: number) => show({ kind: "supervoxels", supervoxel });
  return (
    <>
      <div class="setting" onFocusIn={() => showDirections(sigma)}>
        <Range
          label={`Half the thickness of a cleft: ${numberText(sigma)} voxels`}
          hidesValue
          value={Math.max(0, SIGMAS.findIndex((one) => one >= sigma))}
          max={SIGMAS.length - 1}
          set={(place) => {
            const next = SIGMAS[place] ?? sigma;
            change({ sigma: next });
            showDirections(next);
          }}
        />
        <p class="quiet">Lines lie across clefts if it is right.</p>
      </div>
      <div class="setting" onFocusIn={() => showSupervoxels(supervoxel)}>
        <Range
          label={`Supervoxels ${supervoxel} voxels wide`}
          hidesValue
          value={supervoxel}
          min={1}
          max={MOST_SUPERVOXEL}
          set={(next) => {
            change({ supervoxel: next });
            showSupervoxels(next);
          }}
        />
        <p class="quiet">Each gets one score: larger ones are faster and coarser.</p>
      </div>
    </>
  );
}

function Channels({ chosen, usual, change, show }: PartProps & { readonly usual: LearnSettings }) {
  const { channels } = chosen;
  const offered = [...new Set([...usual.channels, ...MORE_CHANNELS, ...channels])];
  const toggle = (name: string, isOn: boolean) =>
    change({ channels: offered.filter((one) => one === name ? isOn : channels.includes(one)) });
  return (
    <fieldset class="channels">
      <legend>Filtered images to learn from</legend>
      {offered.map((name) => (
        <label
          key={name}
          class="check"
          title={name}
          onMouseEnter={() => show({ kind: "channel", name })}
          onFocusIn={() => show({ kind: "channel", name })}
        >
          <input
            type="checkbox"
            checked={channels.includes(name)}
            onChange={(event) => toggle(name, event.currentTarget.checked)}
          />
          {channelText(name)}
        </label>
      ))}
    </fieldset>
  );
}

/** `Edges, 3.5 voxels`. */
function channelText(name: string): string {
  const [, kind = "", sigma = "", rho] = /^(.+?)-s([\d.]+)(?:-r([\d.]+))?$/.exec(name) ?? [];
  const scale = Number(rho ?? sigma);
  return `${KINDS[kind] ?? kind}, ${numberText(scale)} ${scale === 1 ? "voxel" : "voxels"}`;
}
