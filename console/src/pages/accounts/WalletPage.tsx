import { Link } from "wouter";
import { HappenedDocument } from "../../client/changes.generated";
import { useLive } from "../../client/live";
import { useAsk } from "../../client/queries";
import { moneyText, words } from "../../format";
import { Facts, Metadata } from "../../kit/Facts";
import { Id } from "../../kit/Id";
import { Money } from "../../kit/Money";
import { PageHead } from "../../kit/PageHead";
import { Section } from "../../kit/Panel";
import { Failure, Lacking, Loading } from "../../kit/states";
import { Status } from "../../kit/Status";
import { Tabs } from "../../kit/Tabs";
import { Time } from "../../kit/Time";
import { Amounts } from "../../parts/Amounts";
import { BalanceOverTime } from "../../parts/BalanceOverTime";
import { Entries } from "../../parts/Entries";
import { Freezing, Frozen } from "../../parts/Freezing";
import { History, WALLET_EVENTS } from "../../parts/History";
import { Holds } from "../../parts/Holds";
import { NotThere } from "../../parts/NotThere";
import { Statement } from "../../parts/Statement";
import { WalletDocument, type WalletQuery } from "./wallet.generated";

type Wallet = NonNullable<WalletQuery["wallet"]>;

const TYPES = { types: ["wallet.*"] };
const RAISED_BY_DEBITS = ["ASSET", "EXPENSE"];

function Details({ wallet }: { wallet: Wallet }) {
  const { account } = wallet;
  return (
    <Section title="Details">
      <Facts
        facts={[
          ["Account", <Link href={`/accounts/${account.id}`}>{account.reference}</Link>],
          ["Holder", account.holder && <Link href={`/holders/${account.holder.id}`}>{account.holder.name}</Link>],
          ["In the books", words(wallet.accountingType)],
          ["May go below zero", wallet.allowNegative ? "as far as it likes" : !/^[0.]+$/.test(wallet.overdraftLimit.value) && `by ${moneyText(wallet.overdraftLimit)}`],
          ["Created", <Time at={wallet.createdAt} />],
          ["Changed", <Time at={wallet.updatedAt} />],
          ["Closed", wallet.closedAt && <Time at={wallet.closedAt} />],
          ["Metadata", <Metadata metadata={wallet.metadata} />],
        ]}
      />
    </Section>
  );
}

export default function WalletPage({ id }: { id: string }) {
  const asked = useAsk(WalletDocument, { id });
  useLive(HappenedDocument, TYPES);
  const wallet = asked.data?.data.wallet;
  if (!asked.data) return asked.error ? <Failure failure={asked.error} again={() => void asked.refetch()} /> : <Loading />;
  if (!wallet) return <NotThere what="wallet" id={id} />;
  const name = `${wallet.account.reference}, ${wallet.name} ${wallet.currency}`;
  return (
    <>
      <PageHead
        title={name}
        about={<Id value={id} />}
        actions={
          <>
            <Statement path={`api/v1/wallet/${id}/statement`} scope="transfers:read" />
            <Freezing id={id} what="this wallet" freeze={wallet.freeze} />
          </>
        }
      >
        {name} <Status status={wallet.closedAt ? "CLOSED" : "OPEN"} /> {wallet.freeze && <Status status="FROZEN" />}
      </PageHead>
      <Lacking scopes={asked.data.lacking} />
      <Frozen freeze={wallet.freeze} />
      <Amounts
        amounts={[
          ["Balance", <Money money={wallet.balance.posted} />],
          ["Held", <Money money={wallet.balance.held} />],
          ["Available", <Money money={wallet.balance.available} />],
        ]}
      />
      <div className="columns">
        <BalanceOverTime id={id} version={wallet.balance.sequence} />
        <Details wallet={wallet} />
      </div>
      <Tabs
        label="Of this wallet"
        tabs={[
          {
            name: "entries",
            label: "Entries",
            content: () => <Entries of={{ walletId: id }} debitRaises={RAISED_BY_DEBITS.includes(wallet.accountingType)} />,
          },
          { name: "holds", label: "Holds", content: () => <Holds of={{ walletId: id }} /> },
          { name: "events", label: "Events", content: () => <History id={id} types={WALLET_EVENTS} /> },
        ]}
      />
    </>
  );
}
