/** What OME-Zarr 0.5 demands of a multiscale image (ngff.openmicroscopy.org/0.5), checked demand by demand. */
import assert from "node:assert/strict";

type Json = Readonly<Record<string, unknown>>;

/** Metadata of a group and its arrays. */
export interface OmeZarrFiles {
  /** The `zarr.json` at a path below the group; "" is the group's own. */
  read(path: string): Json;
}

const SPACE_UNITS = ["angstrom", "nanometer", "micrometer", "millimeter", "meter"];
const INTEGERS = ["uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64"];

/** @throws AssertionError for the first demand that is not met */
export function checkOmeZarr(files: OmeZarrFiles): void {
  const group = files.read("");
  assert.deepEqual([group["zarr_format"], group["node_type"]], [3, "group"]);
  const ome = objectAt(objectAt(group, "attributes"), "ome");
  assert.equal(ome["version"], "0.5");
  const multiscales = listAt(ome, "multiscales");
  assert.ok(multiscales.length > 0);
  const arrays = multiscales.flatMap((multiscale) => checkMultiscale(files, multiscale));
  if (ome["omero"] !== undefined) checkOmero(objectAt(ome, "omero"), arrays);
  if (ome["image-label"] !== undefined) checkLabels(objectAt(ome, "image-label"), arrays);
}

function checkMultiscale(files: OmeZarrFiles, multiscale: Json): Json[] {
  const axes = listAt(multiscale, "axes");
  checkAxes(axes);
  // "SHOULD contain": what the strict schema asks for
  assert.equal(typeof multiscale["name"], "string");
  assert.equal(typeof multiscale["type"], "string");
  objectAt(multiscale, "metadata");
  const datasets = listAt(multiscale, "datasets");
  assert.ok(datasets.length > 0);
  let before: number[] | undefined;
  return datasets.map((dataset) => {
    const array = files.read(String(dataset["path"]));
    assert.deepEqual([array["zarr_format"], array["node_type"]], [3, "array"]);
    assert.deepEqual(array["dimension_names"], axes.map(({ name }) => name));
    const shape = numbersAt(array, "shape");
    assert.equal(shape.length, axes.length);
    // ordered from largest to smallest
    assert.ok(shape.every((length, axis) => length <= (before?.[axis] ?? Infinity)));
    before = shape;
    checkTransformations(listAt(dataset, "coordinateTransformations"), axes.length);
    return array;
  });
}

function checkAxes(axes: readonly Json[]): void {
  assert.ok(axes.length >= 2 && axes.length <= 5);
  const names = axes.map(({ name }) => name);
  assert.ok(names.every((name) => typeof name === "string"));
  assert.equal(new Set(names).size, names.length);
  const order = axes.map(({ type }) => type === "time" ? 0 : type === "space" ? 2 : 1);
  assert.deepEqual(order, order.toSorted((a, b) => a - b));
  const space = axes.filter(({ type }) => type === "space");
  assert.ok(space.length === 2 || space.length === 3);
  assert.ok(axes.filter(({ type }) => type !== "space" && type !== "time").length <= 1);
  assert.deepEqual(space.map(({ name }) => name), ["z", "y", "x"]);
  for (const { unit } of space) assert.ok(unit === undefined || SPACE_UNITS.includes(String(unit)));
}

function checkTransformations(transformations: readonly Json[], rank: number): void {
  const types = transformations.map(({ type }) => type);
  assert.ok(types.length === 1 || types.length === 2);
  assert.deepEqual(types, ["scale", "translation"].slice(0, types.length));
  for (const transformation of transformations) {
    const values = numbersAt(transformation, String(transformation["type"]));
    assert.equal(values.length, rank);
  }
}

function checkOmero(omero: Json, arrays: readonly Json[]): void {
  const channels = listAt(omero, "channels");
  for (const array of arrays) {
    const shape = numbersAt(array, "shape");
    assert.equal(channels.length, shape.length > 3 ? shape[0] : 1);
  }
  for (const channel of channels) {
    assert.match(String(channel["color"]), /^[0-9A-F]{6}$/);
    const window = objectAt(channel, "window");
    const [min, start, end, max] = ["min", "start", "end", "max"].map((key) => window[key]);
    for (const value of [min, start, end, max]) assert.ok(Number.isFinite(value));
    assert.ok(Number(min) <= Number(start) && Number(start) < Number(end));
    assert.ok(Number(end) <= Number(max) || min === max);
  }
}

function checkLabels(label: Json, arrays: readonly Json[]): void {
  assert.equal(label["version"], "0.5");
  for (const array of arrays) assert.ok(INTEGERS.includes(String(array["data_type"])));
  if (label["colors"] === undefined) return;
  for (const colour of listAt(label, "colors")) {
    assert.ok(Number.isInteger(colour["label-value"]));
    const rgba = numbersAt(colour, "rgba");
    assert.ok(rgba.length === 4 && rgba.every((part) => Number.isInteger(part) && part >= 0 && part <= 255));
  }
}

function objectAt(object: Json, key: string): Json {
  const value = object[key];
  assert.ok(typeof value === "object" && value !== null && !Array.isArray(value), `${key} is no object`);
  return value as Json;
}

function listAt(object: Json, key: string): Json[] {
  const value = object[key];
  assert.ok(Array.isArray(value) && value.every((item) => typeof item === "object"), `${key} is no list`);
  return value as Json[];
}

function numbersAt(object: Json, key: string): number[] {
  const value = object[key];
  assert.ok(
    Array.isArray(value) && value.every((item) => Number.isFinite(item)),
    `${key} is no list of numbers`,
  );
  return value as number[];
}
