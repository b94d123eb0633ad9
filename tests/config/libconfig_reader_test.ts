import assert from "node:assert/strict";
import {
  type ConfigGroup,
  type ConfigValue,
  formatPosition,
  parseLibconfig,
  parseLibconfigValue,
} from "../../src/config/libconfig.ts";
import { UserError } from "../../src/user_error.ts";

type Plain = string | number | boolean | Plain[] | { [key: string]: Plain };

function plain(value: ConfigValue): Plain {
  switch (value.type) {
    case "array":
    case "list":
      return value.elements.map(plain);
    case "group":
      return Object.fromEntries(
        Array.from(value.settings, ([name, setting]) => [name, plain(setting.value)]),
      );
    default:
      return value.value;
  }
}

const parse = (text: string): ConfigGroup => parseLibconfig(text, { file: "a.cfg" });
const read = (text: string): Plain => plain(parse(text));
const value = (text: string): Plain => plain(parseLibconfigValue(text, { file: "v" }));

function failure(text: string, readText?: (path: string) => string): string {
  try {
    parseLibconfig(text, { file: "dir/a.cfg", ...(readText && { readText }) });
  } catch (error) {
    assert(error instanceof UserError, `not a UserError: ${error}`);
    return error.message;
  }
  return assert.fail(`no error for ${text.slice(0, 100)}`);
}

Deno.test("parseLibconfig() takes = and :, and ; , or nothing after a setting", () => {
  assert.deepEqual(read('a=1;b:2,c = 3 d : "x" e={};f:(),g=[]'), {
    a: 1,
    b: 2,
    c: 3,
    d: "x",
    e: {},
    f: [],
    g: [],
  });
});

Deno.test("parseLibconfig() skips all three kinds of comments, a byte order mark and CRLF", () => {
  assert.deepEqual(read("\uFEFF# one\r\na = 1; // two ; b = 2\r\n/* c = 3;\n * */ d = 4 /**/ # end"), {
    a: 1,
    d: 4,
  });
  assert.deepEqual(read(""), {});
  assert.deepEqual(read('s = "# // /* no comment */";'), { s: "# // /* no comment */" });
});

Deno.test("parseLibconfig() reads names with dashes, stars and underscores, and names that begin like booleans", () => {
  assert.deepEqual(read("a-b_c = 1; *x* = 2; truest = 3; p__proto__ = 4"), {
    "a-b_c": 1,
    "*x*": 2,
    truest: 3,
    p__proto__: 4,
  });
});

Deno.test("parseLibconfig() reads every notation of integers, floats and booleans", () => {
  assert.equal(value("12"), 12);
  assert.equal(value("-7L"), -7);
  assert.equal(value("+7LL"), 7);
  assert.equal(value("0x1fF"), 511);
  assert.equal(value("0XffL"), 255);
  assert.equal(value("0b101"), 5);
  assert.equal(value("0o17"), 15);
  assert.equal(value("0q17"), 15);
  assert.equal(value("010"), 10);
  assert.equal(Object.is(value("-0"), 0), true);
  assert.equal(value("9007199254740991"), Number.MAX_SAFE_INTEGER);
  for (
    const [text, number] of [["1.5", 1.5], ["-.5", -0.5], ["5.", 5], ["1e3", 1000], [
      "+2.5E-1",
      0.25,
    ]] as const
  ) {
    const float = parseLibconfigValue(text, { file: "v" });
    assert.equal(float.type, "float", text);
    assert.equal(plain(float), number);
  }
  assert.deepEqual(value("[true, FALSE, TrUe]"), [true, false, true]);
});

Deno.test("parseLibconfig() rejects what is no number, and numbers out of range, at their place", () => {
  assert.match(failure("a = 12b;"), /^dir\/a\.cfg:1:5: "12b" is not a number/);
  assert.match(failure("a = 1.2.3;"), /1:5: "1\.2\.3" is not a number/);
  assert.match(failure("a = .;"), /"\." is not a number/);
  assert.match(failure("a = 0xg;"), /"0xg" is not a number/);
  assert.match(failure("a = 9007199254740992;"), /1:5: 9007199254740992 is too large/);
  assert.match(failure("a = 1e999;"), /1e999 is too large/);
});

