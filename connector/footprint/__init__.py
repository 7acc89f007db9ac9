"""What the service has in a Salesforce org: one description, and what is generated from it."""

from connector.footprint.component import Component
from connector.footprint.description import Footprint, everything, footprint
from connector.footprint.expectations import Expected, expected, same_formula
from connector.footprint.fields import FieldKind, FieldSpec
from connector.footprint.objects import ObjectSpec
from connector.footprint.package import zip_of
from connector.footprint.parts import DEFAULT_PARTS, PARTS
from connector.footprint.permission_sets import CONNECTOR as PERMISSION_SET
from connector.footprint.permission_sets import PermissionSetSpec


#: The version of the API whose metadata this is.
API_VERSION = "66.0"

__all__ = [
    "API_VERSION",
    "DEFAULT_PARTS",
    "PARTS",
    "PERMISSION_SET",
    "Component",
    "Expected",
    "FieldKind",
    "FieldSpec",
    "Footprint",
    "ObjectSpec",
    "PermissionSetSpec",
    "everything",
    "expected",
    "footprint",
    "same_formula",
    "zip_of",
]
