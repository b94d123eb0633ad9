/** Generated volumes of tests. */
import { type Fixture, type FixtureOptions, generateFixture } from "../../fixtures/fixture.ts";

const made = new Map<string, Fixture>();

/** The volume of these options, which is generated once in a test file. What is returned is the caller's own. */
export function generated(options: FixtureOptions): Fixture {
  const key = JSON.stringify(options);
  const fixture = made.get(key) ?? generateFixture(options);
  made.set(key, fixture);
  return { ...fixture, raw: fixture.raw.slice(), labels: fixture.labels.slice() };
}
