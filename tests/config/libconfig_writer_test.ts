import assert from "node:assert/strict";
import fc from "fast-check";
import {
  arrayValue,
  booleanValue,
  type ConfigScalar,
  type ConfigValue,
  floatValue,
  formatLibconfig,
  groupValue,
  integerValue,
  listValue,
  parseLibconfig,
  stringValue,
} from "../../src/config/libconfig.ts";

/** The same value without places, as the constructors make it. */
function placeless(value: ConfigValue): ConfigValue {
  switch (value.type) {
    case "array":
      return arrayValue(value.elements.map((element) => placeless(element) as ConfigScalar));
    case "list":
      return listValue(value.elements.map(placeless));
    case "group":
      return groupValue(
        Object.fromEntries(Array.from(value.settings, ([name, s]) => [name, placeless(s.value)])),
      );
    default: {
      const { position: _, ...rest } = value;
      return rest;
    }
  }
}

const integer = fc.maxSafeInteger().map((n) => integerValue(n + 0));
const float = fc.double({ noNaN: true, noDefaultInfinity: true }).map(floatValue);
const boolean = fc.boolean().map(booleanValue);
const text = fc.string({ unit: "binary" }).map(stringValue);
const array = fc.oneof(
  ...[integer, float, boolean, text].map((item) => fc.array<ConfigScalar>(item).map(arrayValue)),
);
const name = fc.stringMatching(/^[A-Za-z*][-A-Za-z0-9_*]{0,8}$/).filter((n) => !/^(true|false)$/i.test(n));
const { value: anyValue } = fc.letrec<{ value: ConfigValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    integer,
    float,
    boolean,
    text,
    array,
    fc.array(tie("value"), { maxLength: 5 }).map(listValue),
    fc.dictionary(name, tie("value"), { maxKeys: 5, noNullPrototype: true }).map(groupValue),
  ),
}));

Deno.test("parseLibconfig() reads from formatLibconfig() the same values", () => {
  fc.assert(
    fc.property(fc.dictionary(name, anyValue, { maxKeys: 5 }).map(groupValue), (group) => {
      const written = formatLibconfig(group);
      assert.deepEqual(placeless(parseLibconfig(written, { file: "w" })), group);
    }),
    { numRuns: 500 },
  );
});

Deno.test("parseLibconfig() reads from formatLibconfig() the same float to the bit", () => {
  for (const value of [0, -0, 5, -3, 1e21, 1e-7, 5e-324, Number.MAX_VALUE, 0.1 + 0.2, 2 ** 53]) {
    const written = formatLibconfig(groupValue({ x: floatValue(value) }));
    assert.match(written, /[.e]/);
    const read = parseLibconfig(written, { file: "w" }).settings.get("x")?.value;
    assert(read?.type === "float" && Object.is(read.value, value), written);
  }
});

Deno.test("formatLibconfig() writes settings a line each, nested ones indented", () => {
  const group = groupValue({
    f: floatValue(5),
    left: undefined,
    s: stringValue('a"\\\n\u0001é'),
    g: groupValue({ i: integerValue(-1), e: groupValue({}) }),
    l: listValue([groupValue({ b: booleanValue(true) }), integerValue(2)]),
    a: arrayValue([integerValue(1), integerValue(2)]),
    n: listValue([]),
  });
  const lines = [
    "f = 5.0;",
    String.raw`s = "a\"\\\n\x01é";`,
    "g = {",
    "  i = -1;",
    "  e = { };",
    "};",
    "l = (",
    "  {",
    "    b = true;",
    "  },",
    "  2",
    ");",
    "a = [1, 2];",
    "n = ();",
  ];
  assert.equal(formatLibconfig(group), lines.map((line) => `${line}\n`).join(""));
});

Deno.test("formatLibconfig() throws RangeError for what libconfig cannot hold", () => {
  for (const value of [floatValue(NaN), floatValue(Infinity), integerValue(1.5), integerValue(2 ** 53)]) {
    assert.throws(() => formatLibconfig(groupValue({ x: value })), RangeError);
  }
  assert.throws(() => formatLibconfig(groupValue({ "1a": integerValue(1) })), RangeError);
});
