/** What the command line chooses of memory and threads, and says of them. */
import assert from "node:assert/strict";
import { SLURM_VARIABLES } from "../../src/engine/machine.ts";
import { finish } from "../helpers/cli_process.ts";
import { CLI } from "../helpers/project.ts";
import { writeTiny } from "../helpers/run_tiny.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

const SYS = "--allow-sys=systemMemoryInfo";
const ENV = `--allow-env=${SLURM_VARIABLES.join(",")}`;

Deno.test("ccboost run says in one line what memory and threads it chose, and warns of more than there is", () =>
  inTempFolder(async (folder) => {
    await writeTiny(folder);
    const plan = async (
      permissions: readonly string[],
      flags: readonly string[],
      env: Record<string, string> = {},
    ) => {
      const allowed = ["--no-prompt", "--no-check", "--allow-read", "--allow-write", ...permissions];
      const { code, out, err } = await finish(
        new Deno.Command(Deno.execPath(), {
          args: ["run", ...allowed, CLI, "run", `${folder}/job.cfg`, "--dry-run", ...flags],
          env,
          stdout: "piped",
          stderr: "piped",
        }).spawn(),
      );
      assert.equal(code, 0, err);
      return out + err;
    };
    assert.match(
      await plan([], []),
      /memory: 2 GiB, since how much there is may not be asked .*; threads: \d+, /,
    );
    assert.match(await plan([SYS], []), /memory: [\d.]+ .iB, (half of the machine's|90 % of the) [\d.]+ .iB/);
    const slurm = { SLURM_MEM_PER_CPU: "400", SLURM_CPUS_PER_TASK: "1" };
    assert.match(
      await plan([ENV], [], slurm),
      /memory: 360 MiB, 90 % of the 400 MiB that Slurm gives; threads: 1, /,
    );
    assert.match(await plan([], [], slurm), /memory: 2 GiB, since/, "variables that may not be read");
    const named = await plan([SYS], ["--memory", "900TiB", "--workers", "2"]);
    assert.match(named, /warning: --memory: 900 TiB of memory are more than the [\d.]+ .iB (that|to which)/);
    assert.doesNotMatch(named, /threads: /);
  }));
