"""The flow templates: whole, safe for many records at once, and meaning what they say."""

import itertools
import re
from pathlib import Path

import pytest

from connector.footprint import API_VERSION, everything
from connector.footprint.campaign_stat import CAMPAIGN_STAT
from connector.footprint.flows import flows
from connector.footprint.flows.elements import assignment
from connector.footprint.flows.flow import flow as written
from connector.footprint.flows.starts import called
from connector.footprint.people import PEOPLE
from connector.footprint.xml import to_xml
from tests.footprint import known, wsdl
from tests.footprint.flow_reader import MAY_FAIL, Flow


FLOWS = [Flow(component=each) for each in flows()]
BY_NAME = {each.name: each for each in FLOWS}
BY_RECORD = [each for each in FLOWS if each.start.get("triggerType") == "RecordAfterSave"]
BY_EVENT = [each for each in FLOWS if each.start.get("triggerType") == "PlatformEvent"]
LATER = [each for each in BY_RECORD if "scheduledPaths" in each.start]
CALLED = [each for each in FLOWS if "triggerType" not in each.start]

API_NAME = re.compile(r"[A-Za-z](?:_?[A-Za-z0-9])*")
GLOBAL = {"$Flow.CurrentDate", "$Flow.CurrentDateTime", "$Flow.FaultMessage", "$User.Email"}
#: A token of 15 or 18 characters that begins like a record id: a key prefix has a digit.
RECORD_ID = re.compile(r"\b(?=\w{0,2}\d)[0-9a-zA-Z]{15}(?:[0-9a-zA-Z]{3})?\b")
PERMISSION_SETS = frozenset(each.name for each in everything().permission_sets)
RECIPES = ("Undelivered_48h", "Rejected", "Clicked", "Opted_Out", "Campaign_Critical")


def named(flow):
    return flow.name


