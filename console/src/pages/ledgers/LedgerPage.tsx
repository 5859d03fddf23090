import { Link } from "wouter";
import { LedgerChangesDocument } from "../../client/changes.generated";
import { useLive } from "../../client/live";
import { useAsk } from "../../client/queries";
import { groupDigits, words } from "../../format";
import { Facts, Metadata } from "../../kit/Facts";
import { CopyButton, Id } from "../../kit/Id";
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
import { History, LEDGER_EVENTS } from "../../parts/History";
import { Holds } from "../../parts/Holds";
import { NotThere } from "../../parts/NotThere";
import { Payments } from "../../parts/Payments";
import { Statement } from "../../parts/Statement";
import { LedgerDocument, type LedgerQuery } from "./ledger.generated";
import { WhyNoIban, WhyNotOk } from "./WhyNotOk";

type Ledger = NonNullable<LedgerQuery["ledger"]>;

function title({ holder, asset }: Ledger): string {
  return holder ? `${holder.name}, ${asset}` : `${asset} ledger`;
}

function Details({ ledger }: { ledger: Ledger }) {
  const { ukBankAccount: uk } = ledger;
  return (
    <Section title="Details">
      <Facts
        facts={[
          ["Holder", ledger.holder && <Link href={`/holders/${ledger.holder.id}`}>{ledger.holder.name}</Link>],
          [
            "IBAN",
            ledger.iban ? (
              <span className="id">
                <code>{ledger.iban}</code> <CopyButton text={ledger.iban} what="the IBAN" />
              </span>
            ) : (
              ledger.ibanStatus !== "NOT_REQUESTED" && <Status status={ledger.ibanStatus} />
            ),
          ],
          ["Sort code and account", uk && `${uk.sortCode} ${uk.accountNumber}`],
          ["Bank", ledger.partner ? `${ledger.partner.name}, ${ledger.partnerProduct}` : ledger.isVirtual && "none: it is virtual"],
          ["Kind", words(ledger.type)],
          ["For", ledger.primaryUses.map(words).join(", ")],
          ["Country", ledger.jurisdiction],
          ["May go below zero by", !/^[0.]+$/.test(ledger.overdraftLimit.value) && `${groupDigits(ledger.overdraftLimit.value)} ${ledger.asset}`],
          ["Created", <Time at={ledger.createdAt} />],
          ["Changed", <Time at={ledger.updatedAt} />],
          ["Metadata", <Metadata metadata={ledger.metadata} />],
        ]}
      />
    </Section>
  );
}

/** What is known once the ledger is; what is below it asks for itself, at the same time. */
function Head({ ledger, lacking }: { ledger: Ledger; lacking: string[] }) {
  return (
    <>
      <PageHead
        title={title(ledger)}
        about={<Id value={ledger.id} />}
        actions={
          <>
            <Statement path={`v1/customer/ledgers/${ledger.id}/statement`} scope="transfers:read" />
            <Freezing id={ledger.id} what="this ledger" freeze={ledger.freeze} />
          </>
        }
      >
        {title(ledger)} <Status status={ledger.status} /> {ledger.freeze && <Status status="FROZEN" />}
      </PageHead>
      <Lacking scopes={lacking} />
      <WhyNotOk ledger={ledger} />
      <WhyNoIban ledger={ledger} />
      <Frozen freeze={ledger.freeze} />
      <Amounts
        amounts={[
          ["Balance", <Money money={ledger.balance.posted} />],
          ["Held", <Money money={ledger.balance.held} />],
          ["Available", <Money money={ledger.balance.available} />],
        ]}
      />
    </>
  );
}

export default function LedgerPage({ id }: { id: string }) {
  const asked = useAsk(LedgerDocument, { id });
  useLive(LedgerChangesDocument, { ledgerId: id });
  const ledger = asked.data?.data.ledger;
  if (asked.error && !asked.data) return <Failure failure={asked.error} again={() => void asked.refetch()} />;
  if (asked.data && !ledger) return <NotThere what="ledger" id={id} />;
  return (
    <>
      {ledger ? <Head ledger={ledger} lacking={asked.data?.lacking ?? []} /> : <Loading />}
      <div className="columns">
        <BalanceOverTime id={id} version={ledger?.balance.sequence} />
        {ledger ? <Details ledger={ledger} /> : <Section title="Details">{null}</Section>}
      </div>
      <Tabs
        label="Of this ledger"
        tabs={[
          { name: "entries", label: "Entries", content: () => <Entries of={{ ledgerId: id }} /> },
          { name: "holds", label: "Holds", content: () => <Holds of={{ ledgerId: id }} /> },
          { name: "payments", label: "Payments", content: () => <Payments ledgerId={id} /> },
          { name: "events", label: "Events", content: () => <History id={id} types={LEDGER_EVENTS} /> },
        ]}
      />
    </>
  );
}
