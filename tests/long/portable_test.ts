import assert from "node:assert/strict";
import { ROOT } from "../helpers/project.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

/** Files are started and the network is asked for in a process of its own, which alone has the permission. */
Deno.test({
  name:
    "the portable file, alone in an empty folder, unpacks once, runs, serves and finds the demo's synapses",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    inTempFolder(async (folder) => {
      const allowed = ["--allow-read", "--allow-write", "--allow-run", "--allow-net=127.0.0.1"];
      const args = ["run", "--no-check", ...allowed, `${ROOT}tests/portable/portable_play.ts`, folder];
      const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
      const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
      assert.equal(code, 0, `${text(stdout)}\n${text(stderr)}`);
      const { isIsolated } = JSON.parse(text(stdout)) as { readonly isIsolated: boolean };
      if (!isIsolated) {
        await Deno.stderr.write(
          new TextEncoder().encode("portable: unshare --net may not be used; the network was there\n"),
        );
      }
    }),
});
