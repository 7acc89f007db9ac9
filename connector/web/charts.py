"""Charts as shapes with their places worked out, for a template to draw as SVG."""

import dataclasses
import math
from collections.abc import Mapping, Sequence


WIDTH, HEIGHT = 720, 220
#: Room for the labels at the left, below and above; the last one stands out at the right.
LEFT, RIGHT, BELOW, ABOVE = 56, 32, 24, 8
#: As many labels below fit side by side.
MOST_LABELS = 7
LINES = 4


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """What stands above one label: amounts by the name of the part, the lowest first."""

    label: str
    parts: Mapping[str, int]

    @property
    def total(self) -> int:
        return sum(self.parts.values())

    @property
    def words(self) -> str:
        """What a pointer over it is told."""
        told = ", ".join(f"{amount:,} {name}" for name, amount in self.parts.items())
        return f"{self.label}: {told}"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One part of one column."""

    x: float
    y: float
    width: float
    height: float
    part: str
    words: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A label at its place."""

    x: float
    y: float
    text: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Columns of blocks over a scale."""

    blocks: Sequence[Block]
    scale: Sequence[Mark]
    labels: Sequence[Mark]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT


def chart(columns: Sequence[Column]) -> Chart:
    """Stacked columns, as wide as the chart allows."""
    top = scale_top(max((column.total for column in columns), default=0))
    room, high = WIDTH - LEFT - RIGHT, HEIGHT - BELOW - ABOVE
    step = room / max(len(columns), 1)
    blocks: list[Block] = []
    for number, column in enumerate(columns):
        foot = float(ABOVE + high)
        for part, amount in column.parts.items():
            height = high * amount / top
            foot -= height
            if amount:
                blocks.append(
                    Block(
                        x=round(LEFT + number * step + step * 0.1, 2),
                        y=round(foot, 2),
                        width=round(step * 0.8, 2),
                        height=round(height, 2),
                        part=part,
                        words=column.words,
                    )
                )
    every = -(-len(columns) // MOST_LABELS) or 1
    return Chart(
        blocks=blocks,
        scale=[
            Mark(
                x=LEFT - 6,
                y=round(ABOVE + high - high * line / LINES, 2),
                text=f"{top * line // LINES:,}",
            )
            for line in range(LINES + 1)
        ],
        labels=[
            Mark(x=round(LEFT + (number + 0.5) * step, 2), y=HEIGHT - 6, text=column.label)
            for number, column in enumerate(columns)
            if number % every == 0
        ],
    )


def scale_top(most: int) -> int:
    """The end of the scale: from the most on, and each of its lines is at a round number."""
    unit = int(10 ** int(math.log10(max(most // LINES, 1))))
    steps = (unit * factor for factor in (1, 2, 3, 4, 5, 6, 8, 10, 20))
    return next(step * LINES for step in steps if step * LINES >= most)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Sparkline:
    """A line without a scale, as the points of a polyline."""

    points: str
    width: int = 120
    height: int = 28


def sparkline(amounts: Sequence[int]) -> Sparkline:
    """From left to right; the highest amount is at the top."""
    line = Sparkline(points="")
    most, step = max([*amounts, 1]), line.width / max(len(amounts) - 1, 1)
    points = (
        f"{number * step:.1f},{line.height - 2 - (line.height - 4) * amount / most:.1f}"
        for number, amount in enumerate(amounts)
    )
    return dataclasses.replace(line, points=" ".join(points))
