"""Read a catalog file, and check that it makes sense."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from schwifty import BIC

from app.kernel.countries import COUNTRIES
from app.partners.bank_identifiers import compact
from app.partners.catalog import ADAPTER_NAMES, SIMULATOR, Asset, AssetClass, Catalog, Partner, Product
from app.partners.catalog_file import CatalogFile, CatalogTable
from app.partners.currencies import NAMES, exponent_of
from app.settings import Environment, Settings

T = TypeVar("T")

SHIPPED_FILE = Path(__file__).with_name("catalog.toml")
SCALE_MAX = 18
IBAN_COUNTRIES = ("GB", "IE")
"""Countries whose IBAN has a bank code, a sort code of six digits and an account number of eight."""

TOP_LEVEL_KEYS = ("jurisdictions", "currencies", "partners", "products", "virtual_assets")
PARTNER_KEYS = ("id", "ref", "name", "adapter")
PRODUCT_KEYS = ("name", "partner", "asset", "environments", "bic", "sort_codes", "overdraft")
VIRTUAL_ASSET_KEYS = ("code", "unit", "scale")

_ASSET = re.compile(r"[A-Z0-9]{2,12}", re.ASCII)
_SORT_CODE = re.compile(r"[0-9]{6}", re.ASCII)


def load_catalog(settings: Settings) -> Catalog:
    """The catalog of these settings: the file they name, or the shipped one.

    :raises CatalogFault: a WrongSetting that names the file, the line and the reason.
    """
    return read_catalog(settings.catalog_file or SHIPPED_FILE, settings.environment)


def read_catalog(path: Path, environment: Environment) -> Catalog:
    """The catalog of this file, as this environment sees it.

    :raises CatalogFault: naming the file, the line and the reason.
    """
    file = CatalogFile(path)
    for key in file.content:
        if key not in TOP_LEVEL_KEYS:
            file.refuse(file.line_of(key), f"{key} means nothing here; there are {', '.join(TOP_LEVEL_KEYS)}")
    currencies = _codes(file, "currencies", NAMES.__contains__, "a currency code of ISO 4217, like GBP")
    jurisdictions = _codes(
        file, "jurisdictions", COUNTRIES.__contains__, "an officially assigned country code of ISO 3166-1, like GB"
    )
    partner_tables = file.tables("partners", PARTNER_KEYS)
    partners = [_partner(table) for table in partner_tables]
    _check_unique(partner_tables, partners, "ref", lambda partner: partner.ref)
    _check_unique(partner_tables, partners, "id", lambda partner: str(partner.id))
    product_tables = file.tables("products", PRODUCT_KEYS)
    products = [_product(table, {partner.ref: partner for partner in partners}, currencies) for table in product_tables]
    _check_unique(product_tables, products, "name", lambda product: product.name)
    asset_tables = file.tables("virtual_assets", VIRTUAL_ASSET_KEYS)
    assets = [_virtual_asset(table) for table in asset_tables]
    _check_unique(asset_tables, assets, "code", lambda asset: asset.code)
    return Catalog(
        environment=environment,
        partners=tuple(partners),
        products=tuple(products),
        currencies=tuple(currencies),
        virtual_assets=tuple(assets),
        jurisdictions=frozenset(jurisdictions),
    )


def _codes(file: CatalogFile, key: str, is_right: Callable[[str], bool], what: str) -> list[str]:
    codes = file.content.get(key)
    line = file.line_of(key)
    if not isinstance(codes, list) or not codes:
        file.refuse(line, f"{key} is a list with at least one code")
    for code in codes:
        if not isinstance(code, str) or not is_right(code):
            file.refuse(line, f"{code!r} in {key} is not {what}")
        if codes.count(code) > 1:
            file.refuse(line, f"{code} stands twice in {key}")
    return codes


def _partner(table: CatalogTable) -> Partner:
    adapter = table.text("adapter")
    if adapter not in ADAPTER_NAMES:
        table.refuse("adapter", f"there is no adapter {adapter!r}; there are {', '.join(ADAPTER_NAMES)}")
    return Partner(
        id=table.parsed("id", UUID, "a UUID, like 58fe2ce1-b90b-4868-b40d-cb3bc43395d9"),
        ref=table.text("ref"),
        name=table.text("name"),
        adapter=adapter,
    )


def _product(table: CatalogTable, partners: dict[str, Partner], currencies: Sequence[str]) -> Product:
    ref, asset = table.text("partner"), table.text("asset")
    if ref not in partners:
        table.refuse("partner", f"there is no partner with the ref {ref!r}; there are {', '.join(partners)}")
    if asset not in currencies:
        table.refuse("asset", f"{asset!r} is none of the currencies, which are {', '.join(currencies)}")
    environments = table.texts("environments")
    known = [environment.value for environment in Environment]
    if not environments or not set(environments) <= set(known):
        table.refuse("environments", f"environments lists at least one of {', '.join(known)}")
    bic = table.parsed("bic", _bic, "a BIC of 8 or 11 characters, like PAYRGB2LXXX") if "bic" in table.content else None
    sort_codes = table.texts("sort_codes")
    _check_identifiers(table, partners[ref], asset, bic, sort_codes)
    return Product(
        name=table.text("name"),
        partner=partners[ref],
        asset=asset,
        scale=exponent_of(asset),
        environments=tuple(Environment(name) for name in environments),
        bic=bic,
        sort_codes=tuple(sort_codes),
        allows_overdraft=table.flag("overdraft"),
    )


def _check_identifiers(
    table: CatalogTable, partner: Partner, asset: str, bic: str | None, sort_codes: list[str]
) -> None:
    for code in sort_codes:
        if not _SORT_CODE.fullmatch(code):
            table.refuse("sort_codes", f"{code!r} is not a sort code of six digits, like 040052")
    if partner.adapter != SIMULATOR:
        return  # A real bank knows its identifiers itself.
    if (bic is None) != (not sort_codes):
        table.refuse("bic" if bic else "sort_codes", "bic and sort_codes come together, or both are left out")
    if bic is None and asset in {"GBP", "EUR"}:
        table.refuse("asset", f"ledgers of {asset} get IBANs, so this product needs bic and sort_codes")
    if bic is not None and bic[4:6] not in IBAN_COUNTRIES:
        table.refuse("bic", f"the simulated bank makes IBANs of {' and '.join(IBAN_COUNTRIES)} only")
    if asset == "GBP" and bic is not None and bic[4:6] != "GB":
        table.refuse("bic", "ledgers of GBP have UK bank accounts, so their BIC is one of GB")


def _bic(text: str) -> str:
    return str(BIC(compact(text)))


def _virtual_asset(table: CatalogTable) -> Asset:
    code = table.text("code")
    if not _ASSET.fullmatch(code):
        table.refuse("code", f"{code!r} is not 2 to 12 capital letters and digits, like GOLD")
    if code in NAMES:
        table.refuse("code", f"{code} is a currency")
    scale = table.content.get("scale")
    if type(scale) is not int or not 0 <= scale <= SCALE_MAX:
        table.refuse("scale" if "scale" in table.content else None, f"scale is a number from 0 to {SCALE_MAX}")
    return Asset(code=code, asset_class=AssetClass.COMMODITY, scale=scale, unit=table.text("unit"))


def _check_unique(tables: Sequence[CatalogTable], items: Sequence[T], key: str, value_of: Callable[[T], str]) -> None:
    seen: set[str] = set()
    for table, item in zip(tables, items, strict=True):
        if value_of(item) in seen:
            table.refuse(key, f"another one has the {key} {value_of(item)!r} too")
        seen.add(value_of(item))
