/** Settings as the journal keeps them: libconfig text, read back without looking at the files that it names. */
import { parseChannelName } from "../../channels/mod.ts";
import { loadSettings, type Settings } from "../../config/settings.ts";
import { UserError } from "../../user_error.ts";
import type { Json } from "../../engine/mod.ts";

/** Reads the text; undefined where another version wrote what this one does not know. */
export async function settingsOfText(text: Json): Promise<Settings | undefined> {
  if (typeof text !== "string") return undefined;
  try {
    return await loadSettings("/journal", {
      isKnownChannel: (stem) => parseChannelName(stem) !== undefined,
      // What is computed has a name without extension; no file of that name is looked for.
      files: { readText: () => text, exists: (path) => /\.\w+$/.test(path) && !/-s\d[\w.-]*$/.test(path) },
    });
  } catch (cause) {
    if (cause instanceof UserError) return undefined;
    throw cause;
  }
}
