import assert from "node:assert/strict";
import { type ConfigGroup, formatLibconfig, parseLibconfig } from "../../src/config/libconfig.ts";
import { applyOverride } from "../../src/config/settings_overrides.ts";

const parse = (text: string): ConfigGroup => parseLibconfig(text, { file: "a.cfg" });
const after = (text: string, ...overrides: string[]): string =>
  formatLibconfig(overrides.reduce(applyOverride, parse(text))).replace(/\s+/g, " ").trim();

Deno.test("applyOverride() sets keys in groups, and elements of lists and arrays by dot or bracket", () => {
  assert.equal(after("a = 1; b = 2;", "a=3"), "a = 3; b = 2;");
  assert.equal(after("g = { a = 1; b = 2; };", "g.a=3", "g.c=4"), "g = { a = 3; b = 2; c = 4; };");
  assert.equal(after("t = ( { r = 1; }, { r = 2; } );", "t.1.r=5"), "t = ( { r = 1; }, { r = 5; } );");
  assert.equal(after("t = ( { r = 1; }, { r = 2; } );", "t[0].r=5"), "t = ( { r = 5; }, { r = 2; } );");
  assert.equal(after("u = [1, 2];", "u[1]=3", "u[2]=4"), "u = (1, 3, 4);");
});

Deno.test("applyOverride() makes the groups and lists that are missing", () => {
  assert.equal(after("", "g.a=1", "t[0].r=2", "t[1].r=3"), "g = { a = 1; }; t = ( { r = 2; }, { r = 3; } );");
});

Deno.test("applyOverride() leaves the group it is given as it was", () => {
  const root = parse("g = { a = 1; };");
  applyOverride(root, "g.a=2");
  assert.equal(formatLibconfig(root), formatLibconfig(parse("g = { a = 1; };")));
});

Deno.test("applyOverride() reads libconfig values, and a bare word as a string", () => {
  const cases: readonly [string, string][] = [
    ["3", "3"],
    [" -2.5e3 ", "-2500.0"],
    ["0x10", "16"],
    ["TRUE", "true"],
    ['"3"', '"3"'],
    ["[1, 2]", "[1, 2]"],
    ["({ b = 1; })", "( { b = 1; } )"],
    ["volume.tif", '"volume.tif"'],
    ["/a b/c=d.tif", '"/a b/c=d.tif"'],
    ["1.2.tif", '"1.2.tif"'],
    ["true.tif", '"true.tif"'],
    ["", '""'],
  ];
  for (const [text, written] of cases) assert.equal(after("", `a=${text}`), `a = ${written};`);
});

Deno.test("applyOverride() names --set and the key when key or value cannot be understood", () => {
  const cases: readonly [string, RegExp][] = [
    ["foo", /^UserError: --set foo: expected key=value/],
    ["=3", /^UserError: --set : expected key=value/],
    ["a..b=3", /--set a\.\.b: expected key=value/],
    ["a[x]=3", /--set a\[x\]: expected/],
    ["[0]=3", /--set \[0\]: expected/],
    ["a=[1", /^UserError: --set a:1:3: the text ends inside/],
    ['a="x', /--set a:1:1: the string/],
    ["n.b=1", /--set n\.b: found 1 where a group with the key b should be/],
    ["g[0]=1", /--set g\[0\]: found a group \{ \} where a list with the index 0 should be/],
    ["l[2]=1", /--set l\[2\]: the list has 1 elements; the index may be at most 1/],
    ['a=[1] @include "x"', /--set a:1:5: @include is not possible here/],
  ];
  for (const [override, expected] of cases) {
    assert.throws(() => applyOverride(parse("n = 1; g = {}; l = (0);"), override), expected, override);
  }
});
