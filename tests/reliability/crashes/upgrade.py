"""Bringing a store to the wanted schema, statement by statement."""

import contextlib
from collections import Counter

import sqlalchemy as sa

from connector.store import Store
from tests.reliability.crashes.effects import Effects
from tests.reliability.crashes.state import State
from tests.reliability.crashes.work import Scene


STATEMENT = "after a statement of"


def upgrade(scene: Scene, effects: Effects) -> None:
    """As `connector store upgrade` does, from nothing to the newest schema."""
    effects.watch_commits()
    found = Store.connect(scene.store_url)
    with contextlib.closing(found):
        for engine in found._engines:  # noqa: SLF001 (every statement counts)
            sa.event.listen(
                engine, "after_cursor_execute", lambda *_: effects.pass_by(STATEMENT)
            )
        found.upgrade()


def schema(scene: Scene) -> State:
    """Tables, their columns and indexes, and which revision it is; the service can use it."""
    state: State = {}
    with contextlib.closing(Store.open(scene.store_url, upgrade=False)) as store:
        store.check()
        for number, engine in enumerate(store._engines):  # noqa: SLF001
            found = sa.inspect(engine)
            for name in found.get_table_names():
                columns = (f"{each['name']} {each['type']}" for each in found.get_columns(name))
                indexes = (
                    f"index {each['name']} on {each['column_names']}"
                    for each in found.get_indexes(name)
                )
                state[f"{number} {name}"] = Counter([*columns, *indexes])
        state["revision"] = Counter([store.revision()])
    return state
