"""What the doctor finds: troubles, each written down once with its cure and where to click."""

import dataclasses
import enum


class Level(enum.StrEnum):
    """How bad it is; the words are what the screen shows."""

    OK = "ok"
    SKIPPED = "skipped"  # cannot be looked at before something else is mended
    WARNING = "warning"
    BROKEN = "broken"

    @property
    def weight(self) -> int:
        return list(Level).index(self)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """
    One thing that was found: what it is, what to do, and where to click.

    `name` is that of the trouble, by which the documentation tells more; empty for what is
    well. `check` is filled in by whoever runs the checks.
    """

    level: Level
    check: str = ""
    what: str
    cure: str = ""
    where: str = ""
    name: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """
    One kind of trouble that an org or its set-up may be in.

    `means` says what goes wrong because of it. `cure` and `where` may have names in braces,
    which each finding fills.
    """

    name: str
    level: Level
    means: str
    cure: str
    where: str = ""

    def milder(self) -> "Trouble":
        """The same as a warning: it may go wrong and need not."""
        return dataclasses.replace(self, level=Level.WARNING)

    def found(self, what: str, **names: str) -> Finding:
        return Finding(
            level=self.level,
            what=what,
            cure=self.cure.format_map(names),
            where=self.where.format_map(names),
            name=self.name,
        )


def fine(what: str) -> Finding:
    """Nothing to do, and what was seen."""
    return Finding(level=Level.OK, what=what)
