import { useList } from "../../client/queries";
import { words } from "../../format";
import { Filters, optionsOf, useFilters } from "../../kit/Filters";
import { List } from "../../kit/List";
import { PageHead } from "../../kit/PageHead";
import { LEDGER_COLUMNS } from "./ledgerColumns";
import { LedgersDocument, type LedgerRowFragment, type LedgersQuery, type LedgersQueryVariables } from "./ledgers.generated";

type Filter = NonNullable<LedgersQueryVariables["filter"]>;
type Status = Extract<NonNullable<Filter["status"]>, unknown[]>[number];

const STATUSES: Status[] = ["OK", "PENDING", "MISSING_DATA", "ERROR", "DECLINED", "CLOSED"];
const FIELDS = [
  { name: "status", label: "Status", kind: "select" as const, options: optionsOf("Any", STATUSES, (name) => (name === "OK" ? "OK" : words(name))) },
  { name: "asset", label: "Asset", help: "Its code, such as GBP" },
  { name: "frozen", label: "Frozen", kind: "select" as const, options: [["", "Either"], ["true", "Frozen"], ["false", "Not frozen"]] as [string, string][] },
];

function filterOf({ status, asset, frozen }: Record<string, string>): Filter {
  return {
    status: status ? [status as Status] : null,
    asset: asset ? [asset.toUpperCase()] : null,
    frozen: frozen ? frozen === "true" : null,
  };
}

export default function LedgersPage() {
  const list = useList<LedgersQuery, LedgersQueryVariables, LedgerRowFragment>(
    LedgersDocument,
    { first: 100, filter: filterOf(useFilters()) },
    (data) => data.ledgers,
  );
  return (
    <>
      <PageHead title="Ledgers" about="Each holds one asset of at most one holder." />
      <Filters fields={FIELDS} />
      <List
        label="Ledgers"
        columns={LEDGER_COLUMNS}
        list={list}
        rowKey={(row) => row.id}
        href={(row) => `/ledgers/${row.id}`}
        empty="No ledger is like this."
      />
    </>
  );
}
