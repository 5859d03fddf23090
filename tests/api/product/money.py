"""The mutations of money over HTTP: how each is called, and a customer with ledgers, holds and transfers of every kind.

A new mutation of money without a baseline here fails `test_system_accounts.py`: say how it is called when all is well.
"""

import copy
from dataclasses import dataclass, field
from uuid import UUID

from graphql import GraphQLInputObjectType, GraphQLUnionType, get_named_type, get_nullable_type, is_list_type

from app.access.note_last_use import finish_noting_last_use
from app.api.graphql.schema import schema
from app.db.connection import fetchval, pool
from app.db.identifiers import new_id
from app.journal.posting_accounts import Book, NormalSide
from app.kernel.money import Unit
from tests.bookkeeping import fund, open_account

GRAPH = schema._schema
OF_MONEY = {"TransferSuccess", "TransfersSuccess", "GroupSuccess", "HoldSuccess", "HoldsSuccess", "PaymentSuccess"}

TRANSFER = """id kind status amount { value minorUnits asset scale } reversedAmount { value } groupId reference metadata
    postedAt"""
HOLD = """id status amount { value minorUnits asset scale } captured { value } released { value } remaining { value }
    expiresAt reference metadata createdAt updatedAt"""
REFUSALS = {
    "Error": "code message path",
    "ForbiddenError": "requiredScope",
    "ConflictError": "status existingId",
    "LimitError": "retryAfterSeconds",
    "InsufficientFundsError": "lackingId available { value asset }",
    "BatchRefusedError": """index cause { __typename code message path
        ... on ConflictError { status } ... on InsufficientFundsError { lackingId } }""",
}
SUCCESS = {
    "TransferSuccess": f"transfer {{ {TRANSFER} }} replayed",
    "GroupSuccess": f"groupId transfers {{ {TRANSFER} }} replayed",
    "HoldSuccess": f"hold {{ {HOLD} }} replayed",
    "PaymentSuccess": "payment { id status } replayed",
    "TransfersSuccess": f"""groupId results {{ __typename
        ... on TransferSuccess {{ transfer {{ {TRANSFER} }} replayed }}
        ... on Error {{ code message path }} ... on ConflictError {{ status }}
        ... on InsufficientFundsError {{ lackingId available {{ value }} }} }}""",
    "HoldsSuccess": f"""results {{ __typename ... on HoldSuccess {{ hold {{ {HOLD} }} replayed }}
        ... on Error {{ code message path }} ... on ConflictError {{ status }}
        ... on InsufficientFundsError {{ lackingId available {{ value }} }} }}""",
}


def money_mutations():
    """The names of the mutations whose success is a transfer, a hold or a payment, with that success's type."""
    for name, declared in GRAPH.mutation_type.fields.items():
        union = get_named_type(declared.type)
        if isinstance(union, GraphQLUnionType):
            for member in union.types:
                if member.name in OF_MONEY:
                    yield name, member.name


MUTATIONS = dict(money_mutations())


def document(name):
    """A document that calls one of them with `$input` and asks for all that is of interest."""
    mutation = GRAPH.mutation_type.fields[name]
    members = {member.name for member in get_named_type(mutation.type).types} | {"Error"}
    told = {member: fields for member, fields in {**SUCCESS, **REFUSALS}.items() if member in members}
    selected = " ".join(f"... on {member} {{ {fields} }}" for member, fields in told.items())
    return f"mutation ($input: {mutation.args['input'].type}) {{ {name}(input: $input) {{ __typename {selected} }} }}"


DOCUMENTS = {name: document(name) for name in MUTATIONS}


def places_of(name, type_name):
    """The places in a mutation's arguments where a value of this type goes; an item of a list is item 0."""

    def walk(arguments):
        for argument_name, argument in arguments.items():
            named = get_named_type(argument.type)
            path = (argument_name, 0) if is_list_type(get_nullable_type(argument.type)) else (argument_name,)
            if named.name == type_name:
                yield path
            elif isinstance(named, GraphQLInputObjectType):
                yield from ((*path, *inner) for inner in walk(named.fields))

    return list(walk(GRAPH.mutation_type.fields[name].args))


def changed(value, path, replacement):
    """A copy of nested dicts and lists with one place replaced."""
    made = copy.deepcopy(value)
    place = made
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = replacement
    return made


