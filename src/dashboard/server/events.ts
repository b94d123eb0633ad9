/** Server-sent events: what is new of a run, to any number of pages. */
import type { RunChanges } from "../api.ts";
import type { Watch } from "./watch.ts";

/** Messages that wait for a client before it is dropped; it comes back by itself and is told what it missed. */
const MOST_WAITING = 64;
const HEARTBEAT = 15_000;

/** The stream of one page; `after` is the id of the last event that it has, or empty. */
export function eventStream(watch: Watch, after: string): Response {
  const encoder = new TextEncoder();
  let stop = () => {};
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      let isOpen = true;
      const send = (text: string) => {
        if (!isOpen) return;
        controller.enqueue(encoder.encode(text));
        if ((controller.desiredSize ?? 0) > 0) return;
        stop();
        controller.close();
      };
      const heartbeat = setInterval(() => send(": \n\n"), HEARTBEAT);
      let unlisten = () => {};
      stop = () => {
        isOpen = false;
        clearInterval(heartbeat);
        unlisten();
      };
      send("retry: 2000\n\n");
      unlisten = await watch.listen(after, (changes, id) => send(messagesOf(changes, id)));
      if (!isOpen) unlisten();
    },
    cancel: () => stop(),
  }, { highWaterMark: MOST_WAITING });
  return new Response(body, {
    headers: { "content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no" },
  });
}

const texts = new WeakMap<object, string>();

/** The text of changes, made once for all pages. Only the last message has the id: one that is cut off is sent again whole. */
function messagesOf(changes: Partial<RunChanges>, id: string): string {
  const known = texts.get(changes);
  if (known !== undefined) return known;
  const entries = Object.entries(changes);
  const text = entries.map(([name, data], place) => {
    const head = place === entries.length - 1 ? `id: ${id}\n` : "";
    return `${head}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
  }).join("");
  texts.set(changes, text);
  return text;
}
