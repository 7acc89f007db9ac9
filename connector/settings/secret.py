"""A secret: usable, but never shown by accident."""

import dataclasses
import stat


@dataclasses.dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """A text that no log, traceback or page shows; `value` is the only way to it."""

    value: str = ""
    shown: str = "***"

    def __repr__(self) -> str:
        return self.shown if self.value else ""

    def is_hidden(self) -> bool:
        """Whether it shows something else than what it is."""
        return self.shown != self.value

    def __bool__(self) -> bool:
        return bool(self.value)


def exposure(mode: int, *, read_only: bool) -> tuple[str, str]:
    """
    What is wrong with a secret file of this mode: a problem and a warning, both may be empty.

    Kubernetes and Compose mount secrets read-only with a mode that the operator may not be
    able to change; anywhere else a file that others can read has told its secret already.
    """
    if not mode & (stat.S_IRWXG | stat.S_IRWXO):
        return "", ""
    said = f"other users can read it (mode {stat.S_IMODE(mode):04o})"
    return ("", said) if read_only else (f"{said}: chmod 600 it", "")
