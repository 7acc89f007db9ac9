"""The flow that all fault paths of ours end in: it tells the admin."""

from connector.footprint.component import Component
from connector.footprint.flows.elements import Ref, assignment, send_email
from connector.footprint.flows.flow import REPORT_FAILURE, flow
from connector.footprint.flows.resources import formula, takes, text, variable
from connector.footprint.flows.starts import called


def report_failure_flow() -> Component:
    return flow(
        REPORT_FAILURE,
        "SMS: report a failure (subflow)",
        "Called where a step of another SMS flow fails. It sends an e-mail, so that what the "
        "SMS connector writes is saved all the same and somebody knows. Change the formula "
        "Address to say who.",
        start=called("Send_Email"),
        elements=(
            send_email(
                "Send_Email",
                "Tell the admin",
                to=Ref("Address"),
                subject=Ref("Subject"),
                text=Ref("Message"),
                fault="Give_Up",
            ),
            assignment(
                "Give_Up",
                "Keep the message for the debug log",
                ("emailFailure", "Assign", Ref("$Flow.FaultMessage")),
            ),
        ),
        resources=(
            takes("flowName", "The flow in which something failed."),
            takes("recordId", "The record that it was about."),
            takes("failure", "What Salesforce said."),
            variable("emailFailure", "Why not even the e-mail could be sent."),
            formula(
                "Address",
                "{!$User.Email}",
                "Who is told: the user that the flow runs as. To tell somebody else, put an "
                "address in double quotes here.",
                "String",
            ),
            formula(
                "Subject",
                '"SMS flow failed: " & {!flowName}',
                "The subject of the e-mail.",
                "String",
            ),
            text(
                "Message",
                "A step of the flow {!flowName} failed for the record {!recordId}.\n\n"
                "{!failure}\n\n"
                "The record itself was saved. The flow did not do the rest of its work for it.",
                "The text of the e-mail.",
            ),
        ),
    )
