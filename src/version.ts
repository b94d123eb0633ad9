/** The version of the program. */
import project from "../deno.json" with { type: "json" };

/** As in `deno.json`, for example `0.1.0`. */
export const version: string = project.version;
