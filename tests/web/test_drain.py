"""The door is shut before it is closed: whoever is on the way in gets in, nobody after."""

import subprocess
import sys

import pytest


#: In a process of its own: all doors of a process are shut.
PLAY = """
import socket
from connector.web.drain import shut_doors

with socket.create_server(("127.0.0.1", 0)) as door:
    early = socket.create_connection(door.getsockname())
    early.sendall(b"whole")
    shut_doors()
    try:
        socket.create_connection(door.getsockname(), timeout=0.2)
    except TimeoutError:
        print("nobody after")
    inside, _ = door.accept()
    print(inside.recv(5).decode())
    inside.sendall(b"answer")
    print(early.recv(6).decode())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has such filters")
def test_who_came_before_is_let_in_and_who_comes_after_finds_nobody():
    told = subprocess.run(
        [sys.executable, "-c", PLAY], capture_output=True, text=True, check=True, timeout=60
    )

    assert told.stdout.split("\n") == ["nobody after", "whole", "answer", ""]
