"""Runs a command on a terminal of its own, and answers what Deno asks: on_terminal.py ANSWER COMMAND...

Prints what the command wrote, how often it was asked, and its exit code, as JSON. A line that begins with "open http"
ends it with Ctrl-C.
"""

import json
import os
import pty
import select
import sys
import time

answer, command = sys.argv[1], sys.argv[2:]
process, terminal = pty.fork()
if process == 0:
    os.execvp(command[0], command)
out, asked, is_stopped, end = b"", 0, False, time.time() + 240
while time.time() < end:
    if not select.select([terminal], [], [], 1)[0]:
        continue
    try:
        part = os.read(terminal, 65536)
    except OSError:  # the command has ended
        break
    if not part:
        break
    out += part
    if out.count(b"Allow?") > asked:
        asked += 1
        time.sleep(0.5)  # Deno drops what was typed before it asks
        os.write(terminal, answer.encode() + b"\n")
    if not is_stopped and b"\nopen http" in out:
        is_stopped = True
        os.write(terminal, b"\x03")
_, status = os.waitpid(process, 0)
print(json.dumps({"out": out.decode(errors="replace"), "asked": asked, "code": os.waitstatus_to_exitcode(status)}))
