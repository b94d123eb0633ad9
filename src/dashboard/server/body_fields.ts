/** What routes are told, checked. */
import { UserError } from "../../user_error.ts";
import type { Zyx } from "../../volume/region.ts";

export const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** @throws {UserError} where a body is no object, or has other fields */
export function fieldsOf<Name extends string>(
  body: unknown,
  names: readonly Name[],
): Partial<Record<Name, unknown>> {
  const isObject = typeof body === "object" && body !== null && !Array.isArray(body);
  const strange = isObject
    ? Object.keys(body).find((name) => !names.some((known) => known === name))
    : undefined;
  if (isObject && strange === undefined) return body;
  const expected = names.length === 0 ? "an empty JSON object" : `a JSON object with ${names.join(", ")}`;
  throw new UserError(
    `expected ${expected}${strange === undefined ? "" : `, not ${JSON.stringify(strange)}`}`,
  );
}

/** @throws {UserError} where a value is no text */
export function textOf(name: string, value: unknown): string {
  if (typeof value === "string") return value;
  throw new UserError(`${name}: expected a text`);
}

/** Three whole numbers. */
export function isTriple(value: unknown): value is Zyx {
  return Array.isArray(value) && value.length === 3 && value.every((n) => isWhole(n));
}

/** A voxel of a volume. */
export function isPlace(value: unknown, shape: Zyx): value is Zyx {
  return isTriple(value) && value.every((at, axis) => at < (shape[axis] ?? 0));
}

/** A whole number from 0. */
export function isWhole(value: unknown, most = 2 ** 31 - 1): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= most;
}

/** The number of a test volume in a path. @throws {UserError} where it is none */
export function volumeOf(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new UserError(`the test volume is ${JSON.stringify(text.slice(0, 40))}; expected its number, from 0`);
}