def pounds(value):
    return {"value": value, "asset": "GBP"}


def gold(value):
    return {"value": value, "asset": "GOLD"}


def key():
    """A new idempotency key."""
    return str(new_id())


@dataclass
class Scene:
    """A customer's client and the ids of what it has, by name; `theirs` are another customer's."""

    client: object
    others: object
    ids: dict = field(default_factory=dict)

    def __getattr__(self, name):
        try:
            return self.__dict__["ids"][name]
        except KeyError:
            raise AttributeError(name) from None

    @property
    def customer_id(self):
        return UUID(self.client.customer_id)

    def baseline(self, name):
        """An input with which this mutation succeeds, under a new key."""
        transfer = {
            "idempotencyKey": key(),
            "debitId": self.payer,
            "creditId": self.payee,
            "amount": pounds("1.00"),
            "reference": "invoice 2026-117",
            "metadata": {"invoice": "2026-117"},
        }
        movement = {"idempotencyKey": key(), "ledgerId": self.gold, "amount": gold("1.0000")}
        counterparty = {"name": "Ada Lovelace", "ukBankAccount": {"sortCode": "040004", "accountNumber": "12345678"}}
        payment = {
            "idempotencyKey": key(),
            "ledgerId": self.payer,
            "amount": pounds("1.00"),
            "counterparty": counterparty,
        }
        return {
            "postTransfer": transfer,
            "postTransfers": {"transfers": [transfer]},
            "reverseTransfer": {
                "idempotencyKey": key(),
                "transferId": self.ids.get("transfer"),
                "reason": "Paid twice.",
            },
            "reverseGroup": {
                "idempotencyKey": key(),
                "groupId": self.ids.get("group"),
                "reason": "Booked twice.",
            },
            "creditVirtualLedger": movement,
            "debitVirtualLedger": movement,
            "placeHold": {**transfer, "expiresAt": "2999-01-01T00:00:00Z"},
            "placeHolds": {"holds": [{**transfer, "expiresAt": "2999-01-01T00:00:00Z"}]},
            "adjustHold": {"idempotencyKey": key(), "holdId": self.ids.get("hold"), "amount": pounds("2.00")},
            "captureHold": {"idempotencyKey": key(), "holdId": self.ids.get("hold"), "amount": pounds("1.00")},
            "releaseHold": {"idempotencyKey": key(), "holdId": self.ids.get("hold")},
            "sendPayment": payment,
            "simulateIncomingPayment": payment,
        }[name]

    async def call(self, name, client=None, /, **given):
        """Call a mutation of money with the baseline, but for what is given; answers its union member."""
        return await self.send(name, {**self.baseline(name), **given}, client)

    async def send(self, name, given, client=None):
        """Call a mutation of money with this input; answers its union member."""
        answer = (await (client or self.client).data(DOCUMENTS[name], input=given))[name]
        await finish_noting_last_use()
        return answer

    async def done(self, name, **given):
        """Call a mutation that succeeds; answers the transfer, hold or payment."""
        answer = await self.call(name, **given)
        assert answer["__typename"] == MUTATIONS[name], answer
        return answer[MUTATIONS[name].removesuffix("Success").lower()]

    async def post_group(self, **given):
        """Post two transfers of half a pound each, or others, as a group; answers its id."""
        each = [{**self.baseline("postTransfer"), "amount": pounds("0.50"), **given} for _ in range(2)]
        answer = await self.send("postTransfers", {"transfers": each, "atomic": True})
        assert len(answer["results"]) == 2, answer
        return answer["groupId"]

    async def balance(self, ledger_id):
        """Posted, held and available, as the API tells them."""
        found = await self.client.data(
            "query ($id: ID!) { ledger(by: { id: $id }) { balance { "
            "posted { value } held { value } available { value } } } }",
            id=ledger_id,
        )
        return tuple(found["ledger"]["balance"][name]["value"] for name in ("posted", "held", "available"))


VIRTUAL = """mutation ($asset: String!) { issueVirtualLedger(input: { asset: $asset }) {
    ... on LedgerSuccess { ledger { id } } } }"""


