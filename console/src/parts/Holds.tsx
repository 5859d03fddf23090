import { useList } from "../client/queries";
import { List, type Column } from "../kit/List";
import { Money } from "../kit/Money";
import { Status } from "../kit/Status";
import { Time } from "../kit/Time";
import { HoldsDocument, type HoldRowFragment, type HoldsQuery, type HoldsQueryVariables } from "./holds.generated";
import { partyName } from "./Party";

const COLUMNS: Column<HoldRowFragment>[] = [
  { name: "Placed", width: "minmax(205px, 1fr)", cell: (row) => <Time at={row.createdAt} /> },
  { name: "Status", width: "110px", cell: (row) => <Status status={row.status} /> },
  { name: "For", width: "minmax(140px, 2fr)", cell: (row) => row.reference ?? partyName(row.credit) },
  { name: "Amount", width: "minmax(120px, 1fr)", align: "end", cell: (row) => <Money money={row.amount} /> },
  { name: "Still held", width: "minmax(120px, 1fr)", align: "end", cell: (row) => <Money money={row.remaining} /> },
  { name: "Ends", width: "minmax(150px, 1fr)", wide: true, cell: (row) => <Time at={row.expiresAt} /> },
];

export function Holds({ of }: { of: { ledgerId: string } | { walletId: string } }) {
  const list = useList<HoldsQuery, HoldsQueryVariables, HoldRowFragment>(HoldsDocument, { ...of, first: 100 }, (data) => data.holds);
  return (
    <List
      label="Holds"
      columns={COLUMNS}
      list={list}
      rowKey={(row) => row.id}
      href={(row) => `/holds/${row.id}`}
      empty="No money has been reserved here."
    />
  );
}
