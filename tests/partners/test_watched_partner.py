import pytest

from app.kernel.tracing import Kind, headers_to_send, span_at_door
from app.partners.counted_calls import CallCounts
from app.partners.port import AssignedIban, BankAccount, PartnerDeclined, SentPayment
from app.partners.watched_partner import WatchedPartner
from tests.recorded_spans import recording

ANSWERS = {
    "open_account": BankAccount(iban="GB33BUKB20201555555555", bic="BUKBGB22"),
    "assign_iban": AssignedIban("GB33BUKB20201555555555", "BUKBGB22"),
    "send_payment": SentPayment("reference"),
    "find_arrival": None,
    "return_arrival": None,
}


class Bank:
    """Answers each call, and notes what it was asked with."""

    def __init__(self):
        self.asked = []

    def __getattr__(self, name):
        async def call(request):
            self.asked.append((name, request, headers_to_send()))
            if request == "decline":
                raise PartnerDeclined("Ada Lovelace has no account")
            return ANSWERS[name]

        return call


def watched(bank):
    return WatchedPartner("payrnet", bank, "simulator", CallCounts())


@pytest.mark.parametrize("call", ANSWERS)
async def test_shows_each_call_and_hands_its_span_to_the_adapter(call):
    bank, request = Bank(), object()
    with recording() as spans, span_at_door("door", Kind.SERVER, None):
        assert await getattr(watched(bank), call)(request) is ANSWERS[call]
    asked = spans.one(f"partner simulator {call}")
    assert (asked.kind, asked.values, spans.below(spans.one("door"))) == ("client", {}, [asked.name])
    assert bank.asked == [(call, request, {"traceparent": f"00-{asked.trace_id}-{asked.id}-01"})]
    assert set(ANSWERS) == {name for name in vars(WatchedPartner) if not name.startswith("_")}


async def test_says_that_the_bank_declined_and_not_why():
    with recording() as spans, span_at_door("door", Kind.SERVER, None), pytest.raises(PartnerDeclined):
        await watched(Bank()).open_account("decline")
    assert spans.one("partner simulator open_account").values == {"error.type": "PartnerDeclined"}
    assert "Ada" not in repr(spans)


async def test_changes_nothing_where_nothing_is_recorded():
    bank = Bank()
    assert await watched(bank).open_account("request") is ANSWERS["open_account"]
    assert bank.asked == [("open_account", "request", {})]