Deno.test("parseLibconfig() decodes escapes, joins adjacent strings and keeps line breaks in strings", () => {
  assert.equal(value(String.raw`"a\n\r\t\f\\\"b"`), 'a\n\r\t\f\\"b');
  assert.equal(value(String.raw`"\x41\x4a"`), "AJ");
  assert.equal(value(String.raw`"\xc3\xa9\xe2\x82\xac"`), "é€");
  assert.equal(value(String.raw`"\\x41"`), "\\x41");
  assert.equal(value(String.raw`"C:\dir\Name"`), "C:\\dir\\Name");
  assert.equal(value('"a" /* between */ "b"\n"c"'), "abc");
  assert.deepEqual(read('a = "x" "y" b = 1'), { a: "xy", b: 1 });
  assert.deepEqual(read('a = ["x" "y", "z"]'), { a: ["xy", "z"] });
  assert.equal(value('"line\nbreak"'), "line\nbreak");
  assert.match(failure(String.raw`a = "\xff";`), /1:5: the bytes \\xff in this string are not UTF-8/);
});

Deno.test("parseLibconfig() reads nested containers and tolerates trailing commas", () => {
  assert.deepEqual(read('a = ( { b = [1, 2,]; }, (3, "x", [true]), {c:{},}, )'), {
    a: [{ b: [1, 2] }, [3, "x", [true]], { c: {} }],
  });
});

Deno.test("parseLibconfig() lets an array hold scalars of one type only, integers and floats mixing", () => {
  assert.deepEqual(read("a = [1, 2.5]"), { a: [1, 2.5] });
  assert.match(failure('a = [1, "x"]'), /1:9: found "x" in an array \[ \] of numbers/);
  assert.match(failure("a = [ { } ]"), /1:7: found a group \{ \} in an array.*write a list \( \)/);
});

Deno.test("parseLibconfig() names both places when a key is set twice in one group", () => {
  assert.match(
    failure("a = 1;\ng = { a = 1; };\n  a = 2;"),
    /^dir\/a\.cfg:3:3: a is set twice, first at dir\/a\.cfg:1:1;/,
  );
  assert.match(failure("g = { b = 1; b = 2; }"), /1:14: b is set twice/);
});

