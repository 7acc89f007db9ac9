"""Options that several commands of the set-up take."""

import click

from connector import footprint
from connector.footprint import Footprint


def _parts(_context: click.Context, _option: click.Parameter, value: str) -> Footprint:
    try:
        return footprint.footprint(filter(None, map(str.strip, value.split(","))))
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


parts_option = click.option(
    "--parts",
    "wanted",
    default=",".join(footprint.DEFAULT_PARTS),
    show_default=True,
    callback=_parts,
    metavar="PART,PART",
    help=f"Of {', '.join(footprint.PARTS)}; the core is always in it.",
)
