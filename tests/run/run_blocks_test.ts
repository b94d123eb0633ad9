import assert from "node:assert/strict";
import { UserError } from "../../src/user_error.ts";
import { TaskError } from "../../src/engine/mod.ts";
import { explainMemory } from "../../src/run/run_blocks.ts";

Deno.test("explainMemory() says what to change where a block ran out of memory, and leaves other failures alone", () => {
  for (
    const cause of [
      "WebAssembly.Memory.grow(): Maximum memory size exceeded",
      "Array buffer allocation failed",
    ]
  ) {
    const failed = new TaskError(
      `score 0, block [0, 0, 0] + [64, 64, 64] failed 3 times, at last with: ${cause}`,
    );
    const explained = explainMemory(failed);
    assert.ok(explained instanceof UserError);
    assert.match(
      explained.message,
      /^score 0, block .* failed 3 times.*; run it again with a smaller --memory or fewer/,
    );
    assert.equal(explained.cause, failed);
  }
  const other = new TaskError("score 0, block [0, 0, 0] failed 3 times, at last with: bad voxel");
  assert.equal(explainMemory(other), other);
  const user = new UserError("no memory for this");
  assert.equal(explainMemory(user), user);
});
