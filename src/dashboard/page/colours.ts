/** Colour maps: a value from 0 to 1 as red, green, blue. */

/** Names of the maps that a score can have. */
export const COLOUR_MAPS = ["fire", "viridis", "blue", "green", "magenta"] as const;

export type ColourMapName = typeof COLOUR_MAPS[number];

type Rgb = readonly [number, number, number];

const STOPS: Readonly<Record<ColourMapName, readonly Rgb[]>> = {
  fire: [[60, 0, 80], [160, 20, 90], [230, 80, 40], [250, 180, 40], [255, 250, 190]],
  viridis: [[68, 1, 84], [59, 82, 139], [33, 145, 140], [94, 201, 98], [253, 231, 37]],
  blue: [[10, 40, 120], [40, 120, 230], [120, 220, 255]],
  green: [[0, 70, 30], [30, 170, 70], [170, 255, 150]],
  magenta: [[90, 0, 90], [210, 40, 190], [255, 170, 240]],
};

const STEPS = 256;

/** The map as 256 times red, green, blue. */
export function colourTable(name: ColourMapName): Uint8Array {
  const stops = STOPS[name];
  const table = new Uint8Array(STEPS * 3);
  for (let i = 0; i < STEPS; i++) {
    const place = i / (STEPS - 1) * (stops.length - 1);
    const low = stops[Math.floor(place)] ?? [0, 0, 0];
    const high = stops[Math.ceil(place)] ?? low;
    for (const k of [0, 1, 2] as const) {
      table[i * 3 + k] = Math.round(low[k] + (high[k] - low[k]) * (place - Math.floor(place)));
    }
  }
  return table;
}

/** Least luminance of a label's colour, 0 to 1, so that it stands out from membranes and the dark page. */
const LEAST_LUMINANCE = 0.3;

/** A colour for a number of a component, neighbours far apart. */
export function labelColour(label: number): Rgb {
  const hue = label * 137.508 % 360;
  const channel = (shift: number) => {
    const k = (shift + hue / 30) % 12;
    return Math.round(255 * (0.55 - 0.45 * Math.max(-1, Math.min(k - 3, 9 - k, 1))));
  };
  return lightened([channel(0), channel(8), channel(4)]);
}

/** A colour with as much white as it needs. */
function lightened(colour: Rgb): Rgb {
  const lack = LEAST_LUMINANCE - luminance(colour);
  if (lack <= 0) return colour;
  const white = lack / (1 - luminance(colour));
  const channel = (value: number) => {
    const light = linear(value);
    return encoded(light + white * (1 - light));
  };
  return [channel(colour[0]), channel(colour[1]), channel(colour[2])];
}

/** Relative luminance of a colour of sRGB, 0 to 1, as WCAG 2 defines it. */
export function luminance([r, g, b]: Rgb): number {
  return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
}

function linear(value: number): number {
  const share = value / 255;
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
}

function encoded(light: number): number {
  const share = light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055;
  return Math.round(255 * share);
}
