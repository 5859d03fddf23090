import { Link } from "wouter";
import { pageOf } from "../addresses";
import { useAsk } from "../client/queries";
import { words } from "../format";
import { Panel } from "../kit/Panel";
import { Empty } from "../kit/states";
import { Status } from "../kit/Status";
import { Time } from "../kit/Time";
import { DeliveriesOfDocument } from "./deliveries.generated";

/** Which webhooks told of an object, and whether they reached their receivers. */
export function Deliveries({ resourceId }: { resourceId: string }) {
  const asked = useAsk(DeliveriesOfDocument, { resourceId });
  return (
    <Panel title="Webhooks about it" asked={asked}>
      {({ webhookDeliveries: { nodes } }) =>
        nodes.length === 0 ? (
          <Empty>No webhook was sent about it: no endpoint asked for it when it happened.</Empty>
        ) : (
          <div className="table-scroll" tabIndex={0} role="region" aria-label="Webhooks about it">
            <table>
              <thead>
                <tr>
                  <th scope="col">What</th>
                  <th scope="col">Status</th>
                  <th scope="col">To</th>
                  <th scope="col">When</th>
                  <th scope="col">Attempts</th>
                </tr>
              </thead>
              <tbody>
                {nodes.map((one) => {
                  const page = pageOf("webhook_delivery", one.id);
                  return (
                    <tr key={one.id}>
                      <td>{page ? <Link href={page}>{words(one.eventType)}</Link> : words(one.eventType)}</td>
                      <td>
                        <Status status={one.status} />
                      </td>
                      <td>{one.endpoint.url}</td>
                      <td>
                        <Time at={one.createdAt} />
                      </td>
                      <td>{one.attemptCount}</td>
                    </tr>
                  );
                })}
              </tbody>
            </table>
          </div>
        )
      }
    </Panel>
  );
}
