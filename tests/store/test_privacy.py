"""The key of pseudonyms: one for all processes, also where two start at the same moment."""

import pytest

from connector.store import Store, privacy
from connector.store.house import Marks


@pytest.fixture
def fresh(postgres_url):
    """A database with its schema, in which nobody has made a key yet."""
    store = Store.open(postgres_url)
    with store.transaction() as t:
        t.marks.forget("privacy.%")
    yield store
    store.close()


@pytest.mark.parametrize("looked", ["privacy.key", "privacy.proof"])
def test_of_two_that_make_it_at_once_the_first_counts_for_both(fresh, looked):
    class Overtaken(Marks):
        """While it looks, another process makes the key."""

        def get(self, name):
            found = super().get(name)
            if name == looked and not overtaking:
                overtaking.append(name)
                with fresh.transaction() as other:
                    privacy.settle_key(other.marks, None)
            return found

    overtaking: list[str] = []
    with fresh.transaction() as t:
        privacy.settle_key(Overtaken(t.marks._connection), None)  # noqa: SLF001
        late = privacy.own_names(t.marks).of("+12025550123")

    assert overtaking == [looked]
    assert fresh.pseudonym("+12025550123") == late
    with fresh.transaction() as t:
        privacy.settle_key(t.marks, None)
        assert t.marks.get("privacy.proof") == privacy.own_names(t.marks).of("proof")
