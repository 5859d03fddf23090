import type { ReactNode } from "react";
import { Link } from "wouter";
import { pageOf } from "../../addresses";
import { mutate } from "../../client/request";
import { Action } from "../../kit/Action";
import { Time } from "../../kit/Time";
import { RetryWorkDocument, type StuckRowFragment } from "./stuck.generated";

type Work = NonNullable<StuckRowFragment["work"]>;

/** The names of mutations in an advice are for those who call the API; the page that it leads to has their buttons. */
function advised(text: string): ReactNode {
  return text.replaceAll(/ \(`\w+`\)/g, "");
}

function Retry({ work }: { work: Work }) {
  return (
    <Action
      label="Retry…"
      title="Try it again now"
      scope="work:write"
      confirm="Retry"
      says={() => (
        <>
          <p>
            <b>{work.task}</b> is tried again at once, and its attempts are counted anew. Trying it more than once does no harm.
          </p>
          {work.lastError && <p>What went wrong at last: {work.lastError}</p>}
        </>
      )}
      send={(_, idempotencyKey) => mutate(RetryWorkDocument, { input: { workId: work.workId, idempotencyKey } })}
      done={() => "It is tried again now."}
    />
  );
}

function Attempts({ work }: { work: Work }) {
  return (
    <p className="history-who">
      {work.attemptCount} {work.attemptCount === 1 ? "attempt" : "attempts"};{" "}
      {work.nextAttemptAt ? (
        <>
          the next one <Time at={work.nextAttemptAt} />
        </>
      ) : (
        "it is not tried again by itself"
      )}
    </p>
  );
}

/** One thing that is stuck: what, why, since when, and what to do. */
export function Item({ item }: { item: StuckRowFragment }) {
  const { title, reason, advice, since, node, work } = item;
  const page = node && pageOf(node.__typename, node.id);
  const holder = node?.__typename === "Ledger" ? node.holder : null;
  const name = `${title ?? work?.task ?? ""}${holder ? ` of ${holder.name}` : ""}`;
  return (
    <li className="card">
      <div className="card-line">
        <div>
          <p className="card-title">{page ? <Link href={page}>{name}</Link> : name}</p>
          <p className="card-why">{reason}</p>
          <p>{advised(advice)}</p>
          <p className="history-who">
            Since <Time at={since} />
          </p>
          {work && <Attempts work={work} />}
        </div>
        {work && <Retry work={work} />}
      </div>
    </li>
  );
}
