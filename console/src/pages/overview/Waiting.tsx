import { Link } from "wouter";
import { useAsk } from "../../client/queries";
import { Panel } from "../../kit/Panel";
import { Empty } from "../../kit/states";
import { Status } from "../../kit/Status";
import { WaitingHoldersDocument, WaitingLedgersDocument } from "./overview.generated";

const NO_VARIABLES = {};

function Holders() {
  const asked = useAsk(WaitingHoldersDocument, NO_VARIABLES);
  return (
    <Panel title="Holders that wait for somebody" asked={asked}>
      {({ holders: { nodes, pageInfo } }) =>
        nodes.length === 0 ? (
          <Empty>No holder waits for a review or for data.</Empty>
        ) : (
          <ul className="lines">
            {nodes.map((holder) => (
              <li key={holder.id}>
                <Link href={`/holders/${holder.id}`}>{holder.name}</Link>
                <Status status={holder.status} />
                <span className="lines-why">{holder.statusReason}</span>
              </li>
            ))}
            {pageInfo.hasNextPage && (
              <li>
                <Link href="/holders?status=QUARANTINE">All in quarantine</Link>
              </li>
            )}
          </ul>
        )
      }
    </Panel>
  );
}

function Ledgers() {
  const asked = useAsk(WaitingLedgersDocument, NO_VARIABLES);
  return (
    <Panel title="Ledgers that cannot be used" asked={asked}>
      {({ ledgers: { nodes, pageInfo } }) =>
        nodes.length === 0 ? (
          <Empty>No ledger is in error or waits for data.</Empty>
        ) : (
          <ul className="lines">
            {nodes.map((ledger) => (
              <li key={ledger.id}>
                <Link href={`/ledgers/${ledger.id}`}>{ledger.holder ? `${ledger.holder.name}, ${ledger.asset}` : `${ledger.asset} ledger`}</Link>
                <Status status={ledger.status} />
                <span className="lines-why">{ledger.statusReason}</span>
              </li>
            ))}
            {pageInfo.hasNextPage && (
              <li>
                <Link href="/ledgers?status=ERROR">All in error</Link>
              </li>
            )}
          </ul>
        )
      }
    </Panel>
  );
}

/** What waits for a person. */
export function Waiting() {
  return (
    <>
      <Holders />
      <Ledgers />
    </>
  );
}
