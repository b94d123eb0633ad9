/** Where the planes of an OME-TIFF are (docs.openmicroscopy.org/ome-model, OME-TIFF specification, "The TiffData element"). */
import { basename } from "node:path";
import type { AxisPick } from "../../config/pick.ts";
import { shorten, UserError } from "../../user_error.ts";
import { MAX_PAGES } from "../limits.ts";
import { nanometresOf } from "../length_units.ts";
import { toLength, type VoxelSize } from "../voxel_size.ts";

/** Where a plane is. */
export interface Plane {
  readonly file: string;
  readonly page: number;
}

/** @param pages of the file at `path`, which has all planes where the text names no files */
export function omePlanes(path: string, xml: string, pages: number) {
  const size = (axis: string) => Number(attributeOf(xml, "Pixels", `Size${axis}`) ?? 1);
  const sizes = { Z: size("Z"), C: size("C"), T: size("T") };
  const order = (attributeOf(xml, "Pixels", "DimensionOrder") ?? "XYZCT").slice(2);
  const count = sizes.Z * sizes.C * sizes.T;
  if (!/^(ZCT|ZTC|CZT|CTZ|TZC|TCZ)$/.test(order) || !(count >= 1 && count <= MAX_PAGES)) {
    throw new UserError(
      `${path}: its OME-XML says ${count} planes in the order ${shorten(order, 20)}; save it again`,
    );
  }
  const axes = [...order] as ("Z" | "C" | "T")[];
  /** Number of a plane in the image's order. */
  const numberOf = (at: Readonly<Record<"Z" | "C" | "T", number>>) =>
    axes.reduceRight((number, axis) => number * sizes[axis] + at[axis], 0);
  const places = new Map<number, Plane>();
  // Only the first image's: others are labels or overviews.
  for (const { attributes, name } of tiffData(firstImage(xml))) {
    const file = name === undefined ? basename(path) : basename(name);
    const page = Number(attributes["IFD"] ?? 0);
    const planes = Number(
      attributes["PlaneCount"] ?? (attributes["IFD"] === undefined ? (name === undefined ? pages : 1) : 1),
    );
    const start = numberOf({
      Z: Number(attributes["FirstZ"] ?? 0),
      C: Number(attributes["FirstC"] ?? 0),
      T: Number(attributes["FirstT"] ?? 0),
    });
    if (
      !Number.isInteger(start + planes + page) || start < 0 || page < 0 || start + planes > count ||
      planes < 0
    ) {
      throw new UserError(
        `${path}: its OME-XML lists ${planes} planes from number ${start}, but there are ${count}; save it again`,
      );
    }
    for (let index = 0; index < planes; index++) {
      if (places.has(start + index)) {
        throw new UserError(`${path}: its OME-XML lists plane ${start + index} twice; save it again`);
      }
      places.set(start + index, { file, page: page + index });
    }
  }
  return {
    /** Names of the files that hold some. */
    files: [...new Set([...places.values()].map(({ file }) => file))],
    /** Those of a channel and time point, along the axis that is left, which is z where it has several. */
    inOrder({ channel, time }: AxisPick): Plane[] {
      const found: Plane[] = [];
      const along = (length: number, chosen: number | undefined) =>
        chosen === undefined ? Array.from({ length }, (_, index) => index) : [chosen];
      for (const T of along(sizes.T, time)) {
        for (const C of along(sizes.C, channel)) {
          for (let Z = 0; Z < sizes.Z; Z++) {
            const plane = places.get(numberOf({ Z, C, T }));
            if (plane === undefined) {
              throw new UserError(
                `${path}: its OME-XML has no plane at z ${Z}, channel ${C}, time ${T}; copy or save it again`,
              );
            }
            found.push(plane);
          }
        }
      }
      return found;
    },
  };
}

function firstImage(xml: string): string {
  const end = xml.search(/<\/(?:\w{1,40}:)?Pixels>/);
  return end < 0 ? xml : xml.slice(0, end);
}

/** The elements TiffData, each with the name of the file that its UUID tells. */
function tiffData(xml: string): { attributes: Readonly<Record<string, string>>; name: string | undefined }[] {
  const parts = xml.split(/<(?=(?:\w{1,40}:)?TiffData\b)/).slice(1);
  return parts.map((part) => {
    const whole = `<${part}`;
    const isEmpty = /^<[^<>]*\/>/.test(whole);
    return {
      attributes: attributesOf(whole.slice(0, whole.indexOf(">") + 1), "TiffData")[0] ?? {},
      name: isEmpty ? undefined : attributeOf(whole, "UUID", "FileName"),
    };
  });
}

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
