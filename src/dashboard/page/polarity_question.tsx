/** One synapse on three planes, with the axis across it, and the question. */
import { useEffect, useMemo, useState } from "preact/hooks";
import type { Xyz } from "../../config/settings_types.ts";
import type { LeftOutReason } from "../../stages/training/polarity_answers.ts";
import type { ArrayInfo, PolarityComponent, PolarityState, PolarityVolume } from "../api.ts";
import type { Answer } from "../server/polarity.ts";
import { angleBetween, type Direction, directionOf, polarityOf, sideOf, xyzOf } from "./axis.ts";
import { axisLength, grabbedEnd, pointedSide, turnedAxis } from "./axis_line.ts";
import { bodyOf, client } from "./client.ts";
import { middleOfVoxel, PLANES } from "./geometry.ts";
import { type PlaneActions, PlaneCanvas, planeLabel } from "./plane_canvas.tsx";
import { type QuestionState, synapseName } from "./polarity_names.ts";
import { drawSynapse } from "./polarity_draw.ts";
import { shapeAxis } from "./shape_axis.ts";
import { capitalized } from "./text.ts";
import type { LetterKeys } from "./use_keys.ts";
import { usePlanes } from "./use_planes.ts";
import { openVolume, type Volume } from "./volume.ts";

interface QuestionProps {
  readonly state: PolarityState;
  readonly component: PolarityComponent;
  readonly question: QuestionState;
  readonly give: (answer: Answer, line?: Xyz) => void;
  /** Takes this answer back. */
  readonly again: () => void;
  /** Takes the last answer back; absent where there is none. */
  readonly undo: (() => void) | undefined;
  readonly move: (step: number) => void;
  /** Takes what keys do to this synapse. */
  readonly keys: { current: LetterKeys };
}

/** Answers that leave a synapse out, with their keys. */
const LEAVING_OUT: readonly (readonly [reason: LeftOutReason, text: string, key: string])[] = [
  ["cannot tell", "Cannot tell", "T"],
  ["no synapse", "Not a synapse", "X"],
];

/** Voxels around a synapse that a plane shows besides its box. */
const MARGIN = 24;
const SHOWN_LEAST = 48;

export function PolarityQuestion(props: QuestionProps) {
  const { state, component, question, give, again, undo, move } = props;
  const of = state.volumes[component.volume];
  const volumes = useVolumes(of);
  const name = synapseName(component, state.volumes);
  const [, setVersion] = useState(0);
  useEffect(() => {
    const ends = volumes.map((volume) => volume.onChange(() => setVersion((n) => n + 1)));
    return () => ends.forEach((end) => end());
  }, [volumes]);
  const [x, y, z] = component.pos;
  const position = middleOfVoxel([z, y, x]);
  const mask = volumes.find(({ info }) => info.path === of?.componentsPath);
  const extent = Math.max(SHOWN_LEAST, ...component.box.shape) + 2 * MARGIN;
  const { place, at, centre, zoom, moves } = usePlanes(position, mask?.info.shape ?? [1, 1, 1], extent);
  const [turned, setTurned] = useState<Direction | undefined>(undefined);
  const raw = volumes.find(({ info }) => info.path === of?.rawPath);
  const learned = component.normal && directionOf(component.normal);
  const answered = component.line && directionOf(component.line);
  const axis = turned ?? answered ?? learned ?? axisOfLabel(mask, component, state.anisotropy);
  const canAnswer = !component.configured && question !== "unneeded";
  const side = (sign: 1 | -1) => axis && canAnswer && give(polarityOf(axis, sign), xyzOf(axis));
  const leaveOut = (reason: LeftOutReason) => canAnswer && give(reason);
  const known = component.configured ?? component.answer;
  const chosen = axis && known ? sideOf(axis, known) : undefined;
  props.keys.current = {
    a: () => side(1),
    b: () => side(-1),
    t: () => leaveOut("cannot tell"),
    x: () => leaveOut("no synapse"),
    n: () => move(1),
    p: () => move(-1),
    u: () => undo?.(),
  };

  const line = { position, length: axisLength(component.box.shape), anisotropy: state.anisotropy };
  const actions: PlaneActions = {
    ...moves,
    pick(point, plane) {
      const sign = axis && pointedSide(axis, line, plane, point);
      if (sign) side(sign);
    },
    grab(point, view) {
      const sign = axis && canAnswer ? grabbedEnd(axis, line, view, point) : undefined;
      return axis && sign ? (to) => setTurned(turnedAxis(axis, line, view.plane, to, sign)) : undefined;
    },
  };
  return (
    <section class="question">
      <h2>On which side of {name} are the vesicles?</h2>
      <p class="quiet">
        Click that side in one of the pictures, or press A or B. {lineText(component)}{" "}
        If it is wrong, drag its ends.
      </p>
      <Doubts
        component={component}
        learned={learned ?? undefined}
        drawn={turned ?? answered ?? undefined}
        question={question}
      />
      <div class="planes three" ref={place}>
        {PLANES.map((plane) => (
          <PlaneCanvas
            key={plane.name}
            plane={plane}
            centre={centre}
            at={at}
            zoom={zoom}
            anisotropy={state.anisotropy}
            label={`${capitalized(name)}. ${planeLabel(plane, at)}`}
            actions={actions}
            draw={(context, view) =>
              drawSynapse(context, view, { raw, mask, component, axis, at, position, chosen })}
          />
        ))}
      </div>
      <div class="row answers">
        {component.configured
          ? (
            <p>
              The configuration has the answer: [{component.configured.join(", ")}]. To change it, edit the
              configuration.
            </p>
          )
          : (
            <>
              <button
                type="button"
                class="side a"
                aria-pressed={chosen === 1}
                disabled={!axis || !canAnswer}
                onClick={() => side(1)}
              >
                Side A <kbd>A</kbd>
              </button>
              <button
                type="button"
                class="side b"
                aria-pressed={chosen === -1}
                disabled={!axis || !canAnswer}
                onClick={() => side(-1)}
              >
                Side B <kbd>B</kbd>
              </button>
              {LEAVING_OUT.map(([reason, text, key]) => (
                <button
                  key={key}
                  type="button"
                  aria-pressed={component.leftOut === reason}
                  disabled={!canAnswer}
                  onClick={() => leaveOut(reason)}
                >
                  {text} <kbd>{key}</kbd>
                </button>
              ))}
              {(component.answer || component.leftOut) && (
                <button type="button" onClick={again}>Clear this answer</button>
              )}
            </>
          )}
        <span class="grow" />
        <button type="button" disabled={!undo} onClick={undo}>
          Undo <kbd>U</kbd>
        </button>
        <button type="button" onClick={() => move(-1)}>
          Previous <kbd>P</kbd>
        </button>
        <button type="button" onClick={() => move(1)}>
          Next <kbd>N</kbd>
        </button>
      </div>
    </section>
  );
}

