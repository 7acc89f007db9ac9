"""Alert rules and the dashboard: they load, fire when they should, and name what there is."""

import json
import re
import subprocess

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from connector.domain.records import Outcome, RecordChange, RecordRef, Verdict
from connector.store import Store
from connector.web.app import create_app
from connector.web.meters import Meters
from connector.web.metrics import blueprint
from tests.deploy.dockerfile import ROOT
from tests.support.events import ALEX


FOLDER = ROOT / "deploy" / "prometheus"
RULES = yaml.safe_load((FOLDER / "connector.rules.yaml").read_text())["groups"][0]["rules"]
BOARD = json.loads((ROOT / "deploy" / "grafana" / "connector.json").read_text())
PANELS = [panel for panel in BOARD["panels"] if panel["type"] != "row"]
RUNBOOK = ROOT / "docs" / "operations.md"
#: Who is told, and how soon.
SEVERITIES = {"page", "warning", "info"}


@pytest.fixture
def exported(tmp_path, clock):
    """The samples that a scrape has, by name: the labels each comes with."""
    store = Store.open(f"sqlite:///{tmp_path}")
    meters = Meters()
    meters.stored("kannel", "", 0.1)
    meters.refused("kannel", "not trusted")
    change = RecordChange(record=RecordRef("Contact", ALEX), fields={}, change_ids=frozenset())
    stopped = Outcome(change=change, verdict=Verdict.STOP)
    with store.transaction() as t:
        t.calls.count(1, (1, 10), clock())
        t.answers.count([stopped])
        t.writes.stop_lane(stopped, clock(), clock())
    part = blueprint(store, clock, meters, disk=tmp_path, access="open")
    text = create_app(store=store, clock=clock, more=[part]).test_client().get("/metrics").text
    store.close()
    samples: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(text):
        samples.setdefault(family.name, set())
        for sample in family.samples:
            samples.setdefault(sample.name, set()).update(sample.labels)
    return samples


def promtool(*words):
    return subprocess.run(
        ["/usr/bin/promtool", *words], cwd=FOLDER, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    "words",
    [
        ("check", "rules", "connector.rules.yaml"),
        ("test", "rules", "connector.rules.test.yaml"),
        ("check", "config", "scrape.yaml"),
    ],
    ids=" ".join,
)
def test_prometheus_takes_them(words):
    told = promtool(*words)

    assert told.returncode == 0, told.stdout + told.stderr


def test_names_are_ours_and_unlike_those_of_campaign_alerts():
    names = [rule["alert"] for rule in RULES]

    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"Connector([A-Z][a-z]+)+", name) for name in names)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_a_rule_says_whom_to_tell_and_what_to_do(rule):
    assert rule["labels"].keys() == {"severity"}
    assert rule["labels"]["severity"] in SEVERITIES
    assert rule["annotations"]["runbook"] == f"docs/operations.md#{rule['alert'].lower()}"


def test_the_runbook_has_a_paragraph_for_each_alert_and_no_other():
    headings = re.findall(r"^### (Connector\w+)$", RUNBOOK.read_text("utf-8"), re.MULTILINE)

    assert headings == [rule["alert"] for rule in RULES]


EXPRESSIONS = {
    **{rule["alert"]: rule["expr"] for rule in RULES},
    **{panel["title"]: " ".join(t["expr"] for t in panel["targets"]) for panel in PANELS},
}


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_what_is_asked_for_is_exported(name, exported):
    text = EXPRESSIONS[name]

    named = set(re.findall(r"\bsmsconn_\w+", text))
    grouped = {each for group in re.findall(r"by \(([^)]*)\)", text) for each in split(group)}
    matched = set(re.findall(r"(\w+)=\"", text))

    assert named
    assert named <= set(exported)
    labels = {"instance"}.union(*(exported[each] for each in named))
    assert matched <= labels
    assert grouped - {"job"} <= labels  # jobs are there once a worker was


def split(group):
    return [each.strip() for each in group.split(",")]


class TestDashboard:
    def test_every_panel_asks_the_source_that_was_chosen(self):
        [source] = BOARD["templating"]["list"]

        assert source["name"] == "datasource"
        assert {panel["datasource"]["uid"] for panel in PANELS} == {"${datasource}"}

    def test_panels_lie_beside_each_other(self):
        taken: set[tuple[int, int]] = set()
        for panel in BOARD["panels"]:
            at = panel["gridPos"]
            cells = {
                (x, y)
                for x in range(at["x"], at["x"] + at["w"])
                for y in range(at["y"], at["y"] + at["h"])
            }
            assert at["x"] + at["w"] <= 24
            assert not cells & taken, panel["title"]
            taken |= cells

    def test_every_panel_has_a_number_of_its_own(self):
        numbers = [panel["id"] for panel in BOARD["panels"]]

        assert len(set(numbers)) == len(numbers)
