"""Mappings of more than people, and the pipeline that works with them."""

import re
from pathlib import Path

from connector import gateways, mapping
from connector.pipeline.directory import DirectorySync
from connector.pipeline.enqueue import enqueue
from connector.pipeline.lookup import Seeker
from connector.pipeline.match import match
from connector.pipeline.normalise import normalise
from connector.pipeline.phone_reader import PhoneReader


PAGE = Path(__file__).parents[2] / "docs" / "mappings.md"


class Pipeline:
    """Every step with mappings of one's own, one after the other; pushes last."""

    def __init__(self, store, org, budget, clock, pusher, mappings):
        self.store = store
        self.clock = clock
        self.pusher = pusher
        self.mappings = mappings
        self.org = org
        self.seeker = Seeker(store, org, budget, clock, mappings, holder="one")
        self.directory = DirectorySync(
            store, org, budget, clock, mappings, PhoneReader(), holder="one"
        )

    def keep(self, *arrivals):
        self.store.inbox.keep(list(arrivals))
        self.read()

    def read(self):
        normalise(self.store, gateways.installed(), PhoneReader(), self.clock)
        self.match()

    def match(self):
        match(self.store, self.mappings, self.clock)
        enqueue(self.store, self.mappings, self.clock)

    def seek(self):
        """Look up what is due, and match with it."""
        report = self.seeker.seek()
        self.match()
        return report

    def run(self, *arrivals):
        """From callbacks to Salesforce, with what has to be looked up on the way."""
        self.keep(*arrivals)
        self.seek()
        self.seek()
        return self.pusher.push()

    def shown_on(self, message_id="42", gateway="kannel"):
        """The objects and records that show a message, and how each was found."""
        with self.store.transaction(reads=True) as t:
            found = t.matches.of_message(gateway, message_id)
        return {(each.record.object, each.record.id): each.matched_by for each in found}


def load(folder, **texts):
    """The shipped mappings and these beside them."""
    for name, text in texts.items():
        (folder / f"{name}.yaml").write_text(text)
    paths = [folder / f"{name}.yaml" for name in texts]
    return mapping.load_files([*mapping.files(mapping.packaged()), *paths])


def optional(name):
    """One of the optional mappings."""
    found = mapping.load(mapping.packaged() / "optional" / f"{name}.yaml")
    return {found.object: found}


def documented(name):
    """The first example of docs/mappings.md that maps this object."""
    examples = re.findall(r"```yaml\n(.*?)```", PAGE.read_text("utf-8"), flags=re.DOTALL)
    return next(text for text in examples if text.startswith(f"object: {name}\n"))
