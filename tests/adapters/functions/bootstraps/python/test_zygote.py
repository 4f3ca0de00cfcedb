"""The zygote from inside: what its children inherit, and what not."""

import asyncio
import json
import os
import socket
import subprocess
import sys

from adapters.functions.laboratory import Lab

WITHOUT_ROOM = """
import encodings.ascii, os, resource, socket, sys
from routekey.adapters.functions.bootstraps.python.zygote import Zygote
control = socket.socket(fileno=int(sys.argv[1]))
if os.geteuid() == 0:
    os.setuid(65534)  # root may have as many processes as it likes
resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
Zygote(control).serve()
"""


async def test_a_child_has_no_descriptor_but_its_own(lab: Lab) -> None:
    source = """
    import os
    def handler(event, context):
        return sorted(os.readlink(f"/proc/self/fd/{fd}").partition(":")[0]
                      for fd in os.listdir("/proc/self/fd")
                      if os.path.exists(f"/proc/self/fd/{fd}"))
    """
    await lab.serve(lab.python(source), lab.python(source, "g"))
    await lab.call()
    names = await lab.call(function="g")
    assert names.count("socket") == 1
    assert names.count("pipe") == 2
    assert names.count("/dev/null") == 1


async def test_a_child_leads_a_session_of_its_own(lab: Lab) -> None:
    source = "import os\ndef handler(e, c): return os.getsid(0) == os.getpgid(0) == os.getpid()"
    await lab.serve(lab.python(source))
    assert await lab.call() is True


async def test_many_processes_start_at_once(lab: Lab) -> None:
    source = "import os, time\ndef handler(e, c):\n    time.sleep(e)\n    return os.getpid()"
    await lab.serve(lab.python(source))
    pids = await asyncio.gather(*(lab.call(0.2) for _ in range(20)))
    assert len(set(pids)) > 1


async def test_a_child_of_a_function_does_not_outlive_the_reset(lab: Lab) -> None:
    source = """
    import os, subprocess
    def handler(event, context):
        if event:
            child = subprocess.Popen(["sleep", "600"])
            print(child.pid)
            os._exit(0)
        return "fine"
    """
    await lab.serve(lab.python(source))
    await lab.fail(1)
    assert await lab.call(0) == "fine"
    [pid] = lab.output()
    assert pid.isdigit()


def test_a_machine_without_room_for_a_process_ends_nobody() -> None:
    """The others of the zygote would go with it."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    start = {"start": 7, "cwd": "/", "env": {}, "argv": ["/bin/true"], "data_bytes_max": None}
    message = json.dumps({**start, "memory_group": None, "function": None}).encode()
    reading, writing = os.pipe()
    command = [sys.executable, "-c", WITHOUT_ROOM, str(theirs.fileno())]
    with (
        subprocess.Popen(command, pass_fds=[theirs.fileno()]) as zygote,
        ours,
        os.fdopen(reading) as output,
    ):
        theirs.close()
        told = [json.loads(ours.recv(4096))]
        for _ in range(2):
            socket.send_fds(ours, [message], [writing])
            told.append(json.loads(ours.recv(4096)))
        os.close(writing)
        assert told == [{"ready": True}, *[{"id": 7, "exit": 127}] * 2]
        assert output.read().count("cannot start a process: [Errno 11]") == 2
        ours.close()
        assert zygote.wait(60) == 0
