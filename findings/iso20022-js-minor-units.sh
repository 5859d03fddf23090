#!/usr/bin/env bash
# iso20022.js 0.0.15: amounts of a camt.053 statement are given in minor units that are not whole, and yen and dinars in hundredths.
#
# Expected: the library keeps amounts as whole numbers of a currency's minor unit: 4.35 EUR is 435, 1000 JPY is 1000, 1.234 KWD is 1234.
# Seen: the amount is multiplied as a float, so 4.35 EUR is a little less than 435, and whoever cuts it to a whole number loses a cent.
# Every currency counts as one of two places: 1000 JPY are read as 100000. Writing has the same rule: a payment of 1000 JPY, in
# minor units, goes out as 10. (The README's example of a payment has an amount of 1000 and does not say of what.)
#
# Output seen (Node.js 20.20.2):
#   read 4.35 EUR: 434.99999999999994
#   read 0.29 EUR: 28.999999999999996
#   read 1000 JPY: 100000
#   read 1.234 KWD: 123.4
#   write 1000 JPY: <InstdAmt Ccy="JPY">10</InstdAmt>
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" 'iso20022.js@0.0.15'
cat > "$folder/read.mjs" <<'NODE'
import assert from "node:assert";
import { CashManagementEndOfDayReport, ISO20022 } from "iso20022.js";

const day = "<Dt>2026-01-02</Dt>";
const statement = (amount, currency) => `<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt>
  <GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-01-02T10:00:00Z</CreDtTm><MsgRcpt><Nm>Acme</Nm></MsgRcpt></GrpHdr>
  <Stmt><Id>S1</Id><CreDtTm>2026-01-02T10:00:00Z</CreDtTm>
    <FrToDt><FrDtTm>2026-01-02T00:00:00Z</FrDtTm><ToDtTm>2026-01-02T23:59:59Z</ToDtTm></FrToDt>
    <Acct><Id><IBAN>DE89370400440532013000</IBAN></Id><Ccy>${currency}</Ccy><Svcr><FinInstnId><BIC>DEUTDEFF</BIC></FinInstnId></Svcr></Acct>
    <Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="${currency}">1</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt>${day}</Dt></Bal>
    <Ntry><NtryRef>1</NtryRef><Amt Ccy="${currency}">${amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts>
      <BookgDt>${day}</BookgDt><ValDt>${day}</ValDt><BkTxCd><Prtry><Cd>PAID</Cd></Prtry></BkTxCd></Ntry>
  </Stmt></BkToCstmrStmt></Document>`;

const seen = [];
for (const [amount, currency] of [["4.35", "EUR"], ["0.29", "EUR"], ["1000", "JPY"], ["1.234", "KWD"]]) {
  const report = CashManagementEndOfDayReport.fromXML(statement(amount, currency));
  seen.push(report.statements[0].entries[0].amount);
  console.log(`read ${amount} ${currency}:`, seen.at(-1));
}
const acme = { id: "ACME", name: "Acme", account: { iban: "DE89370400440532013000" }, agent: { bic: "DEUTDEFF", bankAddress: { country: "DE" } } };
const creditor = { name: "Supplier", account: { iban: "FR1420041010050500013M02606" }, agent: { bic: "BNPAFRPP" }, address: { country: "FR" } };
const payment = { type: "swift", direction: "credit", creditor, amount: 1000, currency: "JPY" };
const xml = new ISO20022({ initiatingParty: acme }).createSWIFTCreditPaymentInitiation([payment]).serialize();
seen.push(xml.match(/<InstdAmt.*<\/InstdAmt>/)[0]);
console.log("write 1000 JPY:", seen.at(-1));
assert.deepStrictEqual(seen, [434.99999999999994, 28.999999999999996, 100000, 123.4, '<InstdAmt Ccy="JPY">10</InstdAmt>']);
NODE
node "$folder/read.mjs"
