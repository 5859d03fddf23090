import { useAsk } from "../../client/queries";
import { moneyText } from "../../format";
import { Facts, Metadata } from "../../kit/Facts";
import { Id } from "../../kit/Id";
import { Money } from "../../kit/Money";
import { PageHead } from "../../kit/PageHead";
import { Section } from "../../kit/Panel";
import { Failure, Lacking, Loading } from "../../kit/states";
import { Status } from "../../kit/Status";
import { Time } from "../../kit/Time";
import { Amounts } from "../../parts/Amounts";
import { History } from "../../parts/History";
import { NotThere } from "../../parts/NotThere";
import { Party } from "../../parts/Party";
import { Posted } from "./Posted";
import { HoldDocument } from "./transfers.generated";

export default function HoldPage({ id }: { id: string }) {
  const asked = useAsk(HoldDocument, { id });
  const hold = asked.data?.data.hold;
  if (!asked.data) return asked.error ? <Failure failure={asked.error} again={() => void asked.refetch()} /> : <Loading />;
  if (!hold) return <NotThere what="hold" id={id} />;
  return (
    <>
      <PageHead title={`Hold of ${moneyText(hold.amount)}`} about={<Id value={id} />}>
        Hold of <Money money={hold.amount} /> <Status status={hold.status} />
      </PageHead>
      <Lacking scopes={asked.data.lacking} />
      <Amounts
        amounts={[
          ["Still held", <Money money={hold.remaining} />],
          ["Captured", <Money money={hold.captured} />],
          ["Released", <Money money={hold.released} />],
        ]}
      />
      <div className="columns">
        <Section title="Details">
          <Facts
            facts={[
              ["From", <Party party={hold.debit} />],
              ["To", <Party party={hold.credit} />],
              ["Reference", hold.reference],
              ["Placed", <Time at={hold.createdAt} />],
              ["Ends by itself", <Time at={hold.expiresAt} />],
              ["Transfers", hold.transfers.length > 0 && <Posted transfers={hold.transfers} />],
              ["Metadata", <Metadata metadata={hold.metadata} />],
            ]}
          />
        </Section>
        <History id={id} />
      </div>
    </>
  );
}