async def issue_virtual(client, asset):
    """A virtual ledger; answers its id."""
    return (await client.data(VIRTUAL, asset=asset))["issueVirtualLedger"]["ledger"]["id"]


async def close(client, ledger_id):
    """Close a ledger; answers the union member."""
    return (
        await client.data(
            """mutation ($id: ID!) { closeLedger(input: { ledgerId: $id }) { __typename
                ... on Error { code message path } ... on ConflictError { status } } }""",
            id=ledger_id,
        )
    )["closeLedger"]


async def small_scene(client, others, work):
    """Ledgers with money in them, nothing else: 100.00 GBP with the payer, 10 GOLD."""
    scene = Scene(client, others)
    for name in ("payer", "payee"):
        scene.ids[name] = await client.issue_ledger()
    scene.ids["gold"] = await issue_virtual(client, "GOLD")
    await work()
    await fund(scene.customer_id, UUID(scene.payer), 10_000)
    await scene.done("creditVirtualLedger", amount=gold("10"))
    return scene


async def make_scene(client, others, work):
    """All that the refusals need. It takes a while: make it once for many tests that change nothing."""
    scene = await small_scene(client, others, work)
    ids = scene.ids
    for name in ("closed", "declined", "spender", "doomed"):
        ids[name] = await client.issue_ledger(**({"metadata": {"simulate": "decline"}} if name == "declined" else {}))
    ids["euro"] = await client.issue_ledger(partnerProduct="PayrNet-EUR-1", asset="EUR")
    for name, asset in (("other_gold", "GOLD"), ("whisky", "WHISKY"), ("goldbloc", "GOLDBLOC")):
        ids[name] = await issue_virtual(client, asset)
    ids["holder"] = await client.create_holder()
    quarantined = await client.create_holder(metadata={"simulate": "quarantine"})
    await work()
    ids["in_error"] = await client.issue_ledger(holderId=quarantined)
    await work()
    assert (await close(client, scene.closed))["__typename"] == "LedgerSuccess"
    await _move_money(scene)
    await _hold_money(scene)
    await _freeze(scene, work)
    await _open_wallets(scene)
    await _theirs(scene, work)
    for name in ("sent", "received"):
        ids[f"of_{name}"] = str(await fetchval("SELECT id FROM transfers WHERE payment_id = $1", UUID(ids[name])))
    # Nothing promised is done after this.
    ids["pending"] = await client.issue_ledger()
    sending = (await scene.done("sendPayment"))["id"]
    ids["of_sending"] = str(await fetchval("SELECT id FROM holds WHERE payment_id = $1", UUID(sending)))
    for name, expected in (("declined", "DECLINED"), ("in_error", "ERROR"), ("pending", "PENDING"), ("euro", "OK")):
        assert await fetchval("SELECT status FROM ledgers WHERE id = $1", UUID(ids[name])) == expected
    await finish_noting_last_use()
    return scene


async def _move_money(scene):
    ids = scene.ids
    ids["transfer"] = (await scene.done("postTransfer", idempotencyKey="a transfer"))["id"]
    ids["reversed"] = (await scene.done("postTransfer"))["id"]
    ids["reversal"] = (
        await scene.done("reverseTransfer", idempotencyKey="a reversal", transferId=scene.reversed, reason=None)
    )["id"]
    ids["partly_reversed"] = (await scene.done("postTransfer"))["id"]
    part = {"transferId": scene.partly_reversed, "amount": pounds("0.40"), "reason": None}
    await scene.done("reverseTransfer", idempotencyKey="a part", **part)
    for name in ("group", "group_reversed"):
        ids[name] = await scene.post_group()
    undone = await scene.call("reverseGroup", idempotencyKey="a group", groupId=scene.group_reversed, reason=None)
    ids["group_of_reversals"] = undone["groupId"]
    ids["spent"] = (await scene.done("postTransfer", creditId=scene.spender))["id"]
    await scene.done("postTransfer", debitId=scene.spender)
    ids["group_spent"] = await scene.post_group(creditId=scene.spender)
    await scene.done("postTransfer", debitId=scene.spender)
    ids["group_of_closed"] = await scene.post_group(creditId=scene.doomed)
    await scene.done("postTransfer", debitId=scene.doomed)
    ids["of_closed"] = (await scene.done("postTransfer", creditId=scene.doomed))["id"]
    await scene.done("postTransfer", debitId=scene.doomed)
    assert (await close(scene.client, scene.doomed))["__typename"] == "LedgerSuccess"
    ids["gold_credit"] = (
        await scene.done("creditVirtualLedger", idempotencyKey="a credit", ledgerId=scene.other_gold)
    )["id"]
    await scene.done("debitVirtualLedger", idempotencyKey="a debit")
    ids["sent"] = (await scene.done("sendPayment"))["id"]
    ids["received"] = (await scene.done("simulateIncomingPayment"))["id"]


