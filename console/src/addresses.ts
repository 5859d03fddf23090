// Where the page of an object is. Written once, so that a link leads to a page that there is.

/** By the names of the schema's types, in small letters: those of events' `resourceType` without `_` are the same. */
const PAGES: Record<string, string> = {
  account: "/accounts",
  event: "/events",
  hold: "/holds",
  holder: "/holders",
  ledger: "/ledgers",
  payment: "/payments",
  transfer: "/transfers",
  wallet: "/wallets",
  webhook: "/webhooks",
  webhookdelivery: "/deliveries",
  webhookendpoint: "/webhooks",
};

/** The page of an object by its `__typename`, or an event's `resourceType`; null where there is none. */
export function pageOf(type: string, id: string): string | null {
  const folder = PAGES[type.replaceAll("_", "").toLowerCase()];
  return folder === undefined ? null : `${folder}/${id}`;
}
