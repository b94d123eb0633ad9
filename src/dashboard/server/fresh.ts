/** The headers of an answer that is another the next time. */
export const FRESH = { "cache-control": "no-store" };
