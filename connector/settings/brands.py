"""Which of our senders belong to which brand."""

import dataclasses
import itertools
from collections.abc import Iterable, Mapping


#: The longest name of a brand, as programs may ask for it.
LONGEST = 64


@dataclasses.dataclass(frozen=True, slots=True)
class Brands:
    """The senders of each brand, as they were written; none where there is one company only."""

    senders: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)

    @classmethod
    def read(cls, text: str) -> "Brands":
        """From `brand=sender,sender; brand=sender`; raises ValueError for anything else."""
        found: dict[str, tuple[str, ...]] = {}
        for part in text.split(";") if text.strip() else ():
            name, equals, listed = part.partition("=")
            brand, senders = name.strip(), tuple(_named(listed))
            if not (equals and brand.isprintable() and 0 < len(brand) <= LONGEST):
                raise ValueError(part)
            if not senders or brand in found:
                raise ValueError(part)
            found[brand] = senders
        every = [each.casefold() for each in itertools.chain.from_iterable(found.values())]
        if len(set(every)) < len(every):
            raise ValueError("a sender belongs to one brand")
        return cls(found)

    def __bool__(self) -> bool:
        return bool(self.senders)

    def __str__(self) -> str:
        return "; ".join(f"{brand}={','.join(each)}" for brand, each in self.senders.items())


def _named(listed: str) -> Iterable[str]:
    return filter(None, (each.strip() for each in listed.split(",")))
