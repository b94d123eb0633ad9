import assert from "node:assert/strict";
import { shareInterval } from "../../src/analysis/share_interval.ts";

/** Chances of each count in a sample without replacement, by multiplying one draw after the other. */
function chances(of: number, marked: number, looked: number): number[] {
  let chance = [1];
  for (let drawn = 0; drawn < looked; drawn++) {
    const next = new Array<number>(drawn + 2).fill(0);
    for (const [have, p] of chance.entries()) {
      const left = marked - have, of_ = of - drawn;
      if (left > 0) next[have + 1] = (next[have + 1] ?? 0) + p * left / of_;
      if (of_ > left) next[have] = (next[have] ?? 0) + p * (of_ - left) / of_;
    }
    chance = next;
  }
  return chance;
}

Deno.test("shareInterval() holds the true share with a chance of 95 % or more, whatever that is", () => {
  for (const [of, looked] of [[640, 50], [100, 30], [60, 55], [12, 3]] as const) {
    const intervals = Array.from({ length: looked + 1 }, (_, have) => shareInterval({ of, looked, have }));
    for (let marked = 0; marked <= of; marked++) {
      const held = chances(of, marked, looked).reduce((sum, chance, have) => {
        const { from = 1, to = 0 } = intervals[have] ?? {};
        return sum + (from <= marked / of && marked / of <= to ? chance : 0);
      }, 0);
      assert.ok(held > 0.95 - 1e-9, `${marked} of ${of}, ${looked} looked at: ${held}`);
    }
  }
});

Deno.test("shareInterval() is as narrow as a chance of 95 % allows", () => {
  // Of all shares beyond an end, the nearest gives what was counted, or more, a chance of 2.5 % at most.
  const of = 640, looked = 50, have = 45;
  const { from, to } = shareInterval({ of, looked, have });
  const tail = (marked: number, isIn: (count: number) => boolean) =>
    chances(of, marked, looked).reduce((sum, chance, count) => sum + (isIn(count) ? chance : 0), 0);
  const [fewest, most] = [Math.round(from * of), Math.round(to * of)];
  assert.ok(tail(fewest, (count) => count >= have) > 0.025);
  assert.ok(tail(fewest - 1, (count) => count >= have) <= 0.025);
  assert.ok(tail(most, (count) => count <= have) > 0.025);
  assert.ok(tail(most + 1, (count) => count <= have) <= 0.025);
});

Deno.test("shareInterval() is the binomial one where few of many were looked at, and the share itself where all were", () => {
  // Clopper and Pearson for 45 of 50
  const { from, to } = shareInterval({ of: 1e7, looked: 50, have: 45 });
  assert.ok(Math.abs(from - 0.78186) < 1e-4 && Math.abs(to - 0.96672) < 1e-4, `${from} ${to}`);
  assert.deepEqual(shareInterval({ of: 640, looked: 640, have: 600 }), { from: 600 / 640, to: 600 / 640 });
  assert.deepEqual(shareInterval({ of: 640, looked: 0, have: 0 }), { from: 0, to: 1 });
  assert.deepEqual(shareInterval({ of: 0, looked: 0, have: 0 }), { from: 0, to: 1 });
});

Deno.test("shareInterval() takes what is unsure as either", () => {
  const sure = { of: 640, looked: 50 };
  const { from, to } = shareInterval({ ...sure, have: 44, unsure: 3 });
  assert.equal(from, shareInterval({ ...sure, have: 44 }).from);
  assert.equal(to, shareInterval({ ...sure, have: 47 }).to);
});
