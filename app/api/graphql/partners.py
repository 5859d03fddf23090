"""What there is to choose from: partners, their products, assets."""

from functools import lru_cache

import strawberry

from app.api.graphql.context import Info
from app.api.graphql.described import described, described_type
from app.api.graphql.ledger_enums import AssetClass
from app.api.graphql.node import EXAMPLE_ID
from app.api.graphql.views import show, shows, view
from app.partners import catalog
from app.partners.read_catalog import load_catalog
from app.settings import Settings


@lru_cache(maxsize=8)
def catalog_of(settings: Settings) -> catalog.Catalog:
    """The catalog of these settings, read once."""
    return load_catalog(settings)


@shows(catalog.Partner)
@described_type("A bank. Also known as `partner`.")
class Partner:
    id: strawberry.ID = described(f"Its UUID: `{EXAMPLE_ID}`. Also known as `partner_id`.")
    ref: str = described("Its reference: `payrnet`. Also known as `partner_ref`.")
    name: str = described("Its name: `PayrNet`. Also known as `partner.company.name`.")


@shows(
    catalog.Product,
    partner=lambda product: show(Partner, shown=product.shown.partner),
    environments=lambda product: [str(environment) for environment in product.shown.environments],
)
@described_type("What a partner offers. Also known as `partner_product`.")
class PartnerProduct:
    name: str = described("Its name: `PayrNet-GBP-1`.")
    partner: Partner = described("Whose it is.")
    asset: str = described("What its ledgers hold: `GBP`.")
    environments: list[str] = described('Where it is offered: `["PLAYLIVE", "LIVE"]`.')
    allows_overdraft: bool = described("Whether its ledgers may have an overdraft limit: `true`.")


@shows(catalog.Asset, class_=lambda asset: asset.shown.asset_class)
@described_type("Something that a ledger can hold.")
class Asset:
    code: str = described("Its code: `GBP`. Also known as `asset_type`.")
    class_: AssetClass = described("What kind it is: `CURRENCY`.", name="class")
    scale: int = described("How many decimals its amounts have: `2`.")
    unit: str = described("What one of it is: `pound`, `troy ounce`.")


@strawberry.type
class PartnerQueries:
    """Queries about what there is to choose from."""

    @described("The partner products offered in this environment.")
    def partner_products(self, info: Info) -> list[PartnerProduct]:
        info.context.actor.require("ledgers:read")
        return [view(product, info.context) for product in catalog_of(info.context.settings).offered_products()]

    @described("The assets that there are: ten currencies and the virtual ones.")
    def assets(self, info: Info) -> list[Asset]:
        info.context.actor.require("ledgers:read")
        return [view(asset, info.context) for asset in catalog_of(info.context.settings).assets()]
