"""A Salesforce org of our own, as strict as the real one; it knows nothing of the connector."""

from connector.emulator.app import create_app
from connector.emulator.errors import RecordError, RefusedRecordError
from connector.emulator.fields import Field
from connector.emulator.objects import SObject
from connector.emulator.org import ADMIN, INTEGRATION_USER, EmulatedOrg
from connector.emulator.rules import AssignmentRule, BrokenFlow, DuplicateRule, ValidationRule
from connector.emulator.seeds import seed_campaign, seed_contacts, seed_leads
from connector.emulator.server import OrgServer, serve
from connector.emulator.sms import install_sms_fields
from connector.emulator.transport import WSGIAdapter


__all__ = [
    "ADMIN",
    "INTEGRATION_USER",
    "AssignmentRule",
    "BrokenFlow",
    "DuplicateRule",
    "EmulatedOrg",
    "Field",
    "OrgServer",
    "RecordError",
    "RefusedRecordError",
    "SObject",
    "ValidationRule",
    "WSGIAdapter",
    "create_app",
    "install_sms_fields",
    "seed_campaign",
    "seed_contacts",
    "seed_leads",
    "serve",
]
