import re
from pathlib import Path

import pytest

from app.partners.catalog import ADAPTER_NAMES
from app.partners.catalog_file import CatalogFault
from app.partners.directory import ADAPTERS
from app.partners.read_catalog import SHIPPED_FILE
from app.settings import WrongSetting, load_settings

ROOT = Path(__file__).parents[2]
SMALL = """\
jurisdictions = ["GB"]
currencies = ["GBP", "USD"]

[[partners]]
id = "58fe2ce1-b90b-4868-b40d-cb3bc43395d9"
ref = "payrnet"
name = "PayrNet"
adapter = "simulator"

[[products]]
name = "PayrNet-GBP-1"
partner = "payrnet"
asset = "GBP"
environments = ["PLAYLIVE"]
bic = "PAYRGB2LXXX"
sort_codes = ["040052"]

[[virtual_assets]]
code = "GOLD"
unit = "troy ounce"
scale = 4
"""


def test_takes_the_currency_that_the_docs_add(load):
    docs = (ROOT / "docs" / "running.md").read_text("utf-8")
    [product] = re.findall(r"```toml\n(.*?)```", docs, re.DOTALL)
    shipped = SHIPPED_FILE.read_text("utf-8").replace('currencies = ["GBP", ', 'currencies = ["GBP", "DKK", ')
    catalog = load(f"{shipped}\n{product}")
    assert catalog.product("PayrNet-DKK-1").asset == "DKK"
    assert "DKK" in [asset.code for asset in catalog.assets()]


def test_reads_a_small_catalog(load):
    catalog = load(SMALL)
    assert [product.name for product in catalog.offered_products()] == ["PayrNet-GBP-1"]
    assert [asset.code for asset in catalog.assets()] == ["GBP", "USD", "GOLD"]


@pytest.mark.parametrize(
    "written",
    [
        "payrgb2lxxx",
        "PAYR GB 2L XXX",
        "PAYR\u00a0GB\u00a02L\u202fXXX",
        "\ufeffPayr\u200bGB2L-xxx",
        "PAYRGB2LXXX\\n",
        "\\r\\n\\tPAYRGB2LXXX ",
    ],
)
def test_reads_a_bic_however_it_is_written(load, written):
    catalog = load(SMALL.replace("PAYRGB2LXXX", written))
    assert catalog.product("PayrNet-GBP-1").bic == "PAYRGB2LXXX"


