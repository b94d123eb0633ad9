/** A helper that dies as soon as it is there. */
import { serveHelper } from "../../src/engine/mod.ts";

serveHelper(() => Promise.resolve());
setTimeout(() => {
  throw new RangeError("no room for a helper");
});