@pytest.mark.parametrize("flow", FLOWS, ids=named)
class TestFlow:
    def test_is_valid_by_the_wsdl(self, flow):
        assert wsdl.problems(to_xml("Flow", flow.body, flow.name)) == []

    def test_is_a_draft_of_the_version_that_is_deployed(self, flow):
        assert flow.body["status"] == "Draft"
        assert flow.body["apiVersion"] == float(API_VERSION)
        assert flow.body["processType"] == "AutoLaunchedFlow"

    def test_says_what_it_is_and_what_it_does(self, flow):
        assert flow.body["label"].startswith("SMS: ")
        assert flow.body["interviewLabel"].startswith(flow.body["label"])
        assert len(flow.body["label"]) <= 80
        assert 0 < len(flow.body["description"]) <= 255
        assert flow.body["description"].endswith(".")

    def test_can_be_opened_in_flow_builder(self, flow):
        told = {
            each["name"]: each["value"]["stringValue"]
            for each in flow.body["processMetadataValues"]
        }

        assert told == {
            "BuilderType": "LightningFlowBuilder",
            "CanvasMode": "AUTO_LAYOUT_CANVAS",
            "OriginBuilderType": "LightningFlowBuilder",
        }

    def test_has_names_that_salesforce_takes(self, flow):
        for name in (flow.name, *flow.own_names):
            assert API_NAME.fullmatch(name), name
            assert len(name) <= 80

    def test_has_no_name_twice(self, flow):
        """Salesforce does not tell names in capitals from others."""
        lowered = [name.lower() for name in flow.own_names]

        assert sorted(lowered) == sorted(set(lowered))

    def test_has_labels_for_people(self, flow):
        for element in flow.elements.values():
            assert 0 < len(element["label"]) <= 80
            assert "__" not in element["label"]
            assert "_" not in element["label"]

    def test_explains_its_resources(self, flow):
        for resource in flow.resources.values():
            assert resource["description"].endswith(".")
            assert len(resource["description"]) <= 255

    def test_draws_no_two_elements_in_one_place(self, flow):
        boxes = [flow.start, *flow.elements.values()]
        places = {(each["locationX"], each["locationY"]) for each in boxes}

        assert len(places) == len(boxes)

    def test_leads_to_elements_that_are_there(self, flow):
        for name in ("", *flow.elements):
            assert set(flow.leads_to(name)) <= flow.elements.keys()

    def test_has_no_element_that_nothing_leads_to(self, flow):
        assert flow.reached(*flow.leads_to("")) == flow.elements.keys()

    def test_names_only_what_there_is(self, flow):
        for reference in flow.references - GLOBAL:
            root, _, field = reference.partition(".")
            if root == "$Record":
                assert "triggerType" in flow.start
            else:
                assert root in flow.elements | flow.resources, reference
            if field:
                assert known.exists(flow.object_of(root), field), reference

    def test_uses_all_that_it_has(self, flow):
        roots = {reference.partition(".")[0] for reference in flow.references}
        assert flow.resources.keys() <= roots

    def test_queries_the_fields_that_it_uses(self, flow):
        for element in flow.all("recordLookups"):
            used = {
                field
                for root, _, field in (each.partition(".") for each in flow.references)
                if field and _source(flow, root) == element["name"]
            }
            assert used <= set(element["queriedFields"])
            sorted_by = [element["sortField"]] if "sortField" in element else []
            for field in (*element["queriedFields"], *sorted_by):
                assert known.exists(element["object"], field)

    def test_writes_and_asks_for_fields_that_there_are(self, flow):
        for kind in ("recordCreates", "recordUpdates"):
            for element in flow.all(kind):
                for each in element.get("inputAssignments", ()):
                    assert known.exists(element["object"], each["field"])
        for of, field, _, _ in flow.conditions:
            assert known.exists(of, field), (of, field)

    def test_compares_with_values_that_can_be(self, flow):
        for of, field, operator, value in flow.conditions:
            if operator in {"IsNull", "IsChanged"}:
                assert isinstance(value, bool)
            else:
                assert known.may_hold(of, field, value), (field, value)

    def test_combines_conditions_that_there_are(self, flow):
        """Salesforce takes any text there, and finds out when the flow runs."""
        for logic, count in flow.logics:
            if logic not in {"and", "or"}:
                assert re.fullmatch(r"[\d() ]+(?:(?:AND|OR)[\d() ]+)+", logic)
                assert re.findall(r"\d+", logic) == [str(each + 1) for each in range(count)]
                assert logic.count("(") == logic.count(")")

    def test_goes_on_when_a_step_fails(self, flow):
        """A fault without a path would undo what the connector writes."""
        for kind in MAY_FAIL:
            for element in flow.all(kind):
                assert element["faultConnector"]["targetReference"] in flow.elements

    def test_comes_to_an_end(self, flow):
        """Only a loop leads back; its records run out."""
        loops = {each["name"] for each in flow.all("loops")}
        for name in flow.elements.keys() - loops:
            assert name not in _without(flow, loops, flow.leads_to(name))

    def test_repeats_nothing_that_counts_against_a_limit(self, flow):
        for each in flow.all("loops"):
            repeated = flow.reached(
                each["nextValueConnector"]["targetReference"], barring=each["name"]
            )
            assert {flow.kind(name) for name in repeated} <= {"assignments", "decisions"}

    def test_names_no_record(self, flow):
        assert [text for text in flow.texts if RECORD_ID.search(text)] == []

    def test_names_no_address(self, flow):
        assert not any("@" in text or "://" in text for text in flow.texts)

    def test_deletes_nothing(self, flow):
        assert "recordDeletes" not in flow.body

    def test_calls_flows_that_are_there_with_what_they_take(self, flow):
        for each in flow.all("subflows"):
            called = BY_NAME[each["flowName"]]
            given = {pair["name"]: pair["value"] for pair in each["inputAssignments"]}
            assert called in CALLED
            assert given.keys() <= called.inputs.keys()
            for name, value in given.items():
                assert _type(flow, value) == called.inputs[name], name

    def test_stands_after_the_flows_that_it_calls(self, flow):
        before = {each.name for each in FLOWS[: FLOWS.index(flow)]}

        assert {each["flowName"] for each in flow.all("subflows")} <= before

    def test_belongs_to_its_part(self, flow):
        assert flow.component.part == ("events" if flow in BY_EVENT else "flows")


