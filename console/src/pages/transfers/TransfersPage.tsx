import { useList } from "../../client/queries";
import { words } from "../../format";
import { Filters, optionsOf, useFilters } from "../../kit/Filters";
import { List, type Column } from "../../kit/List";
import { Money } from "../../kit/Money";
import { PageHead } from "../../kit/PageHead";
import { Status } from "../../kit/Status";
import { Time } from "../../kit/Time";
import { partyName } from "../../parts/Party";
import { TransfersDocument, type TransferRowFragment, type TransfersQuery, type TransfersQueryVariables } from "./transfers.generated";

type Filter = NonNullable<TransfersQueryVariables["filter"]>;

const KINDS = ["INTER_LEDGER", "VIRTUAL_CREDIT", "VIRTUAL_DEBIT", "PAYMENT_IN", "PAYMENT_OUT", "WALLET", "REVERSAL"] as const;
const FIELDS = [
  { name: "kind", label: "Kind", kind: "select" as const, options: optionsOf("Any", KINDS, words) },
  { name: "reference", label: "Reference", help: "The whole of it" },
];
const COLUMNS: Column<TransferRowFragment>[] = [
  { name: "When", width: "minmax(205px, 1fr)", cell: (row) => <Time at={row.postedAt} /> },
  { name: "From and to", width: "minmax(220px, 3fr)", cell: (row) => `${partyName(row.debit)} → ${partyName(row.credit)}` },
  { name: "Status", width: "140px", cell: (row) => <Status status={row.status} /> },
  { name: "Amount", width: "minmax(140px, 1fr)", align: "end", cell: (row) => <Money money={row.amount} /> },
  { name: "Reference", width: "minmax(140px, 1fr)", wide: true, cell: (row) => row.reference ?? words(row.kind) },
];

function filterOf({ kind, reference }: Record<string, string>): Filter {
  return { kind: kind ? [kind as (typeof KINDS)[number]] : null, reference: reference || null };
}

export default function TransfersPage() {
  const list = useList<TransfersQuery, TransfersQueryVariables, TransferRowFragment>(
    TransfersDocument,
    { first: 100, filter: filterOf(useFilters()) },
    (data) => data.transfers,
  );
  return (
    <>
      <PageHead title="Transfers" about="Each is one debit and one credit of the same amount." />
      <Filters fields={FIELDS} />
      <List
        label="Transfers"
        columns={COLUMNS}
        list={list}
        rowKey={(row) => row.id}
        href={(row) => `/transfers/${row.id}`}
        empty="No transfer is like this."
      />
    </>
  );
}
