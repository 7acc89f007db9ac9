"""Flows: connected, with a trigger that fits, speaking of things that are there."""

import pytest

from tests.emulator.packages import EVENT, field, package, problems


LOCATION = "<locationX>0</locationX><locationY>0</locationY>"
UPDATE = f"""<recordUpdates><name>Mark</name><label>Mark</label>{LOCATION}
  <inputAssignments><field>SMS_Delivery_Status__c</field>
    <value><stringValue>Expired</stringValue></value></inputAssignments>
  <inputReference>$Record</inputReference></recordUpdates>"""
FILTER = """<filterLogic>and</filterLogic><filters><field>SMS_Delivery_Status__c</field>
  <operator>EqualTo</operator><value><stringValue>Pending</stringValue></value></filters>"""
CONNECTOR = "<connector><targetReference>Mark</targetReference></connector>"
PATH = f"""<scheduledPaths><name>Later</name>{CONNECTOR}<label>Later</label>
  <offsetNumber>48</offsetNumber><offsetUnit>Hours</offsetUnit>
  <recordField>SMS_Status_At__c</recordField><timeSource>RecordField</timeSource>
  </scheduledPaths>"""


def start(*parts, to="Contact", trigger="RecordAfterSave", changed="true"):
    return f"""<start>{LOCATION}
      <doesRequireRecordChangedToMeetCriteria>{changed}</doesRequireRecordChangedToMeetCriteria>
      {"".join(parts)}<object>{to}</object>
      <recordTriggerType>CreateAndUpdate</recordTriggerType>
      <triggerType>{trigger}</triggerType></start>"""


PLAIN = start(CONNECTOR, FILTER)
TIMED = start(FILTER, PATH)


def flow(*parts, begin=PLAIN, status="Draft", label="A flow"):
    return (
        f"<apiVersion>66.0</apiVersion><label>{label}</label>"
        f"<processType>AutoLaunchedFlow</processType>{begin}<status>{status}</status>"
        f"{''.join(parts)}"
    )


def refusal(org, body):
    return problems(org.deploy(package(flows__Watch=body)))[0][2]


def query(org, soql):
    return org.queries.run(soql, user=org.users["admin@example.com"], base="")["records"]


class TestFlows:
    def test_a_draft_is_there_and_not_active(self, org):
        result = org.deploy(package(flows__Watch=flow(UPDATE)))

        rows = query(
            org,
            "SELECT ApiName, IsActive, TriggerType, RecordTriggerType, ActiveVersionId,"
            " TriggerObjectOrEvent.QualifiedApiName FROM FlowDefinitionView",
        )
        assert result.success
        assert rows[0]["ApiName"] == "Watch"
        assert (rows[0]["IsActive"], rows[0]["ActiveVersionId"]) == (False, None)
        assert rows[0]["TriggerObjectOrEvent"]["QualifiedApiName"] == "Contact"

    def test_versions_follow_each_other(self, org):
        for label, status in (("One", "Active"), ("Two", "Draft"), ("Three", "Active")):
            org.deploy(package(flows__Watch=flow(UPDATE, label=label, status=status)))

        rows = query(org, "SELECT Label, Status, VersionNumber FROM FlowVersionView")
        assert [(row["Label"], row["Status"], row["VersionNumber"]) for row in rows] == [
            ("One", "Obsolete", 1),
            ("Three", "Active", 2),
        ]

    def test_the_same_again_makes_no_version(self, org):
        for _ in range(2):
            result = org.deploy(package(flows__Watch=flow(UPDATE, status="Active")))

        assert not any(each.changed for each in result.messages if each.component_type)
        assert len(query(org, "SELECT VersionNumber FROM FlowVersionView")) == 1

    def test_where_active_flows_are_not_taken_they_arrive_as_drafts(self, org):
        org.deployments.settings.deploys_active_flows = False

        org.deploy(package(flows__Watch=flow(UPDATE, status="Active")))

        assert not query(org, "SELECT IsActive FROM FlowDefinitionView")[0]["IsActive"]


class TestShape:
    @pytest.mark.parametrize(
        "body,problem",
        [
            (flow(UPDATE, begin=start(FILTER)), "nothing is connected to the Start element"),
            (
                flow(UPDATE, begin=start(CONNECTOR.replace("Mark", "Gone"), FILTER)),
                'target "Gone" doesn\'t exist',
            ),
            (flow(UPDATE, UPDATE.replace("Mark", "mark")), '"mark" is already used'),
            (flow(UPDATE.replace(">Mark<", ">Ma rk<", 1)), 'The API name "Ma rk" is invalid'),
            (flow(UPDATE).replace("<status>Draft</status>", ""), "missing: status"),
            (
                flow(UPDATE, begin=start(CONNECTOR, FILTER.replace(">and<", ">1 AND 2<"))),
                'condition logic "1 AND 2" is invalid',
            ),
            (flow(UPDATE, begin=start(CONNECTOR, to="User")), "can't start a flow"),
            (
                flow(UPDATE, begin=start(CONNECTOR, to="No__e", trigger="PlatformEvent")),
                'The platform event "No__e" doesn\'t exist',
            ),
        ],
    )
    def test_a_flow_must_hold_together(self, org, body, problem):
        assert problem in refusal(org, body)


