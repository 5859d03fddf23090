import { useList } from "../../client/queries";
import { words } from "../../format";
import { Filters, optionsOf, useFilters } from "../../kit/Filters";
import { List, type Column } from "../../kit/List";
import { PageHead } from "../../kit/PageHead";
import { Status } from "../../kit/Status";
import { Time } from "../../kit/Time";
import { HoldersDocument, type HolderRowFragment, type HoldersQuery, type HoldersQueryVariables } from "./holders.generated";

type Filter = NonNullable<HoldersQueryVariables["filter"]>;

export const KINDS = { ENDUSER: "Person", CUSTOMER: "Company" } as const;
const STATUSES = ["PENDING", "MISSING_DATA", "QUARANTINE", "OK", "DECLINED"] as const;
const FIELDS = [
  { name: "search", label: "Name or e-mail", help: "Beginnings of words" },
  { name: "status", label: "Status", kind: "select" as const, options: optionsOf("Any", STATUSES, (name) => (name === "OK" ? "OK" : words(name))) },
  { name: "kind", label: "Kind", kind: "select" as const, options: [["", "Both"], ...Object.entries(KINDS)] as [string, string][] },
];
const COLUMNS: Column<HolderRowFragment>[] = [
  { name: "Name", width: "minmax(180px, 2fr)", cell: (row) => row.name },
  { name: "Status", width: "140px", cell: (row) => <Status status={row.status} title={row.statusReason} /> },
  { name: "Kind", width: "100px", wide: true, cell: (row) => KINDS[row.kind] },
  { name: "E-mail", width: "minmax(160px, 2fr)", wide: true, cell: (row) => row.email ?? <span className="none">none</span> },
  { name: "Created", width: "minmax(205px, 1fr)", cell: (row) => <Time at={row.createdAt} /> },
];

function filterOf({ search, status, kind }: Record<string, string>): Filter {
  return {
    search: search || null,
    status: status ? [status as (typeof STATUSES)[number]] : null,
    kind: kind ? [kind as keyof typeof KINDS] : null,
  };
}

export default function HoldersPage() {
  const list = useList<HoldersQuery, HoldersQueryVariables, HolderRowFragment>(
    HoldersDocument,
    { first: 100, filter: filterOf(useFilters()) },
    (data) => data.holders,
  );
  return (
    <>
      <PageHead title="Holders" about="People and companies that ledgers and accounts belong to." />
      <Filters fields={FIELDS} />
      <List
        label="Holders"
        columns={COLUMNS}
        list={list}
        rowKey={(row) => row.id}
        href={(row) => `/holders/${row.id}`}
        empty="No holder is like this."
      />
    </>
  );
}
