/** The few things that are read from OME-XML (openmicroscopy.org/Schemas/OME): attributes of elements, by name. */
import { nanometresOf } from "../length_units.ts";
import { toLength, type VoxelSize } from "../voxel_size.ts";

/** Most elements of one name that are looked at: one for each page of the longest stack. */
const MOST = 1 << 18;

/** The attributes of the elements of a name, in the order of the text, with or without a namespace prefix. */
export function attributesOf(xml: string, element: string): Record<string, string>[] {
  const found: Record<string, string>[] = [];
  for (const [, text = ""] of xml.matchAll(new RegExp(`<(?:\\w{1,40}:)?${element}\\b([^<>]*)>`, "g"))) {
    const pairs = text.matchAll(/([\w:]{1,100})\s{0,10}=\s{0,10}(?:"([^"]*)"|'([^']*)')/g);
    found.push(Object.fromEntries(Array.from(pairs, ([, key = "", a, b]) => [key, unescape(a ?? b ?? "")])));
    if (found.length === MOST) break;
  }
  return found;
}

/** An attribute of the first element of a name; undefined where there is none. */
export function attributeOf(xml: string, element: string, attribute: string): string | undefined {
  const start = xml.search(new RegExp(`<(?:\\w{1,40}:)?${element}\\b`));
  if (start < 0) return undefined;
  const end = xml.indexOf(">", start);
  return attributesOf(xml.slice(start, end < 0 ? undefined : end + 1), element)[0]?.[attribute];
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function unescape(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|(\w{2,4}));/g, (whole, decimal, hex, name) => {
    const code = decimal !== undefined ? Number(decimal) : hex !== undefined ? parseInt(hex, 16) : undefined;
    if (code !== undefined) return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    return ENTITIES[name as string] ?? whole;
  });
}

/** The voxel size that OME-XML tells; micrometres where it names no unit. */
export function omeVoxelSize(xml: string): VoxelSize | undefined {
  const [z, y, x] = ["Z", "Y", "X"].map((axis) => {
    const length = toLength(Number(attributeOf(xml, "Pixels", `PhysicalSize${axis}`) ?? NaN));
    const unit = nanometresOf(attributeOf(xml, "Pixels", `PhysicalSize${axis}Unit`) ?? "µm");
    return length === undefined || unit === undefined ? undefined : length * unit;
  });
  return z === undefined || y === undefined || x === undefined ? undefined : [z, y, x];
}
