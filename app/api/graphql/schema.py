"""The schema, assembled from one module per noun."""

from strawberry.schema.config import StrawberryConfig

from app.api.graphql.access import AccessMutations, AccessQueries
from app.api.graphql.access_tokens import AccessTokenMutations, AccessTokenQueries
from app.api.graphql.account_mutations import AccountMutations
from app.api.graphql.account_queries import AccountQueries
from app.api.graphql.accounting import AccountingQueries
from app.api.graphql.books import BooksMutations, BooksQueries
from app.api.graphql.control_mutations import ControlMutations
from app.api.graphql.counts import CountQueries
from app.api.graphql.described import described_type
from app.api.graphql.described_schema import DescribedSchema
from app.api.graphql.entries import EntryQueries
from app.api.graphql.events import EventQueries, Subscription
from app.api.graphql.execution.executor import FastExecutor
from app.api.graphql.find import FindQueries
from app.api.graphql.hold_mutations import HoldMutations
from app.api.graphql.holders import HolderMutations, HolderQueries
from app.api.graphql.holds import HoldQueries
from app.api.graphql.journal_mutations import JournalMutations
from app.api.graphql.ledger_mutations import LedgerMutations
from app.api.graphql.ledgers import LedgerQueries
from app.api.graphql.nodes import NodeQueries
from app.api.graphql.partners import PartnerQueries
from app.api.graphql.payment_mutations import PaymentMutations
from app.api.graphql.payments import PaymentQueries
from app.api.graphql.safeguarding import SafeguardingQueries
from app.api.graphql.scalars import SCALAR_MAP
from app.api.graphql.statements import StatementQueries
from app.api.graphql.stuck_work import StuckWorkQueries, WorkMutations
from app.api.graphql.transfers import TransferQueries
from app.api.graphql.trial_balance import TrialBalanceQueries
from app.api.graphql.unit_balances import UnitBalanceQueries
from app.api.graphql.webhook_mutations import WebhookMutations
from app.api.graphql.webhooks import WebhookQueries
from app.kernel.version import VERSION


@described_type("What can be asked. What does not exist, or is another customer's, is null.")
class Query(
    AccessQueries,
    AccessTokenQueries,
    NodeQueries,
    FindQueries,
    HolderQueries,
    LedgerQueries,
    AccountQueries,
    TransferQueries,
    HoldQueries,
    PaymentQueries,
    EntryQueries,
    TrialBalanceQueries,
    AccountingQueries,
    SafeguardingQueries,
    UnitBalanceQueries,
    CountQueries,
    BooksQueries,
    StatementQueries,
    PartnerQueries,
    EventQueries,
    WebhookQueries,
    StuckWorkQueries,
):
    """All queries."""


@described_type("What can be done. Each answers its success, or a refusal: then nothing happened.")
class Mutation(
    HolderMutations,
    LedgerMutations,
    AccountMutations,
    JournalMutations,
    HoldMutations,
    ControlMutations,
    BooksMutations,
    PaymentMutations,
    WebhookMutations,
    WorkMutations,
    AccessMutations,
    AccessTokenMutations,
):
    """All mutations."""


DESCRIPTION = f"""
Quaestor {VERSION}: ledgers, accounts and wallets, transfers, holds and payments, with events and webhooks.

Keys. Send `Authorization: Bearer <key>` or `API-Key <key>`. A key has scopes, such as `ledgers:read`, and sees only
what belongs to its own customer: what is another's does not exist.

Refusals. Every mutation answers a union: its success, or a refusal that implements `Error`. A refusal means that
nothing happened. Branch on its `code`, never on its `message`; `... on Error` catches members that are added later. A
top-level error with the code INTERNAL or TIMEOUT means that it is unknown what happened: ask again with the same key.

Idempotency. `idempotencyKey` is of your choice, at most 255 characters, for one operation. The same key with the same
content answers the same object as it now is, with `replayed: true`. With other content it is IDEMPOTENCY_MISMATCH.
Whatever moves money needs a key, and those keys never expire.

Money. Amounts are exact decimals as strings, `{{ value: "10.00", asset: "GBP" }}`, and never floats. More decimals than
the asset has are refused, never rounded.

Versions. A new version adds, and takes nothing away but what was deprecated for twelve months. New fields, types,
values of enums and members of unions may come at any time, so have a case for what you do not know.

Null. In an input null is the same as leaving the field out. An update empties a field only where `clear` names it.
An address or a party that is given replaces the whole of the one before. Metadata is the exception: there a null
removes a key.
""".strip()

schema = DescribedSchema(
    description=DESCRIPTION,
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    config=StrawberryConfig(scalar_map=SCALAR_MAP),
    execution_context_class=FastExecutor,
)