class TestScheduledPaths:
    def test_a_path_by_a_date_field_is_taken(self, org):
        assert org.deploy(package(flows__Watch=flow(UPDATE, begin=TIMED))).success

    @pytest.mark.parametrize(
        "begin,problem",
        [
            (start(FILTER, PATH, changed="false"), "only when the record is updated to meet"),
            (start(PATH), "need condition requirements"),
            (start(FILTER, PATH, trigger="RecordBeforeSave"), "after a record is saved"),
            (
                start(FILTER, PATH.replace("SMS_Status_At__c", "SMS_Gateway__c")),
                "needs a date or date/time field",
            ),
            (
                start(FILTER, PATH.replace(">RecordField<", ">RecordTriggerEvent<")),
                "can't have a recordField",
            ),
            (
                start(FILTER, PATH.replace("<offsetUnit>Hours</offsetUnit>", "")),
                "Required field is missing: offsetUnit",
            ),
            (
                start(
                    "<filterFormula>ISCHANGED({!$Record.SMS_Gateway__c})</filterFormula>", PATH
                ),
                "can't use ISCHANGED",
            ),
            (
                start(
                    FILTER,
                    *(
                        f"<scheduledPaths>{CONNECTOR}<pathType>AsyncAfterCommit</pathType>"
                        "</scheduledPaths>"
                        for _ in range(2)
                    ),
                ),
                "only one asynchronous path",
            ),
        ],
    )
    def test_the_rules_of_paths(self, org, begin, problem):
        assert problem in refusal(org, flow(UPDATE, begin=begin))

    def test_an_active_one_wants_the_default_workflow_user(self, org):
        body = flow(UPDATE, begin=TIMED, status="Active")

        refused = refusal(org, body)
        org.deployments.settings.default_workflow_user = "admin@example.com"

        assert "FLOW_SCHEDULED_PATH_REQUIRES_DEFAULT_WORKFLOW_USER" in refused
        assert org.deploy(package(flows__Watch=body)).success

    def test_so_does_an_active_one_on_an_event(self, org):
        org.deploy(package(objects__Alert__e=EVENT + field("Key__c")))
        begin = f"""<start>{LOCATION}{CONNECTOR}<object>Alert__e</object>
          <triggerType>PlatformEvent</triggerType></start>"""
        update = UPDATE.replace(
            "<inputReference>$Record</inputReference>", "<object>Contact</object>"
        )

        drafted = org.deploy(package(flows__Watch=flow(update, begin=begin)))

        assert drafted.success
        assert "PLATFORM_EVENT_TRIGGERED_FLOW_REQUIRES_DEFAULT_WORKFLOW_USER" in refusal(
            org, flow(update, begin=begin, status="Active")
        )


class TestReferences:
    @pytest.mark.parametrize(
        "old,new,problem",
        [
            (
                "SMS_Delivery_Status__c",
                "SMS_Nothing__c",
                'The field "SMS_Nothing__c" for the object "Contact" doesn\'t exist',
            ),
            ("$Record", "$Recrod", 'The resource "$Recrod" doesn\'t exist'),
            (
                "<stringValue>Expired</stringValue>",
                "<elementReference>someone</elementReference>",
                'The resource "someone" doesn\'t exist',
            ),
            (
                "<stringValue>Expired</stringValue>",
                "<elementReference>$Record.Account.Nmae</elementReference>",
                'The field "Nmae" for the object "Account" doesn\'t exist',
            ),
            (
                "<stringValue>Expired</stringValue>",
                "<stringValue>{!$Record.Nmae}</stringValue>",
                'The field "Nmae" for the object "Contact" doesn\'t exist',
            ),
            (
                "<inputReference>$Record</inputReference>",
                "<object>Invoice</object>",
                'The object "Invoice" doesn\'t exist',
            ),
            (
                "SMS_Delivery_Status__c</field>\n    <value>",
                "Name</field><value>",
                'The field "Name" for the object "Contact" can\'t be written',
            ),
        ],
    )
    def test_what_it_names_must_exist(self, org, old, new, problem):
        begin = start(CONNECTOR)

        assert problem in refusal(org, flow(UPDATE.replace(old, new), begin=begin))

    def test_a_value_that_a_restricted_picklist_lacks_is_a_warning(self, org):
        result = org.deploy(package(flows__Watch=flow(UPDATE.replace("Expired", "Eaten"))))

        assert result.failures[0].problem_type == "Warning"
        assert '"Eaten" is no value' in result.failures[0].problem


class TestSubflows:
    CALLED = (
        "<apiVersion>66.0</apiVersion><label>Called</label>"
        "<processType>AutoLaunchedFlow</processType>"
        + UPDATE.replace("<inputReference>$Record</inputReference>", "<object>Contact</object>")
        + f"<start>{LOCATION}{CONNECTOR}</start><status>Draft</status>"
        "<variables><name>who</name><dataType>String</dataType>"
        "<isCollection>false</isCollection><isInput>true</isInput><isOutput>false</isOutput>"
        "</variables>"
    )

    def caller(self, name="Called", variable="who"):
        return flow(
            f"<subflows><name>Mark</name><label>Mark</label>{LOCATION}"
            f"<flowName>{name}</flowName><inputAssignments><name>{variable}</name>"
            "<value><elementReference>$Record.Id</elementReference></value></inputAssignments>"
            "</subflows>"
        )

    def test_a_flow_of_the_same_package_can_be_called(self, org):
        data = package(flows__Called=self.CALLED, flows__Aaa=self.caller())

        assert org.deploy(data).success

    def test_a_flow_that_is_not_there_cannot(self, org):
        assert 'The flow "Gone" doesn\'t exist' in refusal(org, self.caller("Gone"))

    def test_its_variables_are_known(self, org):
        org.deploy(package(flows__Called=self.CALLED))

        assert 'has no variable "whom" that is available for input' in refusal(
            org, self.caller(variable="whom")
        )