def test_lets_a_product_grant_overdrafts(load):
    granting = SMALL.replace('["040052"]\n', '["040052"]\noverdraft = true\n')
    assert [load(text).product("PayrNet-GBP-1").allows_overdraft for text in (SMALL, granting)] == [False, True]


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ('["GB"]', '["GB"', 2, "it is not TOML"),
        ('["GB"]', '["uk"]', 1, "'uk' in jurisdictions is not an officially assigned country code"),
        ('["GB"]', '["UK"]', 1, "'UK' in jurisdictions is not an officially assigned country code"),
        ('["GB"]', '["EU"]', 1, "'EU' in jurisdictions is not an officially assigned country code"),
        ('["GB"]', '["GB", "GB"]', 1, "GB stands twice in jurisdictions"),
        ('["GB"]', "[]", 1, "jurisdictions is a list with at least one code"),
        ('["GB"]', '"GB"', 1, "jurisdictions is a list with at least one code"),
        ('["GBP", "USD"]', '["GBP", "XYZ"]', 2, "'XYZ' in currencies is not a currency code"),
        ('["GBP", "USD"]', '["GBP", 1]', 2, "1 in currencies is not a currency code"),
        ("jurisdictions", "countries", 1, "countries means nothing here"),
        ('id = "58fe2ce1', 'id = "58fe', 5, "but is a UUID"),
        ('ref = "payrnet"\n', "", 4, "this [[partners]] lacks ref"),
        ('ref = "payrnet"', 'ref = " "', 6, "ref is a text of 1 to 255 characters"),
        ('name = "PayrNet"', 'title = "PayrNet"', 7, "title is not a key of [[partners]]"),
        ('"simulator"', '"telex"', 8, "there is no adapter 'telex'; there are simulator"),
        ('partner = "payrnet"', 'partner = "nobody"', 12, "there is no partner with the ref 'nobody'"),
        ('asset = "GBP"', 'asset = "EUR"', 13, "'EUR' is none of the currencies"),
        ('["PLAYLIVE"]', '["PLAYLIFE"]', 14, "environments lists at least one of PLAY, PLAYLIVE, LIVE"),
        ('["PLAYLIVE"]', "[]", 14, "environments lists at least one of"),
        ('["PLAYLIVE"]', '["LIVE", "LIVE"]', 14, "LIVE stands twice in environments"),
        ("PAYRGB2LXXX", "PAYRGB2L1", 15, "but is a BIC"),
        ("PAYRGB2LXXX", "PAYRDE2LXXX", 15, "makes IBANs of GB and IE only"),
        ("PAYRGB2LXXX", "PAYRIE2DXXX", 15, "their BIC is one of GB"),
        ('"040052"', '"04-00-52"', 16, "'04-00-52' is not a sort code of six digits"),
        ('sort_codes = ["040052"]\n', "", 15, "bic and sort_codes come together"),
        ('bic = "PAYRGB2LXXX"\nsort_codes = ["040052"]\n', "", 13, "ledgers of GBP get IBANs"),
        ('["040052"]\n', '["040052"]\noverdraft = "yes"\n', 17, "overdraft is true or false"),
        ('code = "GOLD"', 'code = "gold"', 19, "'gold' is not 2 to 12 capital letters"),
        ('code = "GOLD"', 'code = "USD"', 19, "USD is a currency"),
        ("scale = 4", "scale = 19", 21, "scale is a number from 0 to 18"),
        ("scale = 4", "scale = true", 21, "scale is a number from 0 to 18"),
        ("scale = 4\n", "", 18, "scale is a number from 0 to 18"),
        ('unit = "troy ounce"', "unit = 7", 20, "unit is a text"),
        ("[[virtual_assets]]", "[virtual_assets]", 18, "write each of the virtual_assets as a table"),
    ],
)
def test_names_the_line_and_the_reason_of_a_fault(load, tmp_path, old, new, line, reason):
    assert SMALL.count(old) >= 1
    with pytest.raises(CatalogFault) as fault:
        load(SMALL.replace(old, new, 1))
    message = str(fault.value)
    assert message.startswith(f"The catalog {tmp_path / 'catalog.toml'}, line {line}: ")
    assert reason in message
    assert isinstance(fault.value, WrongSetting)


@pytest.mark.parametrize("header", ["[[partners]]", "[[products]]", "[[virtual_assets]]"])
def test_refuses_the_same_name_twice_at_the_second(load, header):
    tables = re.split(r"\n(?=\[\[)", SMALL)
    again = next(table for table in tables if table.startswith(header))
    with pytest.raises(CatalogFault) as fault:
        load(SMALL + again)
    assert "another one has the" in str(fault.value)
    assert int(re.search(r"line (\d+)", str(fault.value))[1]) > len(SMALL.splitlines())


def test_refuses_bytes_that_are_no_text(load):
    with pytest.raises(CatalogFault, match=r"line 2: it is not UTF-8"):
        load(b'jurisdictions = ["GB"]\nname = "\xff"\n')


def test_names_a_file_that_is_not_there(tmp_path):
    from app.partners.read_catalog import load_catalog  # noqa: PLC0415 - the fixture writes a file

    with pytest.raises(CatalogFault, match=r"nowhere\.toml: it cannot be read \(No such file or directory\)"):
        load_catalog(load_settings(catalog_file=tmp_path / "nowhere.toml"))


def test_finds_the_line_of_a_table_written_inline(load):
    inline = (
        SHIPPED_FILE.read_text()
        .split("# What virtual")[0]
        .replace(
            "# ISO 4217 codes.", 'virtual_assets = [{code = "gold", unit = "ounce", scale = 1}]\n# ISO 4217 codes.'
        )
    )
    line = next(number for number, text in enumerate(inline.splitlines(), 1) if text.startswith("virtual_assets"))
    with pytest.raises(CatalogFault, match=rf"line {line}: 'gold' is not"):
        load(inline)


def test_has_an_adapter_for_every_name_that_a_catalog_may_use():
    assert set(ADAPTERS) == set(ADAPTER_NAMES)
