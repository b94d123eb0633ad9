/** Bodies that may be sent to the routes of a labelling project. */
import fc from "fast-check";
import { strokeOf } from "../label/project.ts";

const number = fc.oneof(fc.integer(), fc.double(), fc.constantFrom(0, 1, 2, -1, 2 ** 31, 2 ** 53, 1e308));
const BOX = fc.record({
  begin: fc.array(fc.nat(30), { maxLength: 4 }),
  end: fc.array(number, { maxLength: 4 }),
});

/** One that can be painted. */
const whole = strokeOf(1, [0, 0, 0, 1]);
const stroke = fc.record({
  stroke: fc.oneof(fc.uuid(), fc.string()),
  value: fc.oneof(number, fc.anything()),
  over: fc.oneof(fc.constantFrom("all", "unpainted"), fc.array(number), fc.anything()),
  runs: fc.oneof(
    fc.array(number, { maxLength: 9 }),
    fc.array(fc.nat(30), { minLength: 4, maxLength: 4 }),
  ),
}, { requiredKeys: [] });
const fields = fc.record({
  name: fc.oneof(fc.string(), fc.anything()),
  polarity: fc.oneof(fc.array(number, { maxLength: 4 }), fc.anything()),
  voxelSize: fc.array(number, { maxLength: 4 }),
  anisotropy: number,
  id: fc.oneof(number, fc.string()),
  verdict: fc.oneof(fc.constantFrom("yes", "no", "skip"), fc.anything()),
  at: fc.array(fc.oneof(number, fc.nat(30)), { maxLength: 4 }),
  from: number,
  to: number,
  path: fc.oneof(
    fc.constantFrom(
      "labels.zarr",
      "raw.zarr",
      "..",
      "project.json",
      "import",
      "c:",
      "*",
      "[",
      "a\\..\\b",
    ),
    fc.string(),
    fc.anything(),
  ),
  means: fc.array(fc.oneof(fc.constantFrom("synapse", "not", "unsure"), fc.anything()), { maxLength: 3 }),
  version: number,
  learning: fc.oneof(
    fc.record({ sigma: number, supervoxel: number, channels: fc.array(fc.string()) }, {
      requiredKeys: [],
    }),
    fc.anything(),
  ),
  subject: fc.oneof(
    fc.record({
      kind: fc.constantFrom("directions", "supervoxels", "channel"),
      sigma: number,
      name: fc.string(),
    }),
    fc.anything(),
  ),
  box: BOX,
}, { requiredKeys: [] });
const body = fc.oneof(stroke, fields, fc.object(), fc.jsonValue());
const parts = fc.record(
  Object.fromEntries(
    Object.entries(whole).map(([name, value]) => [name, fc.oneof(fc.constant(value), fc.jsonValue())]),
  ),
);

/** Some are whole, some nearly, some nonsense. */
export const BODIES = fc.oneof(body, parts);
