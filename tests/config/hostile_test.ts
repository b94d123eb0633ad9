/** Configurations and stump files that someone else made, to do harm or by accident. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { readStumpFile } from "../../src/boosting/stump_file.ts";
import { parseLibconfig } from "../../src/config/libconfig.ts";
import { loadSettings } from "../../src/config/settings.ts";
import { shorten, UserError } from "../../src/user_error.ts";
import { rejected } from "../helpers/hostile_files.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

const isKnownChannel = () => false;
const TRAIN = `train = { rawVolume = "a.cfg"; groundTruth = "a.cfg"; };`;

/** What `a.cfg` holds, and what loading it must say. */
const CONFIGS: readonly (readonly [name: string, text: string | Uint8Array<ArrayBuffer>, message: RegExp])[] =
  [
    ["nothing", "", /has 2 problems:|outFileName is missing/],
    [
      "another format",
      new Uint8Array([0x49, 0x49, 42, 0, 8, 0, 0, 0]),
      /found "II", expected|is not part of the libconfig/,
    ],
    [
      "a group that is cut off",
      "train = { rawVolume = ",
      /a\.cfg:1:23: found the end of the text, expected a value/,
    ],
    ["100,000 nested brackets", `a = ${"[".repeat(100_000)}`, /nested deeper than 100/],
    ["100,000 nested groups", "a = { ".repeat(100_000), /nested deeper than 100/],
    ["100,000 nested lists", `a = ${"(".repeat(100_000)}${")".repeat(100_000)}`, /nested deeper than 100/],
    ["a file that includes itself", `@include "a.cfg"`, /@include of .*a\.cfg is circular/],
    [
      "two files that include each other",
      `@include "sub/b.cfg"`,
      /sub\/b\.cfg:1:1: @include of .*a\.cfg is circular/,
    ],
    [
      "an include from above the folder",
      `@include "../secret.cfg"`,
      /@include of .*secret\.cfg .*outside the configuration's folder/,
    ],
    [
      "an include from elsewhere",
      `@include "/etc/passwd"`,
      /@include of \/etc\/passwd .*outside the configuration's folder/,
    ],
    [
      "an include that goes up from below",
      `@include "sub/up.cfg"`,
      /sub\/up\.cfg:1:1: @include of .*secret\.cfg .*outside/,
    ],
    [
      "a link out of the folder",
      `@include "link.cfg"`,
      /link\.cfg is a link to .*secret\.cfg, outside the configuration's folder/,
    ],
    ["a folder as an include", `@include "sub"`, /this is a folder/],
    ["a thousand includes of a thousand", `@include "many.cfg"`, /more than 1000 files/],
    [
      "millions of symbols",
      `a = (${"1,".repeat(1_000_000)}1)`,
      /more than 500000 names, values and symbols/,
    ],
    ["a text without end", new Uint8Array(2 ** 22 + 1).fill(32), /a\.cfg: longer than 4 MiB/],
    ["a number of a million digits", `a = ${"9".repeat(1_000_000)}`, /is too large; an integer/],
    ["a name of a million letters", `${"a".repeat(1_000_000)} ? 3`, /expected = after aaa|is not part/],
    ["NaN", `numStumps = NaN`, /found NaN, expected a value/],
    ["infinity", `NegSampleProportion = 1e999`, /1e999 is too large for a 64-bit float/],
    [
      "a number of stumps without bound",
      `outFileName = "o"; numStumps = 9007199254740991; ${TRAIN}`,
      /numStumps is 9007199254740991; it must be an integer from 1/,
    ],
    ["a negative distance", `outFileName = "o"; borderMinDist = -1; ${TRAIN}`, /borderMinDist is -1/],
    [
      "an anisotropy below 1",
      `outFileName = "o"; train = { rawVolume = "a.cfg"; groundTruth = "a.cfg"; zAnisotropyFactor = 0.0; };`,
      /zAnisotropyFactor is 0/,
    ],
    [
      "two anisotropies",
      `outFileName = "o"; ${TRAIN} test = ( { rawVolume = "a.cfg"; zAnisotropyFactor = 2.0; } );`,
      /test\[0\]\.zAnisotropyFactor is 2 and train/,
    ],
    [
      "a path with a line break",
      `outFileName = "o\\n\\x1b[2J"; ${TRAIN}`,
      /outFileName is .*control characters/,
    ],
    [
      "a path of 100,000 letters",
      `outFileName = "o"; train = { rawVolume = "${"a".repeat(100_000)}"; groundTruth = "a.cfg"; };`,
      /[/\\]a{200,}\.\.\.a+: this file cannot be read/,
    ],
    ["bytes that hide in a terminal", "\u001b[2J = 3", /"\\u001b"/],
  ];

