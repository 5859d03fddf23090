import { Link } from "wouter";
import { HappenedDocument } from "../../client/changes.generated";
import { useLive } from "../../client/live";
import { useAsk, useList } from "../../client/queries";
import { words } from "../../format";
import { Facts, Metadata } from "../../kit/Facts";
import { Id } from "../../kit/Id";
import { List, type Column } from "../../kit/List";
import { Money } from "../../kit/Money";
import { PageHead } from "../../kit/PageHead";
import { Section } from "../../kit/Panel";
import { Failure, Lacking, Loading } from "../../kit/states";
import { Status } from "../../kit/Status";
import { Tabs } from "../../kit/Tabs";
import { Time } from "../../kit/Time";
import { History } from "../../parts/History";
import { NotThere } from "../../parts/NotThere";
import {
  AccountDocument,
  AccountWalletsDocument,
  type AccountWalletsQuery,
  type AccountWalletsQueryVariables,
  type WalletRowFragment,
} from "./account.generated";
import { ACCOUNT_TYPES } from "./accountColumns";

const TYPES = { types: ["account.*", "wallet.*"] };
const COLUMNS: Column<WalletRowFragment>[] = [
  { name: "Wallet", width: "minmax(140px, 2fr)", cell: (row) => `${row.name}, ${row.currency}` },
  {
    name: "Status",
    width: "150px",
    cell: (row) => (
      <>
        <Status status={row.closedAt ? "CLOSED" : "OPEN"} /> {row.freeze && <Status status="FROZEN" />}
      </>
    ),
  },
  { name: "In the books", width: "120px", wide: true, cell: (row) => words(row.accountingType) },
  { name: "Balance", width: "minmax(140px, 1fr)", align: "end", cell: (row) => <Money money={row.balance.posted} /> },
  { name: "Available", width: "minmax(140px, 1fr)", align: "end", wide: true, cell: (row) => <Money money={row.balance.available} /> },
];

function Wallets({ id }: { id: string }) {
  const list = useList<AccountWalletsQuery, AccountWalletsQueryVariables, WalletRowFragment>(
    AccountWalletsDocument,
    { id, first: 100 },
    (data) => data.account?.wallets,
  );
  return <List label="Wallets" columns={COLUMNS} list={list} rowKey={(row) => row.id} href={(row) => `/wallets/${row.id}`} empty="This account has no wallet yet." />;
}

export default function AccountPage({ id }: { id: string }) {
  const asked = useAsk(AccountDocument, { id });
  useLive(HappenedDocument, TYPES);
  const account = asked.data?.data.account;
  if (!asked.data) return asked.error ? <Failure failure={asked.error} again={() => void asked.refetch()} /> : <Loading />;
  if (!account) return <NotThere what="account" id={id} />;
  const { backingLedger } = account;
  return (
    <>
      <PageHead title={`Account ${account.reference}`} about={<Id value={id} />}>
        Account {account.reference} <Status status={account.closedAt ? "CLOSED" : "OPEN"} />
      </PageHead>
      <Lacking scopes={asked.data.lacking} />
      <Section title="Details">
        <Facts
          facts={[
            ["Kind", ACCOUNT_TYPES[account.type]],
            ["Holder", account.holder && <Link href={`/holders/${account.holder.id}`}>{account.holder.name}</Link>],
            ["Money is in", backingLedger && <Link href={`/ledgers/${backingLedger.id}`}>{backingLedger.iban ?? `${backingLedger.asset} ledger`}</Link>],
            ["Created", <Time at={account.createdAt} />],
            ["Changed", <Time at={account.updatedAt} />],
            ["Closed", account.closedAt && <Time at={account.closedAt} />],
            ["Metadata", <Metadata metadata={account.metadata} />],
          ]}
        />
      </Section>
      <Tabs
        label="Of this account"
        tabs={[
          { name: "wallets", label: "Wallets", content: () => <Wallets id={id} /> },
          { name: "events", label: "Events", content: () => <History id={id} /> },
        ]}
      />
    </>
  );
}
