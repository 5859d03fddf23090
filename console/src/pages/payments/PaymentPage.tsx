import { Link } from "wouter";
import { HappenedDocument } from "../../client/changes.generated";
import { useLive } from "../../client/live";
import { useAsk } from "../../client/queries";
import { moneyText } from "../../format";
import { Facts, Metadata } from "../../kit/Facts";
import { CopyButton, Id } from "../../kit/Id";
import { Money } from "../../kit/Money";
import { PageHead } from "../../kit/PageHead";
import { Section } from "../../kit/Panel";
import { Failure, Lacking, Loading } from "../../kit/states";
import { Status } from "../../kit/Status";
import { Time } from "../../kit/Time";
import { Deliveries } from "../../parts/Deliveries";
import { History } from "../../parts/History";
import { NotThere } from "../../parts/NotThere";
import { PaymentDocument, type PaymentQuery } from "./payment.generated";

type Payment = NonNullable<PaymentQuery["payment"]>;

const TYPES = { types: ["payment.*"] };

/** Where the money is, in words. */
function whereItIs(payment: Payment): [tone: string, text: string] {
  if (payment.direction === "IN") {
    return payment.status === "ACCEPTED"
      ? ["good", "The money has arrived and is in the ledger."]
      : ["bad", "The money was not taken in. Nothing was posted to the ledger."];
  }
  switch (payment.status) {
    case "PENDING":
      return ["wait", "The money is held in the ledger. The bank has been asked and has not decided yet."];
    case "ACCEPTED":
      return ["good", "The bank has the money: it has left the ledger."];
    default:
      return ["bad", "The payment was declined. The money was released and is available in the ledger again."];
  }
}

function Where({ payment }: { payment: Payment }) {
  const [tone, text] = whereItIs(payment);
  return (
    <div className="note" data-tone={tone}>
      <p>
        <b>{text}</b>
      </p>
      {payment.statusReason && <p>Reason: {payment.statusReason}</p>}
    </div>
  );
}

function OtherSide({ counterparty: { name, iban, ukBankAccount: uk } }: Pick<Payment, "counterparty">) {
  return (
    <>
      {name}
      {iban && (
        <span className="id">
          <code>{iban}</code> <CopyButton text={iban} what="the IBAN" />
        </span>
      )}
      {uk && ` ${uk.sortCode} ${uk.accountNumber}`}
    </>
  );
}

function Head({ payment, lacking }: { payment: Payment; lacking: string[] }) {
  const way = payment.direction === "OUT" ? "to" : "from";
  return (
    <>
      <PageHead title={`${moneyText(payment.amount)} ${way} ${payment.counterparty.name}`} about={<Id value={payment.id} />}>
        <Money money={payment.amount} /> {way} {payment.counterparty.name} <Status status={payment.status} />
      </PageHead>
      <Lacking scopes={lacking} />
      <Where payment={payment} />
    </>
  );
}

function Details({ payment }: { payment: Payment }) {
  const { ledger, hold, transfer } = payment;
  return (
    <Section title="Details">
      <Facts
        facts={[
          [payment.direction === "OUT" ? "To" : "From", <OtherSide counterparty={payment.counterparty} />],
          ["Ledger", <Link href={`/ledgers/${ledger.id}`}>{ledger.holder ? `${ledger.holder.name}, ${ledger.asset}` : (ledger.iban ?? ledger.id)}</Link>],
          ["Reference", payment.reference],
          [
            "The bank calls it",
            payment.partnerReference && (
              <span className="id">
                <code>{payment.partnerReference}</code> <CopyButton text={payment.partnerReference} what="the bank's reference" />
              </span>
            ),
          ],
          [
            "Hold",
            hold && (
              <>
                <Link href={`/holds/${hold.id}`}>{hold.id.slice(0, 8)}…</Link> <Status status={hold.status} />
              </>
            ),
          ],
          [
            "Transfer",
            transfer && (
              <>
                <Link href={`/transfers/${transfer.id}`}>{transfer.id.slice(0, 8)}…</Link>, posted <Time at={transfer.postedAt} />
              </>
            ),
          ],
          ["Made", <Time at={payment.createdAt} />],
          ["Changed", <Time at={payment.updatedAt} />],
          ["Metadata", <Metadata metadata={payment.metadata} />],
        ]}
      />
    </Section>
  );
}

export default function PaymentPage({ id }: { id: string }) {
  const asked = useAsk(PaymentDocument, { id });
  useLive(HappenedDocument, TYPES);
  const payment = asked.data?.data.payment;
  if (asked.error && !asked.data) return <Failure failure={asked.error} again={() => void asked.refetch()} />;
  if (asked.data && !payment) return <NotThere what="payment" id={id} />;
  return (
    <>
      {payment ? <Head payment={payment} lacking={asked.data?.lacking ?? []} /> : <Loading />}
      <div className="columns">
        <History id={id} title="How it went" />
        {payment ? <Details payment={payment} /> : <Section title="Details">{null}</Section>}
      </div>
      <Deliveries resourceId={id} />
    </>
  );
}