async def _hold_money(scene):
    ids = scene.ids
    ids["hold"] = (await scene.done("placeHold", idempotencyKey="a hold", amount=pounds("40.00")))["id"]
    for name in ("captured", "released", "expired"):
        ids[name] = (await scene.done("placeHold"))["id"]
    await scene.done("captureHold", idempotencyKey="a capture", holdId=scene.captured)
    await scene.done("releaseHold", idempotencyKey="a release", holdId=scene.released)
    # A pound and more, of which twenty pence are captured, ten released, and seventy remain.
    ids["in_parts"] = (await scene.done("placeHold", amount=pounds("1.20")))["id"]
    part = {"idempotencyKey": "a part", "holdId": scene.in_parts}
    await scene.done("captureHold", **part, amount=pounds("0.20"), final=False)
    await scene.done("releaseHold", **part, amount=pounds("0.10"))
    await scene.done("adjustHold", idempotencyKey="an adjustment", holdId=scene.in_parts, amount=pounds("1.00"))
    # As if its time had come, and nobody had swept it yet.
    await pool().execute("UPDATE holds SET expires_at = now() - interval '1 second' WHERE id = $1", UUID(scene.expired))
    ids["of_capture"] = str(await fetchval("SELECT id FROM transfers WHERE hold_id = $1", UUID(scene.captured)))


FREEZE = """mutation ($input: FreezeInput!) { freeze(input: $input) { __typename } }"""


async def _freeze(scene, work):
    """Ledgers that are frozen for debits, for credits, and for both, with a transfer and a hold from before."""
    ids = scene.ids
    for name in ("frozen_payer", "frozen_payee", "frozen"):
        ids[name] = await scene.client.issue_ledger()
    ids["frozen_gold"] = await issue_virtual(scene.client, "GOLD")
    await work()
    await fund(scene.customer_id, UUID(scene.frozen_payer), 1_000)
    await scene.done("creditVirtualLedger", ledgerId=scene.frozen_gold)
    before = {"debitId": scene.frozen_payer, "creditId": scene.frozen}
    ids["of_frozen"] = (await scene.done("postTransfer", **before))["id"]
    ids["hold_of_frozen"] = (await scene.done("placeHold", **before))["id"]
    for name, scope in (
        ("frozen_payer", "DEBITS"),
        ("frozen_payee", "CREDITS"),
        ("frozen", "ALL"),
        ("frozen_gold", "ALL"),
    ):
        given = {"id": ids[name], "scope": scope, "reason": "Court order."}
        assert (await scene.client.data(FREEZE, input=given))["freeze"]["__typename"] == "FreezeSuccess"


async def _open_wallets(scene):
    """As a noun of their own would: those that pay by being debited, and one that pays by being credited."""
    ids = scene.ids
    for name, side, scale, balance in (
        ("wallet", NormalSide.CREDIT, 2, 2_000),
        ("second_wallet", NormalSide.CREDIT, 2, 0),
        ("debit_normal", NormalSide.DEBIT, 2, 500),
        ("fine_wallet", NormalSide.CREDIT, 6, 0),
    ):
        unit = Unit("GBP", scale)
        opened = await open_account(scene.customer_id, book=Book.WALLET, unit=unit, normal_side=side, balance=balance)
        ids[name] = str(opened)


async def _theirs(scene, work):
    theirs = await small_scene(scene.others, scene.client, work)
    theirs.ids["transfer"] = (await theirs.done("postTransfer"))["id"]
    theirs.ids["group"] = await theirs.post_group()
    theirs.ids["hold"] = (await theirs.done("placeHold"))["id"]
    scene.ids |= {f"theirs_{name}": value for name, value in theirs.ids.items()}
