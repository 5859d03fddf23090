import { useList } from "../client/queries";
import { useFilters } from "../kit/Filters";
import { Filters } from "../kit/Filters";
import { List, type Column } from "../kit/List";
import { Money } from "../kit/Money";
import { Time } from "../kit/Time";
import { groupDigits, words } from "../format";
import { EntriesDocument, type EntriesQuery, type EntriesQueryVariables, type EntryRowFragment } from "./entries.generated";
import { partyName } from "./Party";

const PAGE = 500;
const ORDER = [{ name: "order", label: "Order", kind: "select" as const, options: [["", "Newest first"], ["ASC", "Oldest first"]] as [string, string][] }];

/** What an entry does to what is held: of a wallet in assets or expenses, a debit raises it. */
function change(row: EntryRowFragment, debitRaises: boolean) {
  const raises = (row.direction === "DEBIT") === debitRaises;
  return { asset: row.amount.asset, value: raises ? row.amount.value : `-${row.amount.value}` };
}

function columns(debitRaises: boolean): Column<EntryRowFragment>[] {
  return [
    { name: "When", width: "minmax(205px, 1fr)", cell: (row) => <Time at={row.postedAt} /> },
    { name: "With", width: "minmax(160px, 2fr)", cell: (row) => partyName(row.direction === "DEBIT" ? row.transfer.credit : row.transfer.debit) },
    { name: "What", width: "minmax(120px, 1fr)", wide: true, cell: (row) => row.transfer.reference ?? words(row.transfer.kind) },
    { name: "Amount", width: "minmax(130px, 1fr)", align: "end", cell: (row) => <Money money={change(row, debitRaises)} signed /> },
    { name: "Balance after", width: "minmax(140px, 1fr)", align: "end", cell: (row) => <Money money={row.balanceAfter} /> },
    { name: "No.", width: "80px", align: "end", wide: true, cell: (row) => groupDigits(row.sequence) },
  ];
}

const RAISED_BY = { true: columns(true), false: columns(false) };

interface Properties {
  of: { ledgerId: string } | { walletId: string };
  /** Whether a debit raises the balance: of wallets in assets and expenses. */
  debitRaises?: boolean;
}

export function Entries({ of, debitRaises = false }: Properties) {
  const { order } = useFilters();
  const list = useList<EntriesQuery, EntriesQueryVariables, EntryRowFragment>(
    EntriesDocument,
    { ...of, first: PAGE, direction: order === "ASC" ? "ASC" : "DESC" },
    (data) => data.entries,
  );
  return (
    <>
      <Filters fields={ORDER} />
      <List
        label="Entries"
        columns={RAISED_BY[`${debitRaises}`]}
        list={list}
        rowKey={(row) => row.id}
        href={(row) => `/transfers/${row.transfer.id}`}
        empty="Nothing has been posted here yet."
      />
    </>
  );
}
