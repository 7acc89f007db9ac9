"""${message}."""

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None

#: "expand": the release before runs on it. "contract": with `oldest`, the schema that a release
#: has to know to run on it.
phase = "expand"


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}
