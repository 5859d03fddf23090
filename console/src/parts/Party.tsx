import { Link } from "wouter";
import { pageOf } from "../addresses";
import type { PartyFragment } from "./party.generated";

/** What a ledger or wallet is called. */
export function partyName(party: PartyFragment): string {
  switch (party.__typename) {
    case "Ledger":
      return party.holder ? `${party.holder.name}, ${party.asset}` : `${party.asset} ledger ${party.iban ?? party.id.slice(0, 8)}`;
    case "Wallet":
      return `${party.account.reference}, ${party.name} ${party.currency}`;
    case "SystemAccount":
      return party.name;
    default:
      return "Not shown to this key";
  }
}

export function Party({ party }: { party: PartyFragment }) {
  const page = pageOf(party.__typename, party.id);
  return page === null ? <>{partyName(party)}</> : <Link href={page}>{partyName(party)}</Link>;
}
