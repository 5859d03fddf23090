"""Find the adapter for a product."""

from collections.abc import Callable
from uuid import UUID

from app.partners.adapters.simulator import Simulator
from app.partners.catalog import SIMULATOR, Catalog
from app.partners.port import Arrival, BankPartner, PartnerUnavailable
from app.partners.watched_partner import WatchedPartner, span_of
from app.settings import Settings

ADAPTERS: dict[str, Callable[[Catalog, Settings], BankPartner]] = {
    SIMULATOR: lambda catalog, settings: Simulator(catalog, delay_seconds=settings.simulator_delay_seconds),
}


class PartnerDirectory:
    """Every bank of a catalog, made once at the start."""

    def __init__(self, catalog: Catalog, settings: Settings) -> None:
        self._catalog = catalog
        names = {partner.adapter for partner in catalog.partners}
        self._adapters = {name: ADAPTERS[name](catalog, settings) for name in names}
        self._banks = {
            one.ref: WatchedPartner(one.ref, self._adapters[one.adapter], one.adapter) for one in catalog.partners
        }

    def partner_for(self, product_name: str) -> BankPartner:
        """The bank behind a product.

        :raises PartnerUnavailable: the catalog no longer has the product. Its work waits until it is back.
        """
        product = self._catalog.product(product_name)
        if product is None:
            raise PartnerUnavailable(f"The catalog has no product {product_name} any more: put it back.")
        return self._banks[product.partner.ref]

    async def find_arrival(self, arrival_id: UUID) -> Arrival | None:
        """An arrival that one of the banks reported."""
        for name, adapter in self._adapters.items():
            with span_of(name, "find_arrival"):
                arrival = await adapter.find_arrival(arrival_id)
            if arrival is not None:
                return arrival
        return None
