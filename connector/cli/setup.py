"""The Salesforce side: what is to be made there, making it, and whether all is well."""

import click

from connector.cli.doctor import doctor_command


@click.group()
def setup() -> None:
    r"""
    Plan, apply and check what the service needs in Salesforce.

    \b
    Example:
      connector setup doctor
    """


setup.add_command(doctor_command)
