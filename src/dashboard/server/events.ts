/** Server-sent events: what is new of a run or a labelling project, to any number of pages. */

/** Messages that wait for a client before it is dropped; it comes back by itself and is told what it missed. */
const MOST_WAITING = 64;
const HEARTBEAT = 15_000;

/** What tells news: data by the names of their events. */
export interface NewsSource {
  /** As of `Watch`. */
  listen(after: string, listener: (news: object, id: string) => void): Promise<() => void>;
}

/** The stream of one page; `after` is the id of the last event that it has, or empty. */
export function eventStream(source: NewsSource, after: string): Response {
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
      unlisten = await source.listen(after, (news, id) => send(messagesOf(news, id)));
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
function messagesOf(news: object, id: string): string {
  const known = texts.get(news);
  if (known !== undefined) return known;
  const entries = Object.entries(news);
  const text = entries.map(([name, data], place) => {
    const head = place === entries.length - 1 ? `id: ${id}\n` : "";
    return `${head}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
  }).join("");
  texts.set(news, text);
  return text;
}
