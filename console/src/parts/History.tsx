import { Link } from "wouter";
import { useAsk } from "../client/queries";
import { actorText, doorText, words } from "../format";
import { Panel } from "../kit/Panel";
import { Empty } from "../kit/states";
import { Time } from "../kit/Time";
import { HistoryDocument, type HistoryQuery } from "./history.generated";

type Happened = HistoryQuery["events"]["nodes"][number];

/** `from PENDING to OK`, where the event changed a status. */
function statusChange({ previous, data }: Happened): string | null {
  const before = (previous as { status?: string } | null)?.status;
  const after = (data as { status?: string } | null)?.status;
  return before && after && before !== after ? `${words(before)} → ${words(after)}` : null;
}

function reasonIn({ data }: Happened): string | null {
  const known = data as { status_reason?: string; statusReason?: string; reason?: string } | null;
  return known?.status_reason ?? known?.statusReason ?? known?.reason ?? null;
}

/** All that happens to a ledger but that its balance changes: that is among its entries. */
export const LEDGER_EVENTS = [
  "ledger.assigned",
  "ledger.created",
  "ledger.frozen",
  "ledger.iban_status.*",
  "ledger.overdraft_changed",
  "ledger.status.*",
  "ledger.unfrozen",
  "ledger.updated",
];
export const WALLET_EVENTS = ["wallet.closed", "wallet.created", "wallet.frozen", "wallet.overdraft_changed", "wallet.unfrozen", "wallet.updated"];

interface Properties {
  id: string;
  title?: string;
  /** Which types of events; left out: all. */
  types?: string[];
}

/** What happened to one object, the first thing first: when, who did it, through which door. */
export function History({ id, title = "What happened", types }: Properties) {
  const asked = useAsk(HistoryDocument, { id, types });
  return (
    <Panel title={title} asked={asked}>
      {({ events }) =>
        events.nodes.length === 0 ? (
          <Empty>No events are kept of this.</Empty>
        ) : (
          <ol className="history">
            {events.nodes.map((event) => (
              <li key={event.id}>
                <p className="history-what">
                  {words(event.type)} {statusChange(event) && <span className="history-change">{statusChange(event)}</span>}
                </p>
                {reasonIn(event) && <p>{reasonIn(event)}</p>}
                <p className="history-who">
                  <Time at={event.occurredAt} /> · {actorText(event.actor)}, {doorText(event.via)}
                </p>
                <details>
                  <summary>All of it</summary>
                  <pre>{JSON.stringify({ id: event.id, type: event.type, actor: event.actor, requestId: event.requestId, previous: event.previous, data: event.data }, null, 2)}</pre>
                </details>
              </li>
            ))}
            {events.pageInfo.hasNextPage && <li><Link href={`/events?about=${id}`}>More happened after this.</Link></li>}
          </ol>
        )
      }
    </Panel>
  );
}
