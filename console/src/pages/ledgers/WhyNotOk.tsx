import type { ReactNode } from "react";
import { Link } from "wouter";
import { mutate } from "../../client/request";
import { words } from "../../format";
import { Action } from "../../kit/Action";
import { Status } from "../../kit/Status";
import { AssignIbanDocument, type LedgerQuery } from "./ledger.generated";

type Ledger = NonNullable<LedgerQuery["ledger"]>;

const WHAT: Partial<Record<Ledger["status"], string>> = {
  PENDING: "The ledger is being opened. The bank has not answered yet; the page changes by itself when it does.",
  MISSING_DATA: "The ledger waits: its holder lacks data.",
  ERROR: "The ledger cannot be used: its holder is in no state to hold it.",
  DECLINED: "The ledger was declined for good.",
  CLOSED: "The ledger is closed for good.",
};

const NEXT: Record<string, string> = {
  QUARANTINE: "Review the holder. If it is approved, the ledger is opened by itself.",
  MISSING_DATA: "Complete the holder's data. The ledger then goes on by itself.",
  PENDING: "The holder is being screened. The ledger goes on by itself after that.",
  DECLINED: "The holder was declined, so this ledger stays as it is.",
  OK: "The holder is OK, so the ledger goes on by itself.",
};

/** Why a ledger cannot be used, and what to do about it. */
export function WhyNotOk({ ledger }: { ledger: Ledger }) {
  const what = WHAT[ledger.status];
  if (what === undefined) return null;
  const { holder } = ledger;
  const waitsForHolder = holder && (ledger.status === "MISSING_DATA" || ledger.status === "ERROR");
  const lines: ReactNode[] = [
    ledger.statusReason && `Reason: ${ledger.statusReason}`,
    waitsForHolder && (
      <>
        Its holder, <Link href={`/holders/${holder.id}`}>{holder.name}</Link>, is <Status status={holder.status} />
        {holder.statusReason && `: ${holder.statusReason}`}
      </>
    ),
    waitsForHolder && holder.missingData.length > 0 && `Missing: ${holder.missingData.map(words).join(", ")}.`,
    waitsForHolder && NEXT[holder.status],
  ];
  return (
    <div className="note" data-tone={ledger.status === "ERROR" || ledger.status === "DECLINED" ? "bad" : "wait"}>
      <p>
        <b>{what}</b>
      </p>
      {lines.map((line, index) => line && <p key={index}>{line}</p>)}
    </div>
  );
}

const NO_IBAN: Partial<Record<Ledger["ibanStatus"], string>> = {
  UNABLE_TO_ADVANCE: "Its bank could not give it an IBAN.",
  DECLINED: "Its bank declined to give it an IBAN.",
};

/** Why a ledger has no IBAN though it was asked for, and the button that asks again. */
export function WhyNoIban({ ledger }: { ledger: Ledger }) {
  const why = NO_IBAN[ledger.ibanStatus];
  if (why === undefined || ledger.status === "DECLINED" || ledger.status === "CLOSED") return null;
  return (
    <div className="note" data-tone="wait">
      <p>
        <b>{why}</b> The ledger works without one, but nobody can pay into it by IBAN.
      </p>
      <p>Ask for one again.</p>
      <Action
        label="Ask for an IBAN…"
        title="Ask the bank for an IBAN"
        scope="ledgers:write"
        confirm="Ask"
        says={() => <p>The bank is asked again for an IBAN of this ledger. What it answers is shown here as soon as it is known.</p>}
        send={(_, idempotencyKey) => mutate(AssignIbanDocument, { input: { ledgerId: ledger.id, idempotencyKey } })}
        done={() => "The bank is asked for an IBAN."}
      />
    </div>
  );
}
