import type { Column } from "../../kit/List";
import { Status } from "../../kit/Status";
import { Time } from "../../kit/Time";
import type { AccountRowFragment } from "./accounts.generated";

export const ACCOUNT_TYPES = { GROUP: "A customer's", CHART: "Your own books" } as const;

export const ACCOUNT_COLUMNS: Column<AccountRowFragment>[] = [
  { name: "Reference", width: "minmax(180px, 2fr)", cell: (row) => row.reference },
  { name: "Status", width: "110px", cell: (row) => <Status status={row.closedAt ? "CLOSED" : "OPEN"} /> },
  { name: "Holder", width: "minmax(140px, 2fr)", cell: (row) => row.holder?.name ?? <span className="none">none</span> },
  { name: "Kind", width: "140px", wide: true, cell: (row) => ACCOUNT_TYPES[row.type] },
  { name: "Created", width: "minmax(205px, 1fr)", wide: true, cell: (row) => <Time at={row.createdAt} /> },
];
