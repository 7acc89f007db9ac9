"""Which facts go to which fields: YAML files in, mappings out, mistakes with their line."""

from connector.mapping.fact import Fact, FactKind, Topic, org_time
from connector.mapping.facts import FACTS
from connector.mapping.file import conflicts, files, load, load_all, load_files, packaged
from connector.mapping.rules import FieldRule, HolderRule, KeyValue, Mapping, MessageRule
from connector.mapping.targets import MEMBER, PEOPLE, nearest


__all__ = [
    "FACTS",
    "MEMBER",
    "PEOPLE",
    "Fact",
    "FactKind",
    "FieldRule",
    "HolderRule",
    "KeyValue",
    "Mapping",
    "MessageRule",
    "Topic",
    "conflicts",
    "files",
    "load",
    "load_all",
    "load_files",
    "nearest",
    "org_time",
    "packaged",
]
