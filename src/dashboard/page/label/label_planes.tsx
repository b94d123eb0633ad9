/** The three planes of the labelling page. */
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { type Plane, PLANES, withCoordinate } from "../geometry.ts";
import { type PlaneActions, PlaneCanvas, planeLabel } from "../plane_canvas.tsx";
import { PlaneFrame } from "../plane_frame.tsx";
import { fittingZoom, planeActions } from "../viewer_moves.ts";
import { drawLabelPlane } from "./label_draw.ts";
import type { LabelView } from "./label_view.ts";
import type { Labelling } from "./use_labelling.ts";

export function LabelPlanes({ labelling }: { readonly labelling: Labelling }) {
  const { project, view, setView, planes, hand, sceneOf, anisotropy } = labelling;
  const place = useRef<HTMLDivElement>(null);
  useResizes(place);
  const { shape } = project.state();
  const zoom = view.zoom > 0 ? view.zoom : fittingZoom(place.current, shape, anisotropy, true);
  const moves = planeActions<LabelView>({
    setView: (act) => setView((old) => withSide(old, act(old))),
    setHovered: () => {},
    shape,
    zoom,
  });
  const scene = useRef(sceneOf);
  scene.current = sceneOf;
  const large: PlaneActions = { ...moves, press: hand.press, hover: hand.hover, key: hand.key };
  const small: PlaneActions = {
    ...moves,
    press: hand.press,
    pan: (across, du, down, dv) =>
      setView((old) => {
        const moved = withCoordinate(old.side, across, old.side[across] + du);
        return { ...old, side: withCoordinate(moved, down, moved[down] + dv) };
      }),
    zoom: (factor) => moves.zoom(factor, undefined),
  };
  const canvas = (plane: Plane, isLarge: boolean) => (
    <PlaneCanvas
      plane={plane}
      centre={isLarge ? view.centre : view.side}
      at={view.at}
      zoom={zoom}
      anisotropy={anisotropy}
      label={planeLabel(plane, view.at)}
      actions={isLarge ? large : small}
      draw={(context, seen) => {
        planes.saw(seen);
        drawLabelPlane(context, seen, planes.pictures(plane.name), scene.current());
      }}
      onMount={(redraw) => planes.mount(plane.name, redraw)}
    />
  );
  const frame = (plane: Plane, isLarge: boolean) => (
    <PlaneFrame
      key={plane.name}
      name={`plane ${plane.name}`}
      isLarge={isLarge}
      {...(isLarge
        ? {}
        : { enlarge: () => setView((old) => ({ ...old, large: plane, centre: old.at, zoom: 0 })) })}
      slices={{
        plane,
        at: Math.floor(view.at[plane.cut]),
        count: shape[plane.cut],
        step: (slices) => moves.step(plane, slices),
      }}
    >
      {canvas(plane, isLarge)}
    </PlaneFrame>
  );
  return (
    <div class="label-planes">
      <div class="label-large" ref={place}>{frame(view.large, true)}</div>
      <div class="label-small">
        {PLANES.filter(({ name }) => name !== view.large.name).map((one) => frame(one, false))}
      </div>
    </div>
  );
}

/** Renders anew when a place has another size, so that what is fitted into it fits. */
function useResizes(place: { readonly current: HTMLDivElement | null }): void {
  const [, setVersion] = useState(0);
  useLayoutEffect(() => {
    if (!place.current) return undefined;
    const resized = new ResizeObserver(() => setVersion((n) => n + 1));
    resized.observe(place.current);
    return () => resized.disconnect();
  }, []);
}

/** The small planes follow the place where it moved. */
function withSide(old: LabelView, next: LabelView): LabelView {
  const isSame = next.at.every((value, axis) => value === old.at[axis]);
  return isSame ? next : { ...next, side: next.at };
}
