/** DM3 and DM4 files, written as er-c.org/cbb/info/dmformat describes them. */

/** A tag: a group, a number with its type, a text, or an array of a type. */
export type DmTag =
  | { readonly [name: string]: DmTag }
  | readonly [type: number, value: number]
  | string
  | { readonly array: Uint8Array; readonly type: number; readonly bytesEach: number }
  | { readonly struct: readonly number[] };

/** What is written beside the tags. */
export interface DmLayout {
  readonly version?: 3 | 4;
  readonly littleEndian?: boolean;
}

/** The tags of a file with one image and a thumbnail; without names, groups and values are numbered. */
export function dmImage(
  voxels: Uint8Array,
  { type = 6, bytesEach = 1, arrayType = 10, dims = [12, 10, 3] }: {
    readonly type?: number;
    readonly bytesEach?: number;
    readonly arrayType?: number;
    readonly dims?: readonly number[];
  } = {},
  more: { readonly [name: string]: DmTag } = {},
): { readonly [name: string]: DmTag } {
  const numbered = (tags: readonly DmTag[]) =>
    Object.fromEntries(tags.map((tag, index) => [`#${index}`, tag]));
  const dimension = (scale: number, unit: string): DmTag => ({
    Origin: [6, 0],
    Scale: [6, scale],
    Units: unit,
  });
  const image = {
    ImageData: {
      Calibrations: {
        Brightness: { Origin: [6, 0], Scale: [6, 1] },
        Dimension: numbered([dimension(4.5, "nm"), dimension(0.0045, "\u00b5m"), dimension(50, "nm")]),
      },
      Data: { array: voxels, type: arrayType, bytesEach },
      DataType: [5, type],
      Dimensions: numbered(dims.map((length): DmTag => [5, length])),
    },
    Name: "raw",
    Place: { struct: [2, 3, 6] },
  } satisfies DmTag;
  const thumbnail: DmTag = {
    ImageData: {
      Data: { array: new Uint8Array(16), type: 3, bytesEach: 4 },
      DataType: [5, 23],
      Dimensions: numbered([[5, 2], [5, 2]]),
    },
  };
  return {
    InImageMode: [8, 1],
    ImageList: numbered([thumbnail, image]),
    Thumbnails: numbered([{ ImageIndex: [3, 0] }]),
    ...more,
  };
}

/** A file of these tags. */
export function dmBytes(
  root: { readonly [name: string]: DmTag },
  layout: DmLayout = {},
): Uint8Array<ArrayBuffer> {
  const { version = 3, littleEndian = true } = layout;
  const wide = version === 4 ? 8 : 4;
  const body = groupBytes(root, wide, littleEndian);
  return Uint8Array.from([
    ...big(version, 4),
    ...big(body.length, wide),
    ...big(littleEndian ? 1 : 0, 4),
    ...body,
    ...big(0, 8),
  ]);
}

function big(value: number, bytes: number): number[] {
  return Array.from({ length: bytes }, (_, at) => Math.floor(value / 256 ** (bytes - 1 - at)) % 256);
}

function groupBytes(
  group: { readonly [name: string]: DmTag },
  wide: number,
  littleEndian: boolean,
): number[] {
  const entries = Object.entries(group);
  return [
    0,
    0,
    ...big(entries.length, wide),
    ...entries.flatMap(([name, tag]) => {
      const isData = typeof tag === "string" || Array.isArray(tag) || "array" in tag || "struct" in tag;
      const label = name.startsWith("#") ? "" : name;
      const body = isData
        ? dataBytes(tag as Exclude<DmTag, { readonly [name: string]: DmTag }>, wide, littleEndian)
        : groupBytes(tag as { readonly [name: string]: DmTag }, wide, littleEndian);
      const length = wide === 8 ? big(body.length, 8) : [];
      return [
        isData ? 21 : 20,
        ...big(label.length, 2),
        ...new TextEncoder().encode(label),
        ...length,
        ...body,
      ];
    }),
  ];
}

function dataBytes(
  tag: Exclude<DmTag, { readonly [name: string]: DmTag }>,
  wide: number,
  littleEndian: boolean,
): number[] {
  const head = (
    ...info: number[]
  ) => [37, 37, 37, 37, ...[info.length, ...info].flatMap((value) => big(value, wide))];
  if (typeof tag === "string") {
    const codes = Array.from(tag, (character) => character.charCodeAt(0));
    const units = codes.flatMap((code) => littleEndian ? [code % 256, code >> 8] : [code >> 8, code % 256]);
    return [...head(20, 4, codes.length), ...units];
  }
  if ("struct" in tag) {
    const sizes: Readonly<Record<number, number>> = { 2: 2, 3: 4, 6: 4 };
    const fields = tag.struct.flatMap((type) => [0, type]);
    return [
      ...head(15, 0, tag.struct.length, ...fields),
      ...tag.struct.flatMap((type) => big(7, sizes[type] ?? 1)),
    ];
  }
  if ("array" in tag) return [...head(20, tag.type, tag.array.length / tag.bytesEach), ...tag.array];
  const [type, value] = tag;
  const view = new DataView(new ArrayBuffer(4));
  if (type === 6) view.setFloat32(0, value, littleEndian);
  else if (type !== 8) view.setUint32(0, value, littleEndian);
  return [...head(type), ...(type === 8 ? [value] : new Uint8Array(view.buffer))];
}