for (const [name, text, message] of CONFIGS) {
  Deno.test(`loadSettings() rejects a configuration with ${name}`, () =>
    inTempFolder(async (parent) => {
      const folder = `${parent}/jobs`;
      Deno.mkdirSync(`${folder}/sub`, { recursive: true });
      Deno.writeTextFileSync(`${parent}/secret.cfg`, "password = 1;");
      Deno.symlinkSync(`${parent}/secret.cfg`, `${folder}/link.cfg`);
      Deno.writeTextFileSync(`${folder}/sub/b.cfg`, `@include "../a.cfg"`);
      Deno.writeTextFileSync(`${folder}/sub/up.cfg`, `@include "../../secret.cfg"`);
      Deno.writeTextFileSync(`${folder}/many.cfg`, `@include "few.cfg"\n`.repeat(1000));
      Deno.writeTextFileSync(`${folder}/few.cfg`, `@include "none.cfg"\n`.repeat(1000));
      Deno.writeTextFileSync(`${folder}/none.cfg`, "");
      const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
      Deno.writeFileSync(`${folder}/a.cfg`, bytes);
      // A whole configuration may have more than one problem, and tells them all.
      const load = async () => {
        try {
          await loadSettings(`${folder}/a.cfg`, { isKnownChannel });
        } catch (error) {
          if (!(error instanceof UserError)) throw error;
          throw new UserError(error.message.split("\n").slice(0, 2).join("\n"));
        }
      };
      await rejected(load, message);
    }));
}

Deno.test("loadSettings() tells at most 30 of many problems, and in no long time", () =>
  inTempFolder(async (folder) => {
    const keys = Array.from({ length: 20_000 }, (_, index) => `unknownKey${index} = 1;\n`);
    Deno.writeTextFileSync(`${folder}/a.cfg`, keys.join(""));
    await assert.rejects(loadSettings(`${folder}/a.cfg`, { isKnownChannel }), (error) => {
      assert.ok(error instanceof UserError);
      const lines = error.message.split("\n");
      assert.equal(lines.length, 32);
      assert.match(lines.at(-1) ?? "", /^and 199\d\d more$/);
      return true;
    });
  }));

Deno.test("loadSettings() does not open what is not a regular file", async () => {
  for (const path of ["/dev/zero", "/dev/stdin"]) {
    await rejected(
      () => loadSettings(path, { isKnownChannel }),
      /not a regular file|cannot be read|no permission|denied/,
    );
  }
});

Deno.test("parseLibconfig() reads any text or rejects it with its place", () => {
  const tokens = fc.constantFrom(
    "a",
    "=",
    ":",
    ";",
    ",",
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    '"',
    "1",
    "-",
    "1.5e3",
    "0x",
    "@include",
    "/*",
    "#",
    "\n",
    "true",
    "\\",
  );
  const texts = fc.oneof(
    fc.string({ unit: "binary", maxLength: 60 }),
    fc.array(tokens, { maxLength: 40 }).map((list) => list.join(" ")),
  );
  fc.assert(
    fc.property(texts, (text) => {
      try {
        assert.equal(parseLibconfig(text, { file: "a.cfg" }).type, "group");
      } catch (error) {
        assert.ok(error instanceof UserError, String(error));
        assert.match(error.message, /^a\.cfg:\d+:\d+: [^\n]*$/);
      }
    }),
    { numRuns: 2000 },
  );
});

