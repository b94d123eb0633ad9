/** Units of length as files name them: those of ImageJ, OME (UnitsLength), OME-Zarr (UDUNITS) and NRRD. */

/** Powers of ten of a metre, by prefix: its symbol and its name. */
const PREFIXES: readonly (readonly [symbol: string, name: string, power: number])[] = [
  ["Y", "yotta", 24],
  ["Z", "zetta", 21],
  ["E", "exa", 18],
  ["P", "peta", 15],
  ["T", "tera", 12],
  ["G", "giga", 9],
  ["M", "mega", 6],
  ["k", "kilo", 3],
  ["h", "hecto", 2],
  ["da", "deca", 1],
  ["", "", 0],
  ["d", "deci", -1],
  ["c", "centi", -2],
  ["m", "milli", -3],
  ["u", "micro", -6],
  ["n", "nano", -9],
  ["p", "pico", -12],
  ["f", "femto", -15],
  ["a", "atto", -18],
  ["z", "zepto", -21],
  ["y", "yocto", -24],
];

const INCH = 25.4e6;

/** Nanometres in units that are no multiple of a metre by their names, in lower case and in the singular. */
const OTHERS: Readonly<Record<string, number>> = {
  micron: 1e3,
  "å": 0.1,
  angstrom: 0.1,
  "ångström": 0.1,
  "ångstrom": 0.1,
  inch: INCH,
  in: INCH,
  '"': INCH,
  thou: INCH / 1000,
  mil: INCH / 1000,
  li: INCH / 12, // a line
  line: INCH / 12,
  pt: INCH / 72,
  point: INCH / 72,
  ft: 12 * INCH,
  foot: 12 * INCH,
  feet: 12 * INCH,
  yd: 36 * INCH,
  yard: 36 * INCH,
  mi: 63360 * INCH,
  mile: 63360 * INCH,
  ua: 149_597_870_700e9,
  au: 149_597_870_700e9,
  ly: 9_460_730_472_580_800e9,
  lightyear: 9_460_730_472_580_800e9,
  pc: 3.0856775814913673e25,
  parsec: 3.0856775814913673e25,
};

/** Nanometres in a metre times 10 to a power; read from text, so that it is the nearest double. */
const METRE = (power: number) => Number(`1e${power + 9}`);

const SYMBOLS = new Map(PREFIXES.map(([symbol, , power]) => [`${symbol}m`, METRE(power)]));
const NAMES = new Map(
  PREFIXES.flatMap(([, name, power]) =>
    ["meter", "metre"].map((unit) => [`${name}${unit}`, METRE(power)] as const)
  ),
);

/** Nanometres in a unit of length as files name it, such as `um` or `nanometer`; undefined for what is none, such as `pixel`. */
export function nanometresOf(unit: string): number | undefined {
  // ImageJ escapes what is no ASCII; there are two signs each for micro and for angstrom
  const text = unit.trim().replace(
    /\\u([0-9a-f]{4})/gi,
    (_, hex: string) => String.fromCharCode(parseInt(hex, 16)),
  )
    .replace(/[\u00b5\u03bc]/g, "u").replace(/\u212b/g, "\u00c5");
  const symbol = SYMBOLS.get(text);
  if (symbol !== undefined) return symbol;
  const lower = text.toLowerCase();
  for (const name of [lower, lower.replace(/s$/, ""), lower.replace(/es$/, "")]) {
    const found = NAMES.get(name) ?? (Object.hasOwn(OTHERS, name) ? OTHERS[name] : undefined);
    if (found !== undefined) return found;
  }
  // what is written in capitals throughout is read as small letters: NM, UM
  return SYMBOLS.get(lower);
}

/** Dots an inch of screens, which programs write without meaning them. */
const SCREENS = [72, 96];

/** Whether a length of a voxel is that of a dot of a screen, and so tells nothing. */
export function isOfScreen(nanometres: number): boolean {
  return SCREENS.some((dots) => Math.abs(nanometres * dots / INCH - 1) < 2e-3);
}
