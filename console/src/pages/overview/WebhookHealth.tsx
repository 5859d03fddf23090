import { Link } from "wouter";
import { pageOf } from "../../addresses";
import { useAsk } from "../../client/queries";
import { count, durationText } from "../../format";
import { Panel } from "../../kit/Panel";
import { Empty } from "../../kit/states";
import { Status } from "../../kit/Status";
import { WebhookHealthDocument, type WebhookHealthQuery } from "./overview.generated";

type Stats = WebhookHealthQuery["webhookEndpoints"][number]["stats"];

const NO_VARIABLES = {};

function Share({ stats: { delivered, failed, pending } }: { stats: Stats }) {
  const all = Math.max(1, delivered + failed + pending);
  const part = (number: number) => ({ width: `${(number / all) * 100}%` });
  return (
    <span className="bar" aria-hidden="true">
      <span data-tone="good" style={part(delivered)} />
      <span data-tone="wait" style={part(pending)} />
      <span data-tone="bad" style={part(failed)} />
    </span>
  );
}

/** What became of webhooks in the last 7 days, endpoint by endpoint. */
export function WebhookHealth({ everySeconds }: { everySeconds: number }) {
  const asked = useAsk(WebhookHealthDocument, NO_VARIABLES, { everySeconds });
  return (
    <Panel title="Webhooks, last 7 days" asked={asked} aside={<Link href="/webhooks">All</Link>}>
      {({ webhookEndpoints }) =>
        webhookEndpoints.length === 0 ? (
          <Empty>No endpoint is told of anything yet.</Empty>
        ) : (
          <ul className="health">
            {webhookEndpoints.map(({ id, url, status, statusReason, stats }) => {
              const page = pageOf("webhook_endpoint", id);
              return (
                <li key={id}>
                  <p className="health-name">
                    {page ? <Link href={page}>{url}</Link> : url} <Status status={status} title={statusReason} />
                  </p>
                  <Share stats={stats} />
                  <p className="health-counts">
                    {count(stats.delivered)} delivered, {count(stats.failed)} failed, {count(stats.pending)} open
                    {stats.oldestPendingSeconds ? `; the oldest waits for ${durationText(stats.oldestPendingSeconds)}` : ""}
                  </p>
                </li>
              );
            })}
          </ul>
        )
      }
    </Panel>
  );
}
