"""What there is to choose from: partners, their products, assets."""

from functools import lru_cache

import strawberry

from app.api.graphql.context import Info
from app.api.graphql.described import described, described_type
from app.api.graphql.ledger_enums import AssetClass
from app.api.graphql.node import EXAMPLE_ID
from app.partners.catalog import Catalog, Product
from app.partners.read_catalog import load_catalog
from app.settings import Settings


@lru_cache(maxsize=8)
def catalog_of(settings: Settings) -> Catalog:
    """The catalog of these settings, read once."""
    return load_catalog(settings)


@described_type("A bank. Also known as `partner`.")
class Partner:
    id: strawberry.ID = described(f"Its UUID: `{EXAMPLE_ID}`. Also known as `partner_id`.")
    ref: str = described("Its reference: `payrnet`. Also known as `partner_ref`.")
    name: str = described("Its name: `PayrNet`. Also known as `partner.company.name`.")


@described_type("What a partner offers. Also known as `partner_product`.")
class PartnerProduct:
    name: str = described("Its name: `PayrNet-GBP-1`.")
    partner: Partner = described("Whose it is.")
    asset: str = described("What its ledgers hold: `GBP`.")
    environments: list[str] = described('Where it is offered: `["PLAYLIVE", "LIVE"]`.')
    allows_overdraft: bool = described("Whether its ledgers may have an overdraft limit: `true`.")


@described_type("Something that a ledger can hold.")
class Asset:
    code: str = described("Its code: `GBP`. Also known as `asset_type`.")
    class_: AssetClass = described("What kind it is: `CURRENCY`.", name="class")
    scale: int = described("How many decimals its amounts have: `2`.")
    unit: str = described("What one of it is: `pound`, `troy ounce`.")


def product_of(product: Product) -> PartnerProduct:
    """The GraphQL view of a product."""
    return PartnerProduct(
        name=product.name,
        partner=partner_of(product),
        asset=product.asset,
        environments=[str(environment) for environment in product.environments],
        allows_overdraft=product.allows_overdraft,
    )


def partner_of(product: Product) -> Partner:
    """The GraphQL view of a product's partner."""
    return Partner(id=strawberry.ID(str(product.partner.id)), ref=product.partner.ref, name=product.partner.name)


@strawberry.type
class PartnerQueries:
    """Queries about what there is to choose from."""

    @described("The partner products offered in this environment.")
    def partner_products(self, info: Info) -> list[PartnerProduct]:
        info.context.actor.require("ledgers:read")
        return [product_of(product) for product in catalog_of(info.context.settings).offered_products()]

    @described("The assets that there are: ten currencies and the virtual ones.")
    def assets(self, info: Info) -> list[Asset]:
        info.context.actor.require("ledgers:read")
        return [
            Asset(code=asset.code, class_=asset.asset_class, scale=asset.scale, unit=asset.unit)
            for asset in catalog_of(info.context.settings).assets()
        ]