@pytest.mark.parametrize("flow", CALLED, ids=named)
class TestCalledFlow:
    def test_runs_as_its_caller_does(self, flow):
        """One that ran in system mode would let anybody who may run flows read owners."""
        assert flow.body["runInMode"] == "DefaultMode"

    def test_is_called(self, flow):
        calls = {each["flowName"] for other in FLOWS for each in other.all("subflows")}

        assert flow.name in calls

    def test_is_given_all_that_it_takes(self, flow):
        given = {
            pair["name"]
            for other in FLOWS
            for each in other.all("subflows")
            if each["flowName"] == flow.name
            for pair in each["inputAssignments"]
        }

        assert given == flow.inputs.keys()


@pytest.mark.parametrize("flow", BY_RECORD, ids=named)
class TestFlowByRecord:
    def test_starts_only_for_records_that_fit(self, flow):
        assert flow.entry

    def test_starts_no_flow_of_ours_by_what_it_writes(self, flow):
        """So none starts itself again, and no two start each other."""
        started_by = {other.start["object"] for other in BY_RECORD}

        assert not _written(flow) & started_by

    def test_leaves_converted_leads_alone(self, flow):
        is_lead = flow.start["object"] == "Lead"

        assert (flow.entry.get(("IsConverted", "EqualTo")) is False) == is_lead


@pytest.mark.parametrize("flow", LATER, ids=named)
class TestFlowForLater:
    """What Salesforce refuses to activate otherwise."""

    def test_starts_when_a_record_comes_to_fit(self, flow):
        assert flow.start["doesRequireRecordChangedToMeetCriteria"] is True

    def test_asks_for_no_earlier_value(self, flow):
        assert not any(operator == "IsChanged" for _, operator in flow.entry)
        for text in flow.texts:
            assert not re.search(r"ISCHANGED|ISNEW|PRIORVALUE|\$Record__Prior", text)

    def test_has_paths_of_one_kind_each(self, flow):
        for path in flow.start["scheduledPaths"]:
            if path.get("pathType") == "AsyncAfterCommit":
                assert path.keys() == {"connector", "pathType"}
            else:
                assert path["name"]
                assert path["label"]
                assert path["offsetNumber"] > 0
                assert (path["timeSource"] == "RecordField") == ("recordField" in path)
        asynchronous = [path.get("pathType") for path in flow.start["scheduledPaths"]]
        assert asynchronous.count("AsyncAfterCommit") <= 1

    def test_counts_from_a_time(self, flow):
        for path in flow.start["scheduledPaths"]:
            if "recordField" in path:
                of = flow.start["object"]
                assert known.flow_type(of, path["recordField"]) == "DateTime"

    def test_does_nothing_at_once(self, flow):
        assert "connector" not in flow.start


@pytest.mark.parametrize("flow", BY_EVENT, ids=named)
class TestFlowByEvent:
    def test_has_no_conditions_at_its_start(self, flow):
        """An event cannot be asked for there: a decision does it, first."""
        assert flow.start.keys() == {
            "locationX",
            "locationY",
            "connector",
            "object",
            "triggerType",
        }
        assert flow.kind(flow.leads_to("")[0]) == "decisions"

    def test_looks_at_the_kind_of_the_event_first(self, flow):
        [first] = flow.leads_to("")
        conditions = flow.elements[first]["rules"][0]["conditions"]

        assert conditions[0]["leftValueReference"] == "$Record.Kind__c"
        assert "defaultConnector" not in flow.elements[first]

    def test_does_the_same_steps_as_the_flows_by_record(self, flow):
        steps = f"{flow.name.removesuffix('_Event')}_Steps"
        callers = {other.name for other in FLOWS if steps in _calls(other)}

        assert steps in _calls(flow)
        assert len(callers) >= 2


