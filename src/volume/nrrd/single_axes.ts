/** Axes of an NRRD that hold one value: a volume may have some after x, y and z, such as one point of time. */

/** Fields with one value an axis. */
const PER_AXIS = [
  "sizes",
  "kinds",
  "spacings",
  "thicknesses",
  "centers",
  "centerings",
  "axis mins",
  "axis maxs",
  "axismins",
  "axismaxs",
];
/** The same in quotation marks. */
const QUOTED = ["units", "labels"];
const MOST_COMPONENTS = 9;

/** Leaves axes of length 1 after the third, or after the fourth where the first holds components, out of the fields. */
export function dropSingleAxes(fields: Map<string, string>): void {
  const given = new Map(fields);
  for (;;) {
    const sizes = (fields.get("sizes") ?? "").split(/\s+/);
    const dimension = Number(fields.get("dimension"));
    if (sizes.length !== dimension || dimension < 4 || sizes.at(-1) !== "1") return;
    if (!isBeyondSpace(fields, sizes)) {
      // Of five axes without kinds, two of them 1, the first may be components or x.
      if (given.get("dimension") !== String(dimension)) {
        for (const [name, value] of given) fields.set(name, value);
      }
      return;
    }
    fields.set("dimension", String(dimension - 1));
    for (const name of PER_AXIS) dropLast(fields, name, /\S+/g);
    for (const name of QUOTED) dropLast(fields, name, /"(?:[^"\\]|\\.)*"/g);
    dropLast(fields, "space directions", /none|\([^()]*\)/g);
  }
}

/** Whether the last axis is none of x, y and z: the kinds say so, or there are three others already. */
function isBeyondSpace(fields: ReadonlyMap<string, string>, sizes: readonly string[]): boolean {
  const kinds = fields.get("kinds")?.toLowerCase().split(/\s+/) ?? [];
  const isSpace = kinds.length === sizes.length
    ? kinds.map((kind) => kind === "domain" || kind === "space")
    : [];
  if (isSpace.filter(Boolean).length === 3) return isSpace.at(-1) === false;
  return sizes.length > 4 || Number(sizes[0]) > MOST_COMPONENTS;
}

function dropLast(fields: Map<string, string>, name: string, value: RegExp): void {
  const values = fields.get(name)?.match(value);
  if (values && values.length > 1) fields.set(name, values.slice(0, -1).join(" "));
}
