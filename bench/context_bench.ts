/** Stumps and context features for `deno bench --allow-read --allow-write`. */
import { contextCases } from "./context.ts";
import { NORMAL } from "./sizes.ts";

const folder = await Deno.makeTempDir({ prefix: "ccboost-bench-" });
try {
  const setting = { sizes: NORMAL, repeat: 1, folder, memory: 2 ** 31, reference: "" };
  for (const kind of ["isotropic", "anisotropic"] as const) {
    for (const { name, amount, unit, run } of await contextCases(setting, kind)) {
      Deno.bench(`${name} (${amount} ${unit.split("/")[0]})`, { group: name.split(" ")[0] ?? name }, run);
    }
  }
} finally {
  await Deno.remove(folder, { recursive: true }); // the data are in memory by now
}
