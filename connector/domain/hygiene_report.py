"""What a quarter did to the numbers: how many were flagged, why, where, and cleared again."""

import collections
import dataclasses
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Self

from connector.domain.errors import ConfigurationError
from connector.domain.hygiene import Hygiene


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Quarter:
    """Three months in UTC, as 2026Q3."""

    year: int
    number: int

    @classmethod
    def of(cls, moment: datetime) -> Self:
        return cls(year=moment.year, number=(moment.month + 2) // 3)

    @classmethod
    def read(cls, text: str) -> Self:
        """Raises ConfigurationError for anything but such as 2026Q3."""
        found = re.fullmatch(r"([12]\d{3})-?[Qq]([1-4])", text)
        if found is None:
            raise ConfigurationError(f"{text!r} is no quarter such as 2026Q3")
        return cls(year=int(found[1]), number=int(found[2]))

    @property
    def before(self) -> "Quarter":
        if self.number == 1:
            return Quarter(year=self.year - 1, number=4)
        return Quarter(year=self.year, number=self.number - 1)

    @property
    def begins_at(self) -> datetime:
        return datetime(self.year, 3 * self.number - 2, 1, tzinfo=UTC)

    @property
    def ends_at(self) -> datetime:
        if self.number == 4:  # noqa: PLR2004 (a year has four)
            return datetime(self.year + 1, 1, 1, tzinfo=UTC)
        return datetime(self.year, 3 * self.number + 1, 1, tzinfo=UTC)

    def __contains__(self, moment: datetime) -> bool:
        return self.begins_at <= moment < self.ends_at

    def __str__(self) -> str:
        return f"{self.year}Q{self.number}"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One figure of a report: newly flagged by reason, say, and how many."""

    figure: str
    of: str
    count: int


class Census:
    """Counts numbers for the report of a quarter; it names none of them."""

    def __init__(self, quarter: Quarter, country: Callable[[str], str]) -> None:
        self._quarter = quarter
        self._country = country
        self._counts = collections.Counter[tuple[str, str]]()

    def add(self, numbers: Iterable[Hygiene]) -> None:
        for each in numbers:
            if each.needs_review:
                self._count("flagged", each)
            if each.since and each.since in self._quarter:
                self._count("newly flagged", each)
            if each.cleared_at and each.cleared_at in self._quarter:
                self._counts["cleared", ""] += 1

    def lines(self, texted: int) -> list[Line]:
        """`texted`: to how many numbers messages were sent in that quarter."""
        whole = ("flagged", "newly flagged", "cleared")
        counts = {
            **{(figure, ""): 0 for figure in whole},
            **self._counts,
            ("texted", ""): texted,
        }
        return [
            Line(figure=figure, of=of, count=count)
            for (figure, of), count in sorted(counts.items())
        ]

    def _count(self, figure: str, known: Hygiene) -> None:
        reason = known.reason.value if known.reason else "unknown"
        self._counts[figure, ""] += 1
        self._counts[f"{figure} by reason", reason] += 1
        self._counts[f"{figure} by country", self._country(known.phone) or "unknown"] += 1


def newly_flagged_share(lines: Iterable[Line]) -> float | None:
    """Of the numbers that were texted, in percent; None where none was."""
    counts = {line.figure: line.count for line in lines if not line.of}
    texted = counts.get("texted", 0)
    return 100 * counts.get("newly flagged", 0) / texted if texted else None
