import { useList } from "../client/queries";
import { List, type Column } from "../kit/List";
import { Money } from "../kit/Money";
import { Status } from "../kit/Status";
import { Time } from "../kit/Time";
import { PaymentsDocument, type PaymentRowFragment, type PaymentsQuery, type PaymentsQueryVariables } from "./payments.generated";

export type PaymentFilter = NonNullable<PaymentsQueryVariables["filter"]>;

const COLUMNS: Column<PaymentRowFragment>[] = [
  { name: "When", width: "minmax(205px, 1fr)", cell: (row) => <Time at={row.createdAt} /> },
  { name: "Other side", width: "minmax(150px, 2fr)", cell: (row) => `${row.direction === "OUT" ? "To" : "From"} ${row.counterparty.name}` },
  { name: "Status", width: "120px", cell: (row) => <Status status={row.status} title={row.statusReason} /> },
  {
    name: "Amount",
    width: "minmax(140px, 1fr)",
    align: "end",
    cell: (row) => <Money money={row.direction === "OUT" ? { ...row.amount, value: `-${row.amount.value}` } : row.amount} signed />,
  },
  { name: "Reference", width: "minmax(140px, 2fr)", wide: true, cell: (row) => row.reference ?? <span className="none">none</span> },
];

/** Payments of one ledger, or of all that the filter finds. */
export function Payments({ ledgerId, filter = {} }: { ledgerId?: string; filter?: PaymentFilter }) {
  const list = useList<PaymentsQuery, PaymentsQueryVariables, PaymentRowFragment>(
    PaymentsDocument,
    { first: 100, filter: { ...filter, ledgerId } },
    (data) => data.payments,
  );
  return (
    <List
      label="Payments"
      columns={COLUMNS}
      list={list}
      rowKey={(row) => row.id}
      href={(row) => `/payments/${row.id}`}
      empty={ledgerId ? "No payment has come in or gone out." : "No payment is like this."}
    />
  );
}
