/**
 * Surfaces of sets of voxels by surface nets (Gibson, Constrained elastic surface nets, MICCAI 1998), without the relaxation: a vertex in each
 * cell of eight neighbouring voxels that has some of the set and some that are not, at the mean of the middles of the edges between them, and a
 * quadrilateral across each such edge. Surfaces are closed; where voxels touch by an edge or corner alone, parts share an edge or a vertex.
 */

/** A surface of triangles. */
export interface Surface {
  /** `x, y, z` of each vertex, in voxels; the centre of the first voxel of the first plane is 0, 0, 0. */
  readonly vertices: Float32Array;
  /** Three vertices a triangle, counter-clockwise as seen from outside. */
  readonly triangles: Uint32Array;
}

/** A surface in the making, plane by plane. */
export interface SurfaceMaker {
  /** Takes the next plane, `[y, x]`: 0 outside, anything else inside. False where there are more triangles than allowed. */
  addPlane(mask: Uint8Array): boolean;
  /** Closes the surface behind the last plane; undefined where there are more triangles than allowed. */
  finish(): Surface | undefined;
}

/** Bytes that a maker holds for each voxel of a plane, and for each triangle of a surface with its share of the vertices, at most. */
export const PLANE_BYTES = 10;
export const TRIANGLE_BYTES = 3 * (12 + 6);

/** Begins the surface of a set within a box; outside the box is outside the set. */
export function createSurface(height: number, width: number, mostTriangles = Infinity): SurfaceMaker {
  const stride = width + 2, cells = width + 1;
  let [before, here] = [new Uint8Array((height + 2) * stride), new Uint8Array((height + 2) * stride)];
  let [above, layer] = [new Int32Array((height + 1) * cells), new Int32Array((height + 1) * cells)];
  const vertices = growing(Float32Array), triangles = growing(Uint32Array);
  let z = -1;

  const quad = (a: number, b: number, c: number, d: number, isInward: boolean) => {
    if (isInward) triangles.push3(a, d, c), triangles.push3(a, c, b);
    else triangles.push3(a, b, c), triangles.push3(a, c, d);
  };

  /** The vertices of the cells between the last two planes, and the quadrilaterals across the edges from one plane to the other. */
  const addLayer = () => {
    for (let y = 0, at = 0; y <= height; y++) {
      for (let x = 0; x < cells; x++, at++) {
        const v = y * stride + x, w = v + stride;
        const corners = (before[v] ?? 0) | (before[v + 1] ?? 0) << 1 | (before[w] ?? 0) << 2 |
          (before[w + 1] ?? 0) << 3 | (here[v] ?? 0) << 4 | (here[v + 1] ?? 0) << 5 | (here[w] ?? 0) << 6 |
          (here[w + 1] ?? 0) << 7;
        if (corners === 0 || corners === 255) continue;
        layer[at] = vertices.length() / 3;
        const from = 3 * corners;
        vertices.push3(
          x - 1 + (OFFSETS[from] ?? 0),
          y - 1 + (OFFSETS[from + 1] ?? 0),
          z + (OFFSETS[from + 2] ?? 0),
        );
        const isIn = (corners & 1) !== 0;
        if (y > 0 && x > 0 && isIn !== ((corners & 16) !== 0)) {
          const [a = 0, b = 0, c = 0] = [layer[at - cells - 1], layer[at - cells], layer[at - 1]];
          quad(a, b, layer[at] ?? 0, c, !isIn);
        }
      }
    }
  };

  /** The quadrilaterals across the edges within the plane before the last, between the cells on either side of it. */
  const addPlaneEdges = () => {
    for (let y = 0; y <= height; y++) {
      for (let x = 0; x < cells; x++) {
        const at = y * cells + x, v = y * stride + x;
        const isIn = before[v] !== 0;
        if (y > 0 && isIn !== (before[v + 1] !== 0)) {
          quad(above[at - cells] ?? 0, above[at] ?? 0, layer[at] ?? 0, layer[at - cells] ?? 0, !isIn);
        }
        if (x > 0 && isIn !== (before[v + stride] !== 0)) {
          quad(above[at - 1] ?? 0, layer[at - 1] ?? 0, layer[at] ?? 0, above[at] ?? 0, !isIn);
        }
      }
    }
  };

  const add = (mask: Uint8Array | undefined) => {
    here.fill(0);
    for (let y = 0; mask !== undefined && y < height; y++) {
      for (let x = 0; x < width; x++) if (mask[y * width + x] !== 0) here[(y + 1) * stride + x + 1] = 1;
    }
    addLayer();
    if (z >= 0) addPlaneEdges();
    [before, here, above, layer] = [here, before, layer, above];
    z++;
    return triangles.length() / 3 <= mostTriangles;
  };
  return {
    addPlane: add,
    finish: () => add(undefined) ? { vertices: vertices.values(), triangles: triangles.values() } : undefined,
  };
}

/** Where the vertex of a cell lies, x, y and z from 0 to 1, by which of its corners are inside; bits: x + 2 y + 4 z. */
const OFFSETS = (() => {
  const offsets = new Float64Array(3 * 256);
  for (let corners = 1; corners < 255; corners++) {
    let crossed = 0;
    const sum = [0, 0, 0];
    for (let corner = 0; corner < 8; corner++) {
      for (const axis of [0, 1, 2]) {
        const other = corner | 1 << axis;
        if (other === corner || (corners >> corner & 1) === (corners >> other & 1)) continue;
        crossed++;
        for (const k of [0, 1, 2]) sum[k] = (sum[k] ?? 0) + (k === axis ? 0.5 : corner >> k & 1);
      }
    }
    for (const [k, total] of sum.entries()) offsets[3 * corners + k] = total / crossed;
  }
  return offsets;
})();

/** Numbers in threes, as many as come. */
function growing<T extends Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>>(
  ArrayType: new (length: number) => T,
) {
  let held = new ArrayType(3 * 256);
  let length = 0;
  return {
    length: () => length,
    push3(a: number, b: number, c: number) {
      if (length === held.length) {
        const larger = new ArrayType(2 * length);
        larger.set(held);
        held = larger;
      }
      held[length++] = a;
      held[length++] = b;
      held[length++] = c;
    },
    values: () => held.subarray(0, length) as T,
  };
}
