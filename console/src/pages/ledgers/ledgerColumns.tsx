import type { Column } from "../../kit/List";
import { Money } from "../../kit/Money";
import { Status } from "../../kit/Status";
import type { LedgerRowFragment } from "./ledgers.generated";

export const LEDGER_COLUMNS: Column<LedgerRowFragment>[] = [
  { name: "Ledger", width: "minmax(180px, 2fr)", cell: (row) => row.holder?.name ?? (row.isVirtual ? "Virtual, no holder" : "No holder") },
  { name: "Account", width: "minmax(210px, 2fr)", wide: true, cell: (row) => <code>{row.iban ?? row.id}</code> },
  {
    name: "Status",
    width: "170px",
    cell: (row) => (
      <>
        <Status status={row.status} title={row.statusReason} /> {row.freeze && <Status status="FROZEN" />}
      </>
    ),
  },
  { name: "Balance", width: "minmax(130px, 1fr)", align: "end", cell: (row) => <Money money={row.balance.posted} /> },
  { name: "Available", width: "minmax(130px, 1fr)", align: "end", wide: true, cell: (row) => <Money money={row.balance.available} /> },
];
