"""Every revision says whether the release before may run on it, and keeps to its word."""

import re

import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory

from connector.store import Store, schema
from connector.store.migrate import INBOX, STATE, upgrade
from tests.store.expansion import declared, faults
from tests.support.releases import Revision, contracting, copied_revisions, write_revisions


#: Since then there are releases that run beside each other.
FIRST = "0017"
SCRIPTS = [
    each
    for each in ScriptDirectory(str(schema.FOLDER)).walk_revisions()
    if each.revision >= FIRST
]


def statements(url, folder, before):
    """What the revisions of a folder say to a database that is at the one before."""
    store = Store.connect(url)
    engines = store._engines  # noqa: SLF001 (nobody else looks on)
    said = []
    for engine in engines:
        parts = (INBOX, STATE) if len(engines) == 1 else (INBOX,)
        parts = parts if engine is engines[0] else (STATE,)

        @sa.event.listens_for(engine, "before_cursor_execute")
        def note(_connection, _cursor, statement, *_more):
            said.append(statement)

        assert schema.revision(engine) == before
        try:
            upgrade(engine, parts, folder=folder, pauses=())
        except NotImplementedError as error:  # on SQLite there is no such change
            said.append(str(error))
    store.close()
    return said


def lines(*what):
    return Revision(lines=['if "state" in context.config.attributes["parts"]:', *what])


def test_there_is_one_line_of_revisions_with_numbers_that_can_be_compared():
    scripts = list(ScriptDirectory(str(schema.FOLDER)).walk_revisions())

    numbers = [each.revision for each in reversed(scripts)]
    assert numbers == [f"{number:04}" for number in range(1, len(numbers) + 1)]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.revision)
class TestEach:
    def test_says_whether_it_expands_or_contracts(self, script):
        phase = getattr(script.module, "phase", None)
        oldest = getattr(script.module, "oldest", None)

        known = [each.revision for each in SCRIPTS if each.revision <= script.revision]
        assert declared(phase, oldest, known) == ""


EXPANDING = [each for each in SCRIPTS if getattr(each.module, "phase", "") == "expand"]


@pytest.mark.parametrize("script", EXPANDING, ids=lambda script: script.revision)
def test_one_that_expands_leaves_the_release_before_alone(script, store_url, tmp_path):
    folder = copied_revisions(tmp_path)
    for path in sorted((folder / "versions").glob("r*.py")):
        if path.name[1:5] >= script.revision:
            path.rename(path.with_suffix(".later"))
    before = schema.head(folder)
    store = Store.connect(store_url)
    for engine in store._engines:  # noqa: SLF001
        upgrade(engine, (INBOX, STATE), folder=folder)
    store.close()
    (again,) = (folder / "versions").glob(f"r{script.revision}*.later")
    again.rename(again.with_suffix(".py"))
    schema.head.cache_clear()

    said = statements(store_url, folder, before)

    assert list(faults(said, dialect=dialect(store_url))) == []


def dialect(url):
    return "sqlite" if url.startswith("sqlite") else "postgresql"


class TestTheRules:
    """Mistakes that are planted are found."""

    @pytest.mark.parametrize(
        "lines_of,why",
        [
            (['    op.drop_column("deliveries", "sender")'], "DROP COLUMN"),
            (['    op.drop_table("answers")'], "DROP TABLE"),
            (['    op.rename_table("answers", "replies")'], "RENAME"),
            (['    op.alter_column("marks", "value", new_column_name="t")'], "RENAME"),
            (
                ['    op.add_column("marks", sa.Column("n", sa.Integer, unique=True))'],
                "UNIQUE|ALTER of constraints",
            ),
            (['    op.execute("UPDATE deliveries SET segments = 1")'], "UPDATE"),
            (['    op.create_index("m", "marks", ["value"], unique=True)'], "UNIQUE"),
            (['    op.drop_index("pending_change")'], "DROP INDEX"),
        ],
    )
    def test_a_change_that_is_no_expansion_is_told(
        self, store, store_url, tmp_path, lines_of, why
    ):
        store.close()
        folder = copied_revisions(tmp_path)
        write_revisions(folder, [lines(*lines_of)])

        said = statements(store_url, folder, schema.head())

        found = list(faults(said, dialect=dialect(store_url)))
        assert found
        assert re.search(why, found[0])

    def test_a_column_that_rows_of_before_would_lack_is_told(self):
        said = ["ALTER TABLE marks ADD COLUMN more TEXT NOT NULL"]

        assert "would lack it" in next(faults(said, dialect="sqlite"))

    def test_another_type_is_told(self):
        said = ["ALTER TABLE marks ALTER COLUMN value TYPE BIGINT"]

        assert "contracts" in next(faults(said, dialect="postgresql"))

    def test_an_index_that_stops_all_who_write_is_told(self):
        said = ["CREATE INDEX m ON marks (value)"]

        assert "build_index" in next(faults(said, dialect="postgresql"))
        assert list(faults(said, dialect="sqlite")) == []

    @pytest.mark.parametrize(
        "phase,oldest,why",
        [
            (None, None, "neither"),
            ("expand", "0017", "no `oldest`"),
            ("contract", None, "no `oldest`"),
            ("contract", "0099", "no `oldest`"),
        ],
    )
    def test_what_it_has_to_say_of_itself_is_missed(self, phase, oldest, why):
        assert why in declared(phase, oldest, ["0017"])

    def test_an_expansion_has_no_fault(self, store, store_url, tmp_path):
        store.close()
        folder = copied_revisions(tmp_path)
        write_revisions(
            folder,
            [
                lines(
                    '    op.add_column("marks", sa.Column("more", sa.Text))',
                    '    op.create_table("later", sa.Column("id", sa.Text, primary_key=True))',
                    '    op.create_index("later_id", "later", ["id"])',
                    '    build_index("m", "marks", ["value"], where="value <> \'\'")',
                )
            ],
        )

        said = statements(store_url, folder, schema.head())

        assert any("CREATE INDEX" in each for each in said)
        assert list(faults(said, dialect=dialect(store_url))) == []

    def test_a_contraction_says_who_may_stay(self, store, store_url, tmp_path):
        store.close()
        folder = copied_revisions(tmp_path)
        own = schema.head()
        newest = write_revisions(
            folder,
            [
                lines(
                    '    op.create_table("later", sa.Column("id", sa.Text, primary_key=True))'
                ),
                contracting(f"{int(own) + 1:04}"),
            ],
        )

        statements(store_url, folder, own)

        store = Store.connect(store_url)
        found = [schema.look(engine) for engine in store._engines]  # noqa: SLF001
        store.close()
        assert {(each.revision, each.oldest) for each in found} == {
            (newest, f"{int(own) + 1:04}")
        }
        assert all("a newer version" in each.fault for each in found)
