"""What real Kannel makes of an SMSC's receipts, refusals and replies, at the running door."""

from datetime import timedelta

import pytest

from connector.clock import system_clock
from connector.domain.consent import ConsentKind
from tests.kannel import pdus
from tests.kannel.conftest import CAMPAIGN, RECORD
from tests.kannel.kannel import SENDER


class TestReceipts:
    @pytest.mark.parametrize(
        "recipient, status, reason, error_code",
        [
            ("+447700900101", "Delivered", None, ""),
            ("+447700900102", "Rejected", "unknown", "011"),
            ("+447700900103", "Expired", "expired", "027"),
            ("+447700900104", "Undelivered", "invalid_number", "001"),
            ("+447700900114", "Expired", "expired", ""),
        ],
    )
    def test_a_receipt_becomes_a_status(self, line, recipient, status, reason, error_code):
        line.send(recipient, f"of {recipient}")

        delivery = line.settled(f"of {recipient}")

        assert (delivery.status, delivery.reason) == (status, reason)
        assert (delivery.error_code, delivery.recipient) == (error_code, recipient)

    def test_what_was_put_into_the_address_comes_back(self, line):
        line.send("+447700900101", "CASE 28/50%d+1")

        delivery = line.settled("CASE 28/50%d+1")

        assert (delivery.reference, delivery.campaign) == (RECORD, CAMPAIGN)
        assert delivery.sender == SENDER
        assert abs(delivery.status_at - system_clock()) < timedelta(hours=1)

    def test_a_message_is_pending_before_it_is_settled_or_after(self, line):
        """Each report has its own connection: they do overtake each other."""
        line.send("+447700900101", "two reports")

        line.wait_until(lambda: len(line.words("two reports")) == 2)

        assert line.words("two reports") == {"Pending", "Delivered"}
        assert line.settled("two reports").status == "Delivered"


class TestRefusals:
    def test_what_the_smsc_refuses_is_rejected_with_its_command_status(self, line):
        line.send("+447700900105", "refused")

        delivery = line.settled("refused")

        assert (delivery.status, delivery.reason) == ("Rejected", "invalid_number")
        assert delivery.error_code == "0x0000000b"

    def test_what_kannel_gives_up_has_failed(self, line):
        line.send("+447700900106", "given up")

        delivery = line.settled("given up")

        assert (delivery.status, delivery.reason) == ("Failed", "network")


class TestReplies:
    @pytest.mark.parametrize(
        "handset, text, data_coding",
        [
            ("447700900111", "STOP", 0),
            ("447700900112", "Stop.", 0),
            ("447700900113", "STOP \N{THUMBS UP SIGN}", pdus.UCS2),
            ("447700900115", "Stop\N{ANGRY FACE}", pdus.UCS2),
            ("447700900116", "\N{LEFT DOUBLE QUOTATION MARK}stop", pdus.UCS2),
        ],
    )
    def test_a_stop_becomes_an_opt_out_and_nothing_is_sent_back(
        self, line, handset, text, data_coding
    ):
        drain(line.smsc.submitted)

        line.smsc.deliver(handset, SENDER, text, data_coding=data_coding)
        line.wait_until(lambda: said_by(line, f"+{handset}"))
        line.smsc.deliver("447700900119", SENDER, "ping")

        (event,) = said_by(line, f"+{handset}")
        assert (event.kind, event.keyword, event.sender) == (ConsentKind.STOP, "STOP", SENDER)
        # The first that any handset gets is the answer to what came later.
        answer = line.smsc.submitted.get(timeout=30)
        assert (answer.destination, answer.text) == ("447700900119", b"pong")


def said_by(line, phone):
    with line.store.transaction(reads=True) as transaction:
        return [event for _, event in transaction.consents.said_by(phone, 10)]


def drain(messages):
    while not messages.empty():
        messages.get()
