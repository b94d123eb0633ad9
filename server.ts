/** The dashboard alone: `deno task serve <work folder>`, the same as `ccboost serve`. */
import { main } from "./src/commands/main.ts";

if (import.meta.main) Deno.exit(await main(["serve", ...Deno.args]));
