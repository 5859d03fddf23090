import { Link } from "wouter";
import { useAsk } from "../../client/queries";
import { Money } from "../../kit/Money";
import { Panel } from "../../kit/Panel";
import { Empty } from "../../kit/states";
import { Status } from "../../kit/Status";
import { Time } from "../../kit/Time";
import { RecentPaymentsDocument } from "./overview.generated";

const NO_VARIABLES = {};

export function RecentPayments() {
  const asked = useAsk(RecentPaymentsDocument, NO_VARIABLES);
  return (
    <Panel title="Latest payments" asked={asked} aside={<Link href="/payments">All</Link>}>
      {({ payments: { nodes } }) =>
        nodes.length === 0 ? (
          <Empty>No payment has come in or gone out yet.</Empty>
        ) : (
          <ul className="lines">
            {nodes.map((payment) => (
              <li key={payment.id}>
                <Link href={`/payments/${payment.id}`}>
                  {payment.direction === "OUT" ? "To" : "From"} {payment.counterparty.name}
                </Link>
                <Money money={payment.amount} />
                <Status status={payment.status} />
                <Time at={payment.createdAt} />
              </li>
            ))}
          </ul>
        )
      }
    </Panel>
  );
}
