import { Link } from "wouter";
import { useAsk } from "../../client/queries";
import { moneyText, words } from "../../format";
import { Facts, Metadata } from "../../kit/Facts";
import { Id } from "../../kit/Id";
import { Money } from "../../kit/Money";
import { PageHead } from "../../kit/PageHead";
import { Section } from "../../kit/Panel";
import { Failure, Lacking, Loading } from "../../kit/states";
import { Status } from "../../kit/Status";
import { Time } from "../../kit/Time";
import { Deliveries } from "../../parts/Deliveries";
import { History } from "../../parts/History";
import { NotThere } from "../../parts/NotThere";
import { Party } from "../../parts/Party";
import { Posted } from "./Posted";
import { TransferDocument } from "./transfers.generated";

export default function TransferPage({ id }: { id: string }) {
  const asked = useAsk(TransferDocument, { id });
  const transfer = asked.data?.data.transfer;
  if (!asked.data) return asked.error ? <Failure failure={asked.error} again={() => void asked.refetch()} /> : <Loading />;
  if (!transfer) return <NotThere what="transfer" id={id} />;
  const { reverses, reversals, hold, payment } = transfer;
  return (
    <>
      <PageHead title={`Transfer of ${moneyText(transfer.amount)}`} about={<Id value={id} />}>
        Transfer of <Money money={transfer.amount} /> <Status status={transfer.status} />
      </PageHead>
      <Lacking scopes={asked.data.lacking} />
      <div className="columns">
        <Section title="Details">
          <Facts
            facts={[
              ["From (debit)", <Party party={transfer.debit} />],
              ["To (credit)", <Party party={transfer.credit} />],
              ["Kind", words(transfer.kind)],
              ["Reference", transfer.reference],
              ["Posted", <Time at={transfer.postedAt} />],
              ["Value date", transfer.effectiveAt !== transfer.postedAt && <Time at={transfer.effectiveAt} />],
              ["Posted by force", transfer.forced && "yes: the bank had moved the money already"],
              ["Reverses", reverses && <Link href={`/transfers/${reverses.id}`}>{reverses.id}</Link>],
              ["Reversed by", reversals.length > 0 && <Posted transfers={reversals} />],
              ["Hold", hold && <Link href={`/holds/${hold.id}`}>{words(hold.status)}</Link>],
              ["Payment", payment && <Link href={`/payments/${payment.id}`}>{words(payment.status)}</Link>],
              ["Batch", transfer.groupId && <Id value={transfer.groupId} what="the id of the batch" />],
              ["Metadata", <Metadata metadata={transfer.metadata} />],
            ]}
          />
        </Section>
        <History id={id} />
      </div>
      <Deliveries resourceId={id} />
    </>
  );
}
