/** One part in a process of its own: takes its name and a setting as JSON, prints its measurements as JSON. */
import type { Setting } from "./part.ts";
import { partOf } from "./parts.ts";

if (import.meta.main) {
  const [name = "", setting = ""] = Deno.args;
  const measurements = await partOf(name).run(JSON.parse(setting) as Setting);
  await Deno.stdout.write(new TextEncoder().encode(JSON.stringify(measurements)));
}
