from uuid import UUID

import pycountry
import pytest

from app.partners.catalog import Asset, AssetClass
from app.partners.read_catalog import SHIPPED_FILE
from app.settings import Environment


@pytest.mark.parametrize(
    ("environment", "names"),
    [
        ("PLAY", ["ExampleBank-GBP-1", "ExampleBank-EUR-1"]),
        ("PLAYLIVE", ["PayrNet-GBP-1", "PayrNet-EUR-1"]),
        ("LIVE", []),
    ],
)
def test_offers_the_products_of_the_environment_and_no_simulated_bank_in_live(load, environment, names):
    assert [product.name for product in load(environment=environment).offered_products()] == names


def test_ships_the_products_of_the_seed(load):
    products = {product.name: product for product in load().products}
    assert {name: (product.asset, product.scale, [*product.environments]) for name, product in products.items()} == {
        "ExampleBank-GBP-1": ("GBP", 2, ["PLAY"]),
        "ExampleBank-EUR-1": ("EUR", 2, ["PLAY"]),
        "PayrNet-GBP-1": ("GBP", 2, ["PLAYLIVE", "LIVE"]),
        "PayrNet-EUR-1": ("EUR", 2, ["PLAYLIVE", "LIVE"]),
        "PayrNet-GBP-2": ("GBP", 2, ["LIVE"]),
    }
    payrnet = products["PayrNet-GBP-1"].partner
    assert (payrnet.id, payrnet.ref, payrnet.name) == (
        UUID("58fe2ce1-b90b-4868-b40d-cb3bc43395d9"),
        "payrnet",
        "PayrNet",
    )
    assert products["PayrNet-GBP-1"].bic == "PAYRGB2LXXX"


def test_ships_no_sort_code_for_two_products(load):
    codes = [code for product in load().products for code in product.sort_codes]
    assert len(codes) == len(set(codes)) == 15


def test_knows_ten_currencies_and_three_commodities(load):
    assets = load().assets()
    assert [asset.code for asset in assets if asset.asset_class is AssetClass.CURRENCY] == [
        "GBP", "EUR", "AUD", "CHF", "CAD", "SEK", "USD", "NOK", "NZD", "JPY",
    ]  # fmt: skip
    assert [asset.code for asset in assets if asset.asset_class is AssetClass.COMMODITY] == [
        "GOLD", "GOLDBLOC", "WHISKY",
    ]  # fmt: skip
    assert assets[0] == Asset("GBP", AssetClass.CURRENCY, 2, "Pound Sterling")
    assert assets[9] == Asset("JPY", AssetClass.CURRENCY, 0, "Yen")


def test_finds_a_virtual_asset_by_its_code(load):
    catalog = load()
    assert catalog.virtual_asset("GOLD") == Asset("GOLD", AssetClass.COMMODITY, 4, "troy ounce")
    assert catalog.virtual_asset("GBP") is None


def test_finds_a_product_that_is_not_offered_here(load):
    catalog = load()
    assert catalog.product("PayrNet-GBP-2").name == "PayrNet-GBP-2"
    assert catalog.product("Nobody-GBP-1") is None


def test_allows_the_jurisdictions_of_its_list_which_all_exist(load):
    catalog = load()
    assert catalog.allows_jurisdiction("GB")
    assert catalog.allows_jurisdiction("US")
    assert catalog.allows_jurisdiction("DE")
    assert not catalog.allows_jurisdiction("KP")
    assert not catalog.allows_jurisdiction("gb")
    assert {code for code in catalog.jurisdictions if pycountry.countries.get(alpha_2=code) is None} == set()
    assert len(catalog.jurisdictions) == 43


def test_offers_usd_after_a_new_product_in_the_file_and_nothing_else(load):
    text = SHIPPED_FILE.read_text() + (
        '\n[[products]]\nname = "PayrNet-USD-1"\npartner = "payrnet"\nasset = "USD"\nenvironments = ["PLAYLIVE"]\n'
    )
    product = load(text).offered_products()[-1]
    assert (product.name, product.asset, product.scale) == ("PayrNet-USD-1", "USD", 2)
    assert (product.bic, product.sort_codes) == (None, ())
    assert product.environments == (Environment.PLAYLIVE,)
