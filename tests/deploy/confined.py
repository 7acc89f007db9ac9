"""
Runs a command as a container would: a user of its own without rights, nothing to write on.

With `unshare` and `setpriv` (util-linux): a mount namespace in which all is read-only but two
folders, a number for a user, no capabilities, and none to be had.
"""

import contextlib
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path


USER = 10001
_SCRIPT = """
# An interpreter below a folder that only root may enter is let be seen; nothing else there is.
case {python} in /root/*)
  mount --bind {python} /mnt
  mount -t tmpfs -o mode=0755 tmpfs /root
  mkdir -p {python}
  mount --bind /mnt {python}
  umount /mnt
esac
for each in {writable}; do mount --bind "$each" "$each"; done
mount -o remount,bind,ro /
exec setpriv --reuid {user} --regid {user} --clear-groups --no-new-privs \\
  --inh-caps=-all --bounding-set=-all {command}
"""


def command_line(words: Sequence[str], writable: Sequence[Path]) -> list[str]:
    script = _SCRIPT.format(
        python=shlex.quote(sys.base_prefix),
        writable=shlex.join(map(str, writable)),
        user=USER,
        command=shlex.join(words),
    )
    as_root = [] if os.geteuid() == 0 else ["sudo", "-n", "--preserve-env"]
    alone = ["unshare", "--mount", "--propagation", "private", "/bin/sh", "-euc", script]
    return [*as_root, *alone]


@contextlib.contextmanager
def running(
    words: Sequence[str], writable: Sequence[Path], environment: Mapping[str, str]
) -> Iterator[subprocess.Popen[str]]:
    """The process, from before its start to its end; killed if a test leaves it running."""
    process = subprocess.Popen(
        command_line(words, writable),
        env={"PATH": os.defpath, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()