Deno.test("parseLibconfig() names line and column of every departure from the syntax", () => {
  const cases: readonly [string, RegExp][] = [
    ["a 1", /:1:3: found 1, expected = after a$/],
    ["a =", /:1:4: found the end of the text, expected a value$/],
    ["a = b", /:1:5: found b where a value should be; put text in double quotes$/],
    ["= 1", /:1:1: found "=", expected a setting's name$/],
    ["a = 1;\n  }", /:2:3: found "}", expected a setting's name$/],
    ["a = {\n b = 1;\n", /:3:1: the text ends inside the \{ of dir\/a\.cfg:1:5; add \}$/],
    ["a = (1, 2", /the text ends inside the \( of dir\/a\.cfg:1:5; add \)$/],
    ["a = [1", /the text ends inside the \[ of .*; add \]$/],
    ["a = [", /the text ends inside the \[/],
    ["a = (1 2)", /:1:8: found 2, expected , or \)$/],
    ["a = (1;2)", /:1:7: found ";", expected , or \)$/],
    ["a = (,)", /:1:6: found ",", expected a value$/],
    ["a = {1}", /:1:6: found 1, expected a setting's name or }$/],
    ['a = "x\ny', /:1:5: the string that begins here has no end/],
    ['a = "x\\"', /:1:5: the string that begins here has no end/],
    ["a = 1;\n\n /* b", /:3:2: the comment that begins here has no end/],
    ["a = $x", /:1:5: "\$" is not part of the libconfig syntax/],
    ["a = 😀", /:1:5: "😀" is not part/],
    ["a = 1;;", /:1:7: found ";", expected a setting's name$/],
    ["@import x", /:1:1: "@" begins no known directive/],
  ];
  for (const [text, expected] of cases) assert.match(failure(text), expected);
});

Deno.test("parseLibconfig() keeps the place of every name and value", () => {
  const root = parse('/* x\n */ a = 1;\n\tgroup : {\n  list = ( 1,\n "s" );\n};');
  const group = root.settings.get("group");
  assert.equal(formatPosition(root.settings.get("a")?.value.position), "a.cfg:2:9");
  assert.equal(formatPosition(group?.position), "a.cfg:3:2");
  assert(group?.value.type === "group");
  const list = group.value.settings.get("list")?.value;
  assert(list?.type === "list");
  assert.deepEqual(list.elements.map((element) => formatPosition(element.position)), [
    "a.cfg:4:12",
    "a.cfg:5:2",
  ]);
});

Deno.test("parseLibconfig() reads 100 containers inside one another and rejects 101, however deep the text", () => {
  const nested = (depth: number) => `a = ${"(".repeat(depth)}${")".repeat(depth)};`;
  assert.equal(parse(nested(100)).settings.size, 1);
  assert.match(failure(nested(101)), /:1:105: groups, arrays and lists are nested deeper than 100/);
  assert.match(failure("a = " + "(".repeat(1_000_000)), /nested deeper than 100/);
  assert.match(failure("a = { ".repeat(1_000_000)), /nested deeper than 100/);
});

Deno.test("parseLibconfig() reads long strings and long lists without exhausting the stack", () => {
  const long = "\\n".repeat(500_000);
  assert.equal(String(value(`"${long}"`)).length, 500_000);
  const list = value(`(${"1,".repeat(100_000)})`);
  assert(Array.isArray(list) && list.length === 100_000);
});

function reader(files: Record<string, string>): (path: string) => string {
  return (path) => {
    const text = files[path];
    if (text === undefined) throw new UserError(`${path}: there is no such file`);
    return text;
  };
}

Deno.test("@include reads files relative to the including file, also inside groups and more than once", () => {
  const readText = reader({
    "dir/sub/b.cfg": '@include "c.cfg"\nb = 2;',
    "dir/sub/c.cfg": "c = 3 // no line break",
  });
  const text =
    '@include "sub/b.cfg"\ng = {\n  @include "sub/c.cfg"\n}\nh = { @include "sub/../sub/c.cfg" }\n';
  const root = parseLibconfig(text, { file: "dir/a.cfg", readText });
  assert.deepEqual(plain(root), { c: 3, b: 2, g: { c: 3 }, h: { c: 3 } });
  assert.equal(formatPosition(root.settings.get("b")?.position), "dir/sub/b.cfg:2:1");
  assert.equal(formatPosition(root.settings.get("g")?.position), "dir/a.cfg:2:1");
});

Deno.test("@include reports circles, missing files, too deep nesting and errors inside the included file", () => {
  const circle = reader({ "dir/b.cfg": '\n @include "../dir/a.cfg"' });
  assert.match(
    failure('@include "b.cfg"', circle),
    /^dir\/b\.cfg:2:2: @include of dir\/a\.cfg runs in a circle/,
  );
  assert.match(
    failure('@include "none.cfg"', circle),
    /^dir\/a\.cfg:1:1: .*dir\/none\.cfg: there is no such file/,
  );
  assert.match(failure('@include ""', circle), /names no file/);
  assert.match(failure('@include "b.cfg"'), /@include is not possible here/);
  const chain = (last: number) => (path: string) => {
    const number = Number(/\d+/.exec(path)?.[0]);
    return number < last ? `@include "${number + 1}.cfg"` : `n = ${number};`;
  };
  assert.deepEqual(plain(parseLibconfig('@include "1.cfg"', { file: "a.cfg", readText: chain(10) })), {
    n: 10,
  });
  assert.match(failure('@include "1.cfg"', chain(11)), /^dir\/10\.cfg:1:1: .*nested deeper than 10 files/);
  assert.match(failure('@include "e.cfg"', reader({ "dir/e.cfg": "a = 1;\n b = ;" })), /^dir\/e\.cfg:2:6: /);
});

Deno.test("parseLibconfigValue() takes exactly one value", () => {
  assert.deepEqual(value('{ a = (1, "b"); }'), { a: [1, "b"] });
  assert.throws(() => value("1 2"), /v:1:3: found 2, expected nothing more/);
  assert.throws(() => value(""), /expected a value/);
});
