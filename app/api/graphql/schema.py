"""The schema, assembled from one module per noun."""

import strawberry
from strawberry.schema.config import StrawberryConfig

from app.api.graphql.access import AccessMutations, AccessQueries
from app.api.graphql.entries import EntryQueries
from app.api.graphql.events import EventQueries, Subscription
from app.api.graphql.execution.executor import FastExecutor
from app.api.graphql.holders import HolderMutations, HolderQueries
from app.api.graphql.holds import HoldQueries
from app.api.graphql.journal_mutations import JournalMutations
from app.api.graphql.ledger_mutations import LedgerMutations
from app.api.graphql.ledgers import LedgerQueries
from app.api.graphql.nodes import NodeQueries
from app.api.graphql.partners import PartnerQueries
from app.api.graphql.payment_mutations import PaymentMutations
from app.api.graphql.payments import PaymentQueries
from app.api.graphql.scalars import SCALAR_MAP
from app.api.graphql.transfers import TransferQueries
from app.api.graphql.trial_balance import TrialBalanceQueries
from app.api.graphql.webhook_mutations import WebhookMutations
from app.api.graphql.webhooks import WebhookQueries


@strawberry.type(description="What can be asked. What does not exist, or is another customer's, is null.")
class Query(
    AccessQueries,
    NodeQueries,
    HolderQueries,
    LedgerQueries,
    TransferQueries,
    HoldQueries,
    PaymentQueries,
    EntryQueries,
    TrialBalanceQueries,
    PartnerQueries,
    EventQueries,
    WebhookQueries,
):
    """All queries."""


@strawberry.type(description="What can be done. Each answers its success, or a refusal: then nothing happened.")
class Mutation(HolderMutations, LedgerMutations, JournalMutations, PaymentMutations, WebhookMutations, AccessMutations):
    """All mutations."""


schema = strawberry.Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    config=StrawberryConfig(scalar_map=SCALAR_MAP),
    execution_context_class=FastExecutor,
)
