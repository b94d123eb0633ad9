/** What Neuroglancer shows at first: its state, as JSON. */
import type { Zyx } from "../../../volume/region.ts";
import type { VoxelSize } from "../../../volume/voxel_size.ts";

/** What there is to show. */
export interface ShownVolumes {
  /** `[z, y, x]`. */
  readonly shape: Zyx;
  readonly voxelSize: VoxelSize | undefined;
  /** Voxel size in z over voxel size in x and y, where the size is not known. */
  readonly anisotropy: number;
  /** Least and largest score that is shown in colour. */
  readonly scores: readonly [low: number, high: number];
  /** Voxel that is looked at first, `[z, y, x]`. */
  readonly position: Zyx;
  readonly hasStack: boolean;
  readonly hasMeshes: boolean;
  /** Numbers of the synapses whose meshes are shown at first. */
  readonly selected: readonly number[];
}

/** Names of what a folder for Neuroglancer has. */
export const PARTS = {
  stack: "stack.ome.zarr",
  scores: "scores.ome.zarr",
  synapses: "synapses.ome.zarr",
  meshes: "meshes",
  annotations: "annotations",
  state: "state.json",
} as const;

const SCORE_SHADER = "#uicontrol invlerp normalized\n" +
  "void main() { float s = normalized(); emitRGBA(vec4(1.0, 0.8 * s, 0.0, s)); }";

/**
 * The state with all layers.
 *
 * OME-Zarr has the origin at the centre of the first voxel, and Neuroglancer follows it; so do the meshes. Annotations have it at the corner,
 * as volumes without such metadata have, and are moved by half a voxel.
 *
 * @param url of the folder that has the parts, without a slash at its end
 */
export function neuroglancerState(shown: ShownVolumes, url: string): Record<string, unknown> {
  const { voxelSize, anisotropy, position, scores, shape } = shown;
  const lengths: Zyx = voxelSize ?? [anisotropy, 1, 1];
  const dimension = (axis: 0 | 1 | 2) => voxelSize ? [nanometres(lengths[axis]), "m"] : [lengths[axis], ""];
  const dimensions = { x: dimension(2), y: dimension(1), z: dimension(0) };
  const half = [0, 1, 2].map((row) =>
    [0, 1, 2, 3].map((column) => column === row ? 1 : column === 3 ? -0.5 : 0)
  );
  const annotations = {
    url: `precomputed://${url}/${PARTS.annotations}`,
    transform: { matrix: half, outputDimensions: dimensions, inputDimensions: dimensions },
  };
  const one = { x: [1, ""], y: [1, ""], z: [1, ""] };
  const meshes = {
    url: `precomputed://${url}/${PARTS.meshes}`,
    // without a voxel size their nanometres are voxels of x and y
    ...(voxelSize ? {} : { transform: { outputDimensions: one, inputDimensions: one } }),
  };
  return {
    dimensions,
    position: [position[2], position[1], position[0]],
    crossSectionScale: 0.5,
    projectionScale: 2 * Math.max(...shape.map((n, axis) => n * (lengths[axis] ?? 1))) / lengths[2],
    layers: [
      ...(shown.hasStack ? [{ type: "image", name: "stack", source: `zarr://${url}/${PARTS.stack}` }] : []),
      {
        type: "image",
        name: "scores",
        source: `zarr://${url}/${PARTS.scores}`,
        shader: SCORE_SHADER,
        shaderControls: { normalized: { range: scores } },
        opacity: 0.5,
      },
      {
        type: "segmentation",
        name: "synapses",
        source: [`zarr://${url}/${PARTS.synapses}`, ...(shown.hasMeshes ? [meshes] : [])],
        segments: shown.selected.map(String),
        selectedAlpha: 0.3,
      },
      { type: "annotation", name: "lines across clefts", source: annotations },
    ],
    selectedLayer: { layer: "synapses", visible: true },
    layout: "4panel",
  };
}

/** In metres, without the last digits of a double. */
function nanometres(length: number): number {
  return Number((length * 1e-9).toPrecision(12));
}
