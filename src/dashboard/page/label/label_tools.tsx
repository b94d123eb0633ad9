/** Tools of the labelling page: what is painted, how, and how labels are shown. */
import type { ComponentChildren } from "preact";
import { formatCount } from "../../../engine/format.ts";
import { LABEL } from "../../api.ts";
import { numberText, Range } from "../fields.tsx";
import { RADII } from "./brush.ts";
import { colourOf } from "./label_grid.ts";
import type { Labelling } from "./use_labelling.ts";

interface ToolsProps {
  readonly labelling: Labelling;
  /** Opens a dialog. */
  readonly open: (dialog: LabelDialog) => void;
}

export type LabelDialog = "help" | "export" | "import" | "settings" | "find" | "add";

export function LabelTools({ labelling, open }: ToolsProps) {
  const { project, tool, look, chosen, change: setTool, show: setLook } = labelling;
  return (
    <div
      class="label-tools"
      role="toolbar"
      aria-label="Tools"
      aria-orientation="vertical"
      onMouseDown={keepFocus}
    >
      <h2>Paint</h2>
      <ToolButton k="S" isOn={tool.paints === "synapse"} act={() => setTool({ paints: "synapse" })}>
        <Swatch value={chosen?.id ?? LABEL.first} /> {chosen?.name ?? "Synapse"}
      </ToolButton>
      <ToolButton k="X" isOn={tool.paints === "not"} act={() => setTool({ paints: "not" })}>
        <Swatch value={LABEL.not} /> Not a synapse
      </ToolButton>
      <ToolButton k="E" isOn={tool.paints === "erase"} act={() => setTool({ paints: "erase" })}>
        <span class="swatch none" /> Erase
      </ToolButton>
      <ToolButton k="N" act={labelling.next}>Next synapse</ToolButton>
      <h2>With</h2>
      <div class="pair">
        <ToolButton
          k="F"
          isOn={tool.by === "outline"}
          title="Draw an outline, which is filled"
          act={() => setTool({ by: tool.by === "outline" ? "brush" : "outline" })}
        >
          Fill
        </ToolButton>
        <ToolButton
          k="G"
          isOn={tool.by === "supervoxel"}
          title="A click adds the supervoxel there to the synapse"
          act={() => setTool({ by: tool.by === "supervoxel" ? "brush" : "supervoxel" })}
        >
          Grow
        </ToolButton>
      </div>
      <ToolButton k="I" title="Fill the slices between two painted ones" act={labelling.interpolate}>
        Fill between slices
      </ToolButton>
      <Range
        label={`Brush ${numberText(2 * tool.radius)} voxels wide`}
        value={RADII.findIndex((radius) => radius >= tool.radius)}
        max={RADII.length - 1}
        hidesValue
        set={(place) => setTool({ radius: RADII[place] ?? tool.radius })}
      />
      <label class="check">
        <input
          type="checkbox"
          checked={tool.isCareful}
          onChange={(event) => setTool({ isCareful: event.currentTarget.checked })}
        />
        Keep what is painted
      </label>
      <div class="pair">
        <ToolButton k="U" isDisabled={!labelling.canUndo} act={project.undo}>Undo</ToolButton>
        <ToolButton k="R" isDisabled={!labelling.canRedo} act={project.redo}>Redo</ToolButton>
      </div>
      <h2>Show</h2>
      <div class="pair">
        <ToolButton k="O" isOn={look.isOutline} act={() => setLook({ isOutline: !look.isOutline })}>
          Lines
        </ToolButton>
        <ToolButton k="H" isOn={look.isHidden} act={() => setLook({ isHidden: !look.isHidden })}>
          Hide
        </ToolButton>
      </div>
      <Range
        label="Opacity"
        value={Math.round(100 * look.opacity)}
        min={5}
        max={100}
        step={5}
        set={(percent) => setLook({ opacity: percent / 100 })}
      />
      <FoundTools labelling={labelling} />
      <div class="tool-foot">
        <div class="fitted">
          <button type="button" class="tool" onClick={() => open("import")}>Import …</button>
          <button type="button" class="tool" onClick={() => open("export")}>Export …</button>
          <button type="button" class="tool" aria-label="Keys" title="Keys" onClick={() => open("help")}>
            <kbd>?</kbd>
          </button>
        </div>
        <div class="fitted">
          <button type="button" class="tool" onClick={() => open("settings")}>Settings</button>
          <button type="button" class="tool" onClick={() => open("add")}>Add a stack …</button>
        </div>
      </div>
    </div>
  );
}

const MOST_MIN_SIZE = 1000;

/** From which score and size on something is found, and how much is in what is scored so far. */
function FoundTools({ labelling }: { readonly labelling: Labelling }) {
  const { threshold, looking: { minSize, setMinSize }, foundSoFar: { found, error } } = labelling;
  if (threshold === undefined) return null;
  return (
    <>
      <h2>Found</h2>
      <Range
        label="Scores from"
        value={Math.round(threshold * 10) / 10}
        min={Math.min(0, Math.floor(threshold))}
        max={Math.max(10, 3 * Math.ceil(threshold))}
        step={0.1}
        set={labelling.setThreshold}
      />
      {labelling.thresholdNote !== "" && (
        <p class="quiet tool-note" data-testid="threshold">{labelling.thresholdNote}</p>
      )}
      <Range
        label={`Least size ${formatCount(minSize)} voxels`}
        hidesValue
        value={minSize}
        min={10}
        max={Math.max(MOST_MIN_SIZE, minSize)}
        step={10}
        set={setMinSize}
      />
      {error !== ""
        ? <p role="status">{error}</p>
        : found && (
          <p class="found" data-testid="found" title="In what is scored so far">
            {foundText(found.count, found.density)}
          </p>
        )}
    </>
  );
}

/** `14 found, 2.1 per µm³`. */
function foundText(count: number, density: number | null): string {
  return `${formatCount(count)} found${density === null ? "" : `, ${numberText(density)} per µm³`}`;
}

interface ToolButtonProps {
  /** Its key. */
  readonly k: string;
  /** Whether it is chosen; absent where it acts once. */
  readonly isOn?: boolean;
  readonly isDisabled?: boolean;
  readonly title?: string;
  readonly act: () => void;
  readonly children: ComponentChildren;
}

function ToolButton({ k, isOn, isDisabled = false, title, act, children }: ToolButtonProps) {
  return (
    <button type="button" class="tool" title={title} aria-pressed={isOn} disabled={isDisabled} onClick={act}>
      <span class="tool-name">{children}</span> <kbd>{k}</kbd>
    </button>
  );
}

/** The colour of a label. */
export function Swatch({ value }: { readonly value: number }) {
  return <span class="swatch" style={{ background: `rgb(${colourOf(value).join()})` }} />;
}

/** A click leaves the focus where it is, so that keys still go to the plane, and the space bar presses no button. */
function keepFocus(event: MouseEvent): void {
  if (event.target instanceof Element && event.target.closest("button")) event.preventDefault();
}