@pytest.mark.parametrize("recipe", RECIPES)
def test_every_recipe_starts_by_record_and_by_event(recipe):
    mine = [each for each in FLOWS if each.name.startswith(f"SMS_{recipe}")]
    objects = {each.start.get("object") for each in mine} - {None}

    people = {CAMPAIGN_STAT.name} if recipe == "Campaign_Critical" else set(PEOPLE)
    assert objects == people | {"SMS_Delivery__e"}


def test_no_flow_is_there_twice():
    assert len(BY_NAME) == len(FLOWS)


def test_all_flows_are_in_the_footprint():
    deployed = {each.name for each in everything().components() if each.kind == "Flow"}

    assert deployed == BY_NAME.keys()


@pytest.mark.parametrize("person", PEOPLE)
class TestUndelivered:
    def test_is_called_off_by_a_delivery_or_an_opt_out(self, person):
        """Salesforce drops a waiting path when the record fits no longer."""
        entry = BY_NAME[f"SMS_Undelivered_48h_{person}"].entry

        assert entry["SMS_Undelivered_Since__c", "IsNull"] is False
        assert entry["SMS_Opt_Out__c", "EqualTo"] is False

    def test_waits_48_hours_from_the_last_success(self, person):
        [path] = BY_NAME[f"SMS_Undelivered_48h_{person}"].start["scheduledPaths"]

        assert path["recordField"] == "SMS_Undelivered_Since__c"
        assert (path["offsetNumber"], path["offsetUnit"]) == (48, "Hours")


def test_steps_for_the_undelivered_look_again_before_they_tell_anybody():
    steps = BY_NAME["SMS_Undelivered_48h_Steps"]
    [first] = steps.leads_to("")
    [condition] = steps.elements[first]["rules"][0]["conditions"]
    formula = steps.resources[condition["leftValueReference"]]

    assert formula["expression"] == "AND(NOT(ISBLANK({!since})), {!since} <= NOW() - 47/24)"


@pytest.mark.parametrize("person", PEOPLE)
class TestRejected:
    def test_is_for_messages_of_campaigns(self, person):
        entry = BY_NAME[f"SMS_Rejected_{person}"].entry

        assert entry["SMS_Delivery_Status__c", "EqualTo"] == "Rejected"
        assert entry["SMS_Last_Campaign__c", "IsNull"] is False

    def test_takes_one_record_after_the_other(self, person):
        """So that each sees the open task of the one before: one e-mail, not thousands."""
        [path] = BY_NAME[f"SMS_Rejected_{person}"].start["scheduledPaths"]

        assert path["maxBatchSize"] == 1


@pytest.mark.parametrize("person", PEOPLE)
class TestClicked:
    def test_starts_by_the_click_or_by_a_late_report(self, person):
        flow = BY_NAME[f"SMS_Clicked_{person}"]

        assert flow.entry["SMS_Delivery_Status__c", "EqualTo"] == "Delivered"
        assert flow.entry["SMS_Last_Click_At__c", "IsChanged"] is True
        assert flow.entry["SMS_Delivery_Status__c", "IsChanged"] is True
        assert "1 AND 2 AND (3 OR 4)" in flow.start["filterLogic"]

    def test_does_not_take_the_click_of_an_earlier_message(self, person):
        flow = BY_NAME[f"SMS_Clicked_{person}"]
        [first] = flow.leads_to("")
        [condition] = flow.elements[first]["rules"][0]["conditions"]

        expression = flow.resources[condition["leftValueReference"]]["expression"]
        assert (
            expression
            == "{!$Record.SMS_Last_Click_At__c} >= {!$Record.SMS_Status_At__c} - 1/24"
        )


