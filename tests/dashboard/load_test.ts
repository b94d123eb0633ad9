/** What the dashboard must bear: idle connections and slow clients. */
import assert from "node:assert/strict";
import { appendLines, askerOf, withTestFolder } from "./folder.ts";
import { rawStatus, withServer } from "./listening.ts";

Deno.test("dashboard: 1000 idle connections are closed, and keep nobody out after that", () =>
  withTestFolder((folder) =>
    withServer(folder, { connections: 200, headersTime: 500 }, async (port) => {
      const idle = await Promise.all(
        Array.from({ length: 1000 }, () => Deno.connect({ hostname: "127.0.0.1", port })),
      );
      try {
        // Those over the limit are closed at once, the others when they have sent nothing for a while.
        const closed = idle.map(async (connection) => {
          try {
            for (const bytes = new Uint8Array(1024); await connection.read(bytes) !== null;);
          } catch (cause) {
            if (!(cause instanceof Deno.errors.ConnectionReset)) throw cause;
          }
        });
        await Promise.all(closed); // one that is kept open is waited for without end
        const { status } = await rawStatus(port, ["GET /api/run HTTP/1.1", `Host: 127.0.0.1:${port}`]);
        assert.equal(status, 200);
      } finally {
        for (const connection of idle) connection.close();
      }
    })
  ));

Deno.test("dashboard: a page that reads no events is dropped and costs no memory", () =>
  withTestFolder(async (folder) => {
    const ask = askerOf(folder);
    const silent = await ask("/api/events");
    const reader = silent.body?.getReader();
    assert.ok(reader);
    // Each snapshot reads what is new, and with it tells those who listen.
    for (let i = 0; i < 200; i++) {
      await appendLines(`${folder.work}/telemetry.jsonl`, [
        { kind: "say", at: i, level: "message", text: `line ${i}` },
      ]);
      await (await ask("/api/run")).body?.cancel();
    }
    let messages = 0;
    for (;;) {
      const { done } = await reader.read();
      if (done) break;
      messages++;
    }
    assert.ok(messages > 10 && messages < 100, `${messages} messages were kept`);
  }));
