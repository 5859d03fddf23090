import pytest

from app.partners.adapters.simulator import Simulator
from app.partners.directory import PartnerDirectory
from app.partners.port import PartnerUnavailable
from app.partners.watched_partner import WatchedPartner
from app.settings import load_settings


def test_knows_who_answers_for_each_product(load):
    catalog = load()
    directory = PartnerDirectory(catalog, load_settings())
    banks = {product.partner.ref: directory.partner_for(product.name) for product in catalog.products}
    assert set(banks) == {"payrnet", "examplebank"}
    assert len(set(banks.values())) == 2
    for ref, bank in banks.items():
        assert isinstance(bank, WatchedPartner)
        assert bank.ref == ref
        assert isinstance(bank.bank, Simulator)


def test_holds_work_back_for_a_product_that_is_gone(load):
    with pytest.raises(PartnerUnavailable, match="Gone-GBP-1"):
        PartnerDirectory(load(), load_settings()).partner_for("Gone-GBP-1")
