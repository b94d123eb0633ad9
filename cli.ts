/** The command line: `deno run --allow-read --allow-write cli.ts help`. */
import { main } from "./src/commands/main.ts";

if (import.meta.main) Deno.exit(await main(Deno.args));