Deno.test("shorten() keeps both ends, and no more than it may", () => {
  fc.assert(fc.property(fc.string({ maxLength: 300 }), fc.integer({ min: 20, max: 100 }), (text, longest) => {
    const short = shorten(text, longest);
    assert.ok(short.length <= longest);
    if (text.length <= longest) assert.equal(short, text);
    else assert.ok(text.startsWith(short.slice(0, 10)) && text.endsWith(short.slice(-3)));
  }));
});

const stump = (changes: Readonly<Record<string, string>>) => {
  const fields = { threshold: "1.0", invert: "true", column: "0", poseIdx: "3", abweight: "1.0", ...changes };
  return `{ ${Object.entries(fields).map(([key, value]) => `${key} = ${value};`).join(" ")} }`;
};
const stumps = (...groups: string[]) => `stumps = ( ${groups.join(", ")} );`;

const STUMPS: readonly (readonly [name: string, text: string, message: RegExp])[] = [
  ["nothing", "", /has no stumps/],
  ["another format", "NRRD0004\ntype: uchar\n", /expected/],
  ["the end cut off", stumps(stump({})).slice(0, -6), /the text ends before/],
  ["no stumps", "stumps = ();", /expected a list \( \) of at least one stump/],
  ["100,000 nested brackets", `stumps = ${"(".repeat(100_000)}`, /nested deeper than 100/],
  ["an include", `@include "/etc/passwd"`, /@include is not possible here/],
  ["a weight of NaN", stumps(stump({ abweight: "nan" })), /found nan, expected a value/],
  ["an infinite weight", stumps(stump({ abweight: "-inf" })), /"-inf" is not a number/],
  [
    "a weight that overflows",
    stumps(stump({ abweight: "1e308" })),
    /abweight of stump 1 is 1e\+308; expected a number from/,
  ],
  ["a threshold that overflows", stumps(stump({ threshold: "-1e300" })), /threshold of stump 1 is -1e\+300/],
  [
    "weights that cancel",
    stumps(stump({}), stump({ abweight: "-1.0" })),
    /abweights of all stumps add up to 0/,
  ],
  ["a pose that there is not", stumps(stump({ poseIdx: "7260" })), /poseIdx of stump 1 is 7260/],
  ["a negative pose", stumps(stump({ poseIdx: "-1" })), /poseIdx of stump 1 is -1/],
  [
    "a column that there is not",
    stumps(stump({ column: "17" })),
    /column of stump 1 is 17; expected at most 16/,
  ],
  [
    "a scaling that overflows",
    `${stumps(stump({}))} plattScaling = { A = 1e200; B = 0.0; };`,
    /A of plattScaling is 1e\+200/,
  ],
];

for (const [name, text, message] of STUMPS) {
  Deno.test(`readStumpFile() rejects a file with ${name}`, () =>
    inTempFolder(async (folder) => {
      Deno.writeTextFileSync(`${folder}/m.cfg`, text);
      await rejected(() => readStumpFile(`${folder}/m.cfg`, { anisotropy: 1, columns: 17 }), message);
    }));
}

Deno.test("readStumpFile() reads no more than 64 MiB, and no devices", () =>
  inTempFolder(async (folder) => {
    Deno.writeTextFileSync(`${folder}/m.cfg`, "");
    Deno.truncateSync(`${folder}/m.cfg`, 2 ** 40);
    await rejected(() => readStumpFile(`${folder}/m.cfg`, { anisotropy: 1 }), /longer than 64 MiB/);
    await rejected(() => readStumpFile("/dev/zero", { anisotropy: 1 }), /not a regular file|denied/);
  }));
