"""The catalog: partners, their products, and what ledgers can hold. Configuration, not code."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from app.partners.currencies import NAMES, exponent_of
from app.settings import Environment

SIMULATOR = "simulator"
ADAPTER_NAMES = (SIMULATOR,)


class AssetClass(StrEnum):
    """What kind of asset."""

    CURRENCY = "CURRENCY"
    COMMODITY = "COMMODITY"


@dataclass(frozen=True, slots=True)
class Partner:
    """A bank, and the adapter that answers for it."""

    id: UUID
    ref: str
    name: str
    adapter: str


@dataclass(frozen=True, slots=True)
class Product:
    """What a partner offers: ledgers of one asset, whose amounts have `scale` decimals.

    `bic` (None where the product has no IBANs) and `sort_codes` say which identifiers its accounts get;
    `allows_overdraft`, whether they may go below zero, as far as their limit.
    """

    name: str
    partner: Partner
    asset: str
    scale: int
    environments: tuple[Environment, ...]
    bic: str | None = None
    sort_codes: tuple[str, ...] = ()
    allows_overdraft: bool = False


@dataclass(frozen=True, slots=True)
class Asset:
    """Something a ledger can hold: `scale` is how many decimals its amounts have, `unit` what one of it is."""

    code: str
    asset_class: AssetClass
    scale: int
    unit: str


@dataclass(frozen=True, slots=True)
class Catalog:
    """All of it, as this environment sees it."""

    environment: Environment
    partners: tuple[Partner, ...]
    products: tuple[Product, ...]
    currencies: tuple[str, ...]
    virtual_assets: tuple[Asset, ...]
    jurisdictions: frozenset[str]

    def offered_products(self) -> list[Product]:
        """The products that can be asked for here: of this environment, and in LIVE of real banks only."""
        return [product for product in self.products if self._is_offered(product)]

    def product(self, name: str) -> Product | None:
        """A product by its name, offered here or not: ledgers issued earlier go on."""
        return next((product for product in self.products if product.name == name), None)

    def assets(self) -> list[Asset]:
        """Everything that a ledger can hold: the currencies, then the virtual assets."""
        currencies = [Asset(code, AssetClass.CURRENCY, exponent_of(code), NAMES[code]) for code in self.currencies]
        return [*currencies, *self.virtual_assets]

    def virtual_asset(self, code: str) -> Asset | None:
        """A virtual asset by its code."""
        return next((asset for asset in self.virtual_assets if asset.code == code), None)

    def allows_jurisdiction(self, code: str) -> bool:
        """Whether a ledger's assets may be held in this country (ISO 3166-1)."""
        return code in self.jurisdictions

    def _is_offered(self, product: Product) -> bool:
        is_play_money = self.environment is Environment.LIVE and product.partner.adapter == SIMULATOR
        return self.environment in product.environments and not is_play_money
