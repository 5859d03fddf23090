import { useAsk } from "../../client/queries";
import { count } from "../../format";
import { Panel } from "../../kit/Panel";
import { Empty } from "../../kit/states";
import { Time } from "../../kit/Time";
import { ReplayDocument } from "./endpoint.generated";

const EVERY_SECONDS = 2;

/** How far a replay is. */
export function ReplayProgress({ id }: { id: string }) {
  const asked = useAsk(ReplayDocument, { id }, { everySeconds: EVERY_SECONDS });
  return (
    <Panel title="Replay" asked={asked}>
      {({ node }) => {
        if (node?.__typename !== "WebhookReplay") return <Empty>There is no such replay.</Empty>;
        const { matched, scheduled, createdAt, finishedAt } = node;
        return (
          <div className="progress">
            <progress max={Math.max(1, matched)} value={finishedAt ? Math.max(1, matched) : scheduled} aria-label="Scheduled" />
            <p role="status">
              {finishedAt ? "All is scheduled: " : "Under way: "}
              {count(scheduled)} of {count(matched)} messages are due again or sent. Asked for <Time at={createdAt} />
              {finishedAt && (
                <>
                  , scheduled <Time at={finishedAt} />
                </>
              )}
              .
            </p>
          </div>
        );
      }}
    </Panel>
  );
}