class TestMemberStatus:
    """Salesforce replaces a status that a campaign does not have, in silence."""

    @pytest.mark.parametrize(
        "flow", [each for each in FLOWS if each.all("recordUpdates")], ids=named
    )
    def test_is_written_only_where_it_was_found(self, flow):
        """No way leads to the update but by way of the last look for the status."""
        [update] = flow.all("recordUpdates")
        *_, last = [
            each["name"]
            for each in flow.all("recordLookups")
            if each["object"] == "CampaignMemberStatus"
        ]

        assert update["object"] == "CampaignMember"
        assert update["name"] not in _without(flow, {last}, flow.leads_to(""))

    def test_of_an_opt_out_is_added_first(self):
        flow = BY_NAME["SMS_Opted_Out_Steps"]
        prepared = {
            each["assignToReference"]: each["value"]
            for each in flow.elements["Prepare_Status"]["assignmentItems"]
        }

        assert prepared["newStatus.Label"] == {"elementReference": "Opted_Out_Label"}
        assert prepared["newStatus.HasResponded"] == {"booleanValue": False}
        assert prepared["newStatus.IsDefault"] == {"booleanValue": False}
        assert flow.leads_to("Add_Statuses") == ["Get_Ready", "Get_Ready"]

    def test_of_an_opt_out_is_the_one_that_was_added(self):
        flow = BY_NAME["SMS_Opted_Out_Steps"]
        update = flow.elements["End_Memberships"]
        [written] = update["inputAssignments"]
        looked_for = [each["value"] for each in flow.elements["Get_Ready"]["filters"]]

        assert written["value"] == {"elementReference": "Opted_Out_Label"}
        assert written["value"] in looked_for
        assert ("CampaignId", "In", "=readyIds") in {
            (field, operator, value) for _, field, operator, value in flow.conditions
        }

    def test_of_an_opt_out_is_that_person_s_in_active_campaigns_alone(self):
        flow = BY_NAME["SMS_Opted_Out_Steps"]
        update = flow.elements["End_Memberships"]

        assert update["filterLogic"] == "1 AND (2 OR 3)"
        assert [each["field"] for each in update["filters"]] == [
            "CampaignId",
            "ContactId",
            "LeadId",
        ]
        assert ("Campaign", "IsActive", "EqualTo", True) in set(flow.conditions)

    def test_fits_the_field(self):
        """CampaignMember.Status takes 40 characters."""
        label = BY_NAME["SMS_Opted_Out_Steps"].resources["Opted_Out_Label"]

        assert len(label["value"]["stringValue"]) <= 40


def test_a_critical_campaign_is_told_of_once():
    entry = BY_NAME["SMS_Campaign_Critical"].entry

    assert entry == {
        ("Health__c", "EqualTo"): "Critical",
        ("Period__c", "EqualTo"): "Total",
        ("Split_By__c", "IsNull"): True,
        ("Campaign__c", "IsNull"): False,
    }


class TestTellOwner:
    FLOW = BY_NAME["SMS_Tell_Owner"]

    def test_tells_nobody_twice_while_the_task_is_open(self):
        [first] = self.FLOW.leads_to("")
        element = self.FLOW.elements[first]
        asked = {(each["field"], str(each["value"])) for each in element["filters"]}

        assert element["object"] == "Task"
        assert ("IsClosed", "{'booleanValue': False}") in asked
        assert element["filterLogic"] == "1 AND 2 AND (3 OR 4)"

    def test_gives_a_task_to_an_active_user_only(self):
        """A queue may own a Lead and cannot own a task."""
        conditions = set(self.FLOW.conditions)

        assert ("User", "IsActive", "EqualTo", True) in conditions
        assert "Create_Task" not in self.FLOW.reached("Get_Queue")

    def test_leaves_status_and_priority_to_the_org(self):
        fields = {
            each["field"] for each in self.FLOW.all("recordCreates")[0]["inputAssignments"]
        }

        assert not fields & {"Status", "Priority"}

    def test_says_what_it_is_about_in_the_subject(self):
        """Tasks of several campaigns or people are told apart by it, and it has to fit."""
        for flow in FLOWS:
            if "SMS_Tell_Owner" in _calls(flow):
                subject = flow.resources["Subject"]["expression"]
                assert re.fullmatch(r'"SMS: [\w :]+" & \{![\w.]+\}', subject)
                # A person's name has at most 121 characters.
                assert len(subject) + 121 <= 255


