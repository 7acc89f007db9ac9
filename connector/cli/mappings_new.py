"""`connector mappings new`: a mapping file proposed from what the org has."""

from pathlib import Path

import click

from connector.domain.errors import ConfigurationError
from connector.mapping.targets import object_name, object_problem
from connector.settings import Settings
from connector.setup.proposal import propose
from connector.setup.proposal_text import text_of
from connector.wiring.org import open_org


@click.command("new")
@click.argument("of_object", metavar="OBJECT")
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write it to this file, which must not be there yet; else it is printed.",
)
def new_mapping(of_object: str, output: Path | None) -> None:
    r"""
    Propose a mapping for an object, from the fields that it has in Salesforce.

    Takes the phone fields, our own fields, and the opt-outs of other packages; comments say
    why, and which facts found no field. Read it before it is used.

    \b
    Examples:
      connector mappings new Contact
      connector mappings new Volunteer__c --output mappings/volunteer.yaml
    """
    name = object_name(of_object)
    if not name:
        raise ConfigurationError(object_problem(of_object))
    if output and output.exists():
        raise ConfigurationError(f"{output}: is there already; choose another --output")
    settings = Settings.from_environment()
    settings.require_salesforce()
    with open_org(settings) as org:
        proposal = propose(org.describe(name))
    text = text_of(proposal)
    if output is None:
        click.echo(text, nl=False)
        return
    _write(output, text)
    fields, phones = len(proposal.fields), len(proposal.phones)
    click.echo(f"{output}: {proposal.object}, {fields} fields, {phones} phone fields")
    click.echo(f"Read it, then call: connector mappings check --org {output}")


def _write(output: Path, text: str) -> None:
    try:
        with output.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise ConfigurationError(f"{output}: {error.strerror or error}") from error
