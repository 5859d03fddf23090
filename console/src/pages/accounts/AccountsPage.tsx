import { useList } from "../../client/queries";
import { Filters, useFilters } from "../../kit/Filters";
import { List } from "../../kit/List";
import { PageHead } from "../../kit/PageHead";
import { ACCOUNT_COLUMNS, ACCOUNT_TYPES } from "./accountColumns";
import { AccountsDocument, type AccountRowFragment, type AccountsQuery, type AccountsQueryVariables } from "./accounts.generated";

type Filter = NonNullable<AccountsQueryVariables["filter"]>;

const FIELDS = [
  { name: "reference", label: "Reference", help: "The whole of it" },
  { name: "type", label: "Kind", kind: "select" as const, options: [["", "Both"], ...Object.entries(ACCOUNT_TYPES)] as [string, string][] },
];

function filterOf({ reference, type }: Record<string, string>): Filter {
  return { references: reference ? [reference] : null, type: type ? [type as keyof typeof ACCOUNT_TYPES] : null };
}

export default function AccountsPage() {
  const list = useList<AccountsQuery, AccountsQueryVariables, AccountRowFragment>(
    AccountsDocument,
    { first: 100, filter: filterOf(useFilters()) },
    (data) => data.accounts,
  );
  return (
    <>
      <PageHead title="Accounts" about="Each groups wallets; a wallet is one balance in one currency." />
      <Filters fields={FIELDS} />
      <List
        label="Accounts"
        columns={ACCOUNT_COLUMNS}
        list={list}
        rowKey={(row) => row.id}
        href={(row) => `/accounts/${row.id}`}
        empty="No account is like this."
      />
    </>
  );
}
