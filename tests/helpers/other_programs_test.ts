/** Tests that need other programs ask whether these work, not whether there is a file of their name. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { pythonWith, works } from "./other_programs.ts";
import { inTempFolder } from "./temp_folder.ts";

const python = pythonWith("numpy");

Deno.test("works() tells programs that end well from those that do not, are missing or cannot run", () =>
  inTempFolder((folder) => {
    assert.equal(works(Deno.execPath(), "--version"), true);
    assert.equal(works(Deno.execPath(), "no-such-command-of-deno.ts"), false);
    assert.equal(works(`${folder}/missing`), false);
    Deno.writeTextFileSync(`${folder}/no-program`, "text", { mode: 0o644 });
    assert.equal(works(`${folder}/no-program`), false);
    assert.equal(pythonWith("no_such_module_of_anyone"), undefined);
    return Promise.resolve();
  }));

Deno.test({
  name: "inputs_write.py leaves out the forms of programs that are there and do not work, and no others",
  ignore: python === undefined,
  fn: () =>
    inTempFolder(async (folder) => {
      Deno.mkdirSync(`${folder}/bin`);
      Deno.mkdirSync(`${folder}/out`);
      // Another program of that name, and one that is broken.
      Deno.writeTextFileSync(`${folder}/bin/convert`, "#!/bin/sh\necho other\n", { mode: 0o755 });
      Deno.writeTextFileSync(`${folder}/bin/teem-unu`, "#!/bin/sh\nexit 127\n", { mode: 0o755 });
      // A module that is there and fails when it is loaded.
      Deno.writeTextFileSync(`${folder}/bin/tifffile.py`, "raise RuntimeError('numpy of another version')\n");
      const { success, stdout, stderr } = await new Deno.Command(python ?? "", {
        args: [fileURLToPath(new URL("inputs_write.py", import.meta.url)), `${folder}/out`],
        env: { PATH: `${folder}/bin:/usr/bin:/bin`, PYTHONPATH: `${folder}/bin` },
      }).output();
      assert.ok(success, new TextDecoder().decode(stderr));
      const { forms, missing } = JSON.parse(new TextDecoder().decode(stdout)) as {
        forms: { form: string }[];
        missing: string[];
      };
      for (const name of ["imagemagick", "teem-apps", "python3-tifffile"]) {
        assert.ok(missing.includes(name), `${missing}`);
      }
      assert.ok(forms.every(({ form }) => !/ImageMagick|teem|PNG/.test(form)));
      if (pythonWith("h5py") !== undefined) assert.ok(forms.some(({ form }) => form.startsWith("HDF5")));
    }),
});