def _source(flow, name):
    """The Get Records that a name's record comes from."""
    element = {**flow.elements, **flow.resources}.get(name, {})
    if "collectionReference" in element:
        return _source(flow, element["collectionReference"])
    return name


def _without(flow, barred, first):
    """The elements that a run may come to without one of those."""
    seen, waiting = set(), list(first)
    while waiting:
        name = waiting.pop()
        if name not in seen and name not in barred:
            seen.add(name)
            waiting += flow.leads_to(name)
    return seen


def _calls(flow):
    return {each["flowName"] for each in flow.all("subflows")}


def _written(flow):
    """The objects that the flow writes, itself or through those that it calls."""
    own = {
        element.get("object") or flow.object_of(element["inputReference"])
        for kind in ("recordCreates", "recordUpdates")
        for element in flow.all(kind)
    }
    return own.union(*(_written(BY_NAME[name]) for name in _calls(flow)))


def _type(flow, value):
    """The type of what a flow passes to another."""
    [(kind, held)] = value.items()
    if kind != "elementReference":
        return {"stringValue": "String", "booleanValue": "Boolean"}[kind]
    root, _, field = held.partition(".")
    if field and not root.startswith(("$Flow", "$User")):
        return known.flow_type(flow.object_of(root), field)
    return flow.resources.get(root, {}).get("dataType", "String")


def test_an_element_that_nothing_leads_to_is_refused():
    lost = assignment("Lost", "Lost")

    with pytest.raises(ValueError, match="SMS_Example: nothing leads to Lost"):
        written(
            "SMS_Example",
            "Example",
            "Example.",
            start=called("Reached"),
            elements=[assignment("Reached", "Reached"), lost],
        )


def test_flows_call_each_other_in_no_circle():
    for flow, other in itertools.product(FLOWS, FLOWS):
        if other.name in _calls(flow):
            assert flow.name not in _calls(other)


class TestThePage:
    """docs/flows.md, which is written by hand."""

    PAGE = (Path(__file__).parents[2] / "docs" / "flows.md").read_text("utf-8")

    def test_names_every_flow(self):
        for flow in FLOWS:
            assert f"`{flow.name}`" in self.PAGE

    def test_names_what_an_admin_may_change(self):
        for flow in FLOWS:
            for constant in flow.all("constants"):
                assert f"`{constant['name']}`" in self.PAGE

    def test_names_fields_that_there_are(self):
        for name in re.findall(r"`(\w+__c)`", self.PAGE):
            assert any(field == name for _, field in known.OURS), name

    def test_names_no_flow_that_is_not_there(self):
        for name in set(re.findall(r"`(SMS_\w+)`", self.PAGE)) - BY_NAME.keys():
            recipe = name.removeprefix("SMS_")
            is_field = name.endswith(("__c", "__e"))
            assert recipe in RECIPES or is_field or name in PERMISSION_SETS, name

    @pytest.mark.parametrize("recipe", RECIPES)
    def test_says_what_it_costs(self, recipe):
        queries, changes = _costs(BY_NAME[f"SMS_{recipe}_Steps"])

        assert f"| `SMS_{recipe}` | {queries} | {changes} |" in self.PAGE


def _costs(flow):
    """Queries and changes, with those of the flows that it calls; not where a step fails."""
    called = [_costs(BY_NAME[name]) for name in _calls(flow) - {"SMS_Report_Failure"}]
    updates = len(flow.all("recordUpdates"))
    queries = len(flow.all("recordLookups")) + updates
    changes = len(flow.all("recordCreates")) + updates
    return (
        queries + sum(each for each, _ in called),
        changes + sum(each for _, each in called),
    )
