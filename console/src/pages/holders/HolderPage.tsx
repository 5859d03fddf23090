import { HappenedDocument } from "../../client/changes.generated";
import { useLive } from "../../client/live";
import { useAsk, useList } from "../../client/queries";
import { words } from "../../format";
import { Facts, Metadata } from "../../kit/Facts";
import { Id } from "../../kit/Id";
import { List } from "../../kit/List";
import { PageHead } from "../../kit/PageHead";
import { Section } from "../../kit/Panel";
import { Failure, Lacking, Loading } from "../../kit/states";
import { Status } from "../../kit/Status";
import { Tabs } from "../../kit/Tabs";
import { Time } from "../../kit/Time";
import { History } from "../../parts/History";
import { Deliveries } from "../../parts/Deliveries";
import { MoneyByAsset } from "../../parts/MoneyByAsset";
import { NotThere } from "../../parts/NotThere";
import { ACCOUNT_COLUMNS } from "../accounts/accountColumns";
import type { AccountRowFragment } from "../accounts/accounts.generated";
import { LEDGER_COLUMNS } from "../ledgers/ledgerColumns";
import type { LedgerRowFragment } from "../ledgers/ledgers.generated";
import {
  HolderAccountsDocument,
  HolderDocument,
  HolderLedgersDocument,
  HolderMoneyDocument,
  type HolderAccountsQuery,
  type HolderAccountsQueryVariables,
  type HolderLedgersQuery,
  type HolderLedgersQueryVariables,
  type HolderQuery,
} from "./holder.generated";
import { KINDS } from "./HoldersPage";
import { Review } from "./Review";

type Holder = NonNullable<HolderQuery["holder"]>;

const TYPES = { types: ["holder.*"] };
const WHAT: Partial<Record<Holder["status"], [tone: string, text: string]>> = {
  PENDING: ["wait", "The holder is being screened. The page changes by itself when that is done."],
  MISSING_DATA: ["wait", "The holder lacks data. Its ledgers wait for it."],
  QUARANTINE: ["wait", "The holder waits for a review: somebody must approve or decline it."],
  DECLINED: ["bad", "The holder was declined."],
};

/** Why a holder stands where it does. */
function WhyItIsSo({ holder }: { holder: Holder }) {
  const approved: [string, string] | [] = holder.statusReason ? ["good", "The holder is OK."] : [];
  const [tone, text] = holder.status === "OK" ? approved : (WHAT[holder.status] ?? []);
  if (text === undefined) return null;
  return (
    <div className="note" data-tone={tone}>
      <p>
        <b>{text}</b>
      </p>
      {holder.statusReason && <p>Reason: {holder.statusReason}</p>}
      {holder.missingData.length > 0 && <p>Missing: {holder.missingData.map(words).join(", ")}.</p>}
    </div>
  );
}

function Ledgers({ id }: { id: string }) {
  const list = useList<HolderLedgersQuery, HolderLedgersQueryVariables, LedgerRowFragment>(
    HolderLedgersDocument,
    { id, first: 100 },
    (data) => data.ledgers,
  );
  return <List label="Ledgers" columns={LEDGER_COLUMNS} list={list} rowKey={(row) => row.id} href={(row) => `/ledgers/${row.id}`} empty="This holder has no ledger." />;
}

function Accounts({ id }: { id: string }) {
  const list = useList<HolderAccountsQuery, HolderAccountsQueryVariables, AccountRowFragment>(
    HolderAccountsDocument,
    { id, first: 100 },
    (data) => data.accounts,
  );
  return <List label="Accounts" columns={ACCOUNT_COLUMNS} list={list} rowKey={(row) => row.id} href={(row) => `/accounts/${row.id}`} empty="This holder has no account." />;
}

function Details({ holder }: { holder: Holder }) {
  const { address } = holder;
  const lines = address && [address.line1, address.line2, address.city, address.region, address.postalCode, address.country];
  return (
    <Section title="Details">
      <Facts
        facts={[
          ["Kind", KINDS[holder.kind]],
          ["Date of birth", holder.person?.dateOfBirth],
          ["Registration number", holder.company?.registrationNumber],
          ["E-mail", holder.email],
          ["Address", lines?.filter(Boolean).join(", ")],
          ["Created", <Time at={holder.createdAt} />],
          ["Changed", <Time at={holder.updatedAt} />],
          ["Metadata", <Metadata metadata={holder.metadata} />],
        ]}
      />
    </Section>
  );
}

export default function HolderPage({ id }: { id: string }) {
  const asked = useAsk(HolderDocument, { id });
  const money = useAsk(HolderMoneyDocument, { id });
  useLive(HappenedDocument, TYPES);
  const holder = asked.data?.data.holder;
  if (!asked.data) return asked.error ? <Failure failure={asked.error} again={() => void asked.refetch()} /> : <Loading />;
  if (!holder) return <NotThere what="holder" id={id} />;
  return (
    <>
      <PageHead title={holder.name} about={<Id value={id} />} actions={holder.status === "QUARANTINE" && <Review id={id} name={holder.name} />}>
        {holder.name} <Status status={holder.status} />
      </PageHead>
      <Lacking scopes={asked.data.lacking} />
      <WhyItIsSo holder={holder} />
      <div className="columns">
        <MoneyByAsset title="Money" asked={money} />
        <Details holder={holder} />
      </div>
      <Tabs
        label="Of this holder"
        tabs={[
          { name: "ledgers", label: "Ledgers", content: () => <Ledgers id={id} /> },
          { name: "accounts", label: "Accounts", content: () => <Accounts id={id} /> },
          { name: "events", label: "Events", content: () => <History id={id} /> },
          { name: "webhooks", label: "Webhooks", content: () => <Deliveries resourceId={id} /> },
        ]}
      />
    </>
  );
}