interface DoubtProps {
  readonly component: PolarityComponent;
  readonly learned: Direction | undefined;
  /** The line that the person dragged, or answered with. */
  readonly drawn: Direction | undefined;
  readonly question: QuestionState;
}

/** Where the line comes from. */
function lineText({ line, normal }: PolarityComponent): string {
  if (line) return "The line is the one with which you answered.";
  return normal
    ? "The line is the direction across the cleft that training uses."
    : "The line is estimated from the shape of the label.";
}

/** An axis that was dragged farther than this from the one of training gives a sign by chance. */
const FAR = 60;
/** Agreement below which the directions of a synapse's samples say little. */
const LITTLE_AGREEMENT = 0.7;

/** What makes an answer worth little. */
function Doubts({ component, learned, drawn, question }: DoubtProps) {
  const { agreement, leftOut } = component;
  const away = learned && drawn ? angleBetween(learned, drawn) : 0;
  if (question === "unneeded") {
    return (
      <p class="doubt">
        This synapse needs no answer: it is too near the border of the volume to train on.
      </p>
    );
  }
  if (leftOut) {
    return (
      <p class="doubt">
        Answered: {leftOut === "no synapse" ? "not a synapse" : leftOut}. It is not used for training.
      </p>
    );
  }
  if (away > FAR) {
    return (
      <p class="doubt" role="status">
        Your line is{" "}
        {Math.round(away)}° away from the direction that training uses. An answer cannot change that
        direction. Press “Cannot tell” to leave this synapse out.
      </p>
    );
  }
  if (agreement !== null && agreement < LITTLE_AGREEMENT) {
    return (
      <p class="doubt">
        Training finds no clear direction here, so the line may be wrong. If it is, press “Cannot tell” to
        leave this synapse out.
      </p>
    );
  }
  return null;
}

/** The arrays of a training volume, opened once. */
function useVolumes(of: PolarityVolume | undefined): readonly Volume[] {
  const { rawPath = "", componentsPath = "" } = of ?? {};
  const [arrays, setArrays] = useState<readonly ArrayInfo[]>([]);
  useEffect(() => {
    void (async () => {
      try {
        setArrays(await bodyOf(await client.api.arrays.$get()) as ArrayInfo[]);
      } catch {
        setArrays([]); // the page says that the server is away
      }
    })();
  }, [rawPath, componentsPath]);
  return useMemo(
    () => arrays.filter(({ path }) => path === rawPath || path === componentsPath).map(openVolume),
    [arrays, rawPath, componentsPath],
  );
}

/** The axis across the shape of a label, where training has none; undefined until its chunks have come. */
function axisOfLabel(
  mask: Volume | undefined,
  { id, box }: PolarityComponent,
  anisotropy: number,
): Direction | undefined {
  const chunkShape = mask?.info.levels[0]?.chunk;
  if (!mask || !chunkShape) return undefined;
  return shapeAxis({ chunkShape, chunkAt: (...at) => mask.chunk(0, 0, at) }, id, box, anisotropy);
}
