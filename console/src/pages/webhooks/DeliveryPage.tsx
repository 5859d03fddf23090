import { Link } from "wouter";
import { pageOf } from "../../addresses";
import { useAsk } from "../../client/queries";
import { mutate } from "../../client/request";
import { words } from "../../format";
import { Action } from "../../kit/Action";
import { Facts } from "../../kit/Facts";
import { CopyButton, Id } from "../../kit/Id";
import { PageHead } from "../../kit/PageHead";
import { Section } from "../../kit/Panel";
import { Empty, Failure, Lacking, Loading } from "../../kit/states";
import { Status } from "../../kit/Status";
import { Time } from "../../kit/Time";
import { NotThere } from "../../parts/NotThere";
import { DeliveryDocument, RedeliverDocument, type DeliveryQuery } from "./delivery.generated";

type Delivery = NonNullable<DeliveryQuery["webhookDelivery"]>;
type Attempt = Delivery["attempts"][number];

const EVERY_SECONDS = 3;
const FIRST_GOOD = 200;
const FIRST_NOT_GOOD = 300;

function SendAgain({ delivery }: { delivery: Delivery }) {
  return (
    <Action
      label="Send again…"
      title="Send this message again"
      scope="webhooks:write"
      confirm="Send again"
      says={() => (
        <p>
          The same message goes to <code>{delivery.endpoint.url}</code> again now, with the same id: a receiver that keeps ids tells it from a new one.
        </p>
      )}
      lookFirst="Look at the attempts first: it may have been sent. Sending it again sends the same message once more, with the same id."
      send={() => mutate(RedeliverDocument, { id: delivery.id })}
      done={() => "The message is sent again."}
    />
  );
}

function outcome({ status, nextAttemptAt, endpoint, attempts }: Delivery): [tone: string, text: string] {
  const last = attempts.at(-1);
  const came = last ? cameBack(last) : null;
  switch (status) {
    case "DELIVERED":
      return ["good", `It reached its receiver, which answered ${last?.responseStatus ?? "2xx"}.`];
    case "EXHAUSTED":
      return ["bad", `It did not reach its receiver, and is not tried any more. The last attempt: ${came ?? "unknown"}.`];
    case "CANCELLED":
      return ["bad", "It was not delivered: its endpoint was deleted."];
    default: {
      if (endpoint.status !== "ENABLED") return ["wait", `It waits: its endpoint is ${endpoint.status.toLowerCase()}.`];
      const failed = came ? `The last attempt failed: ${came}. ` : "";
      return ["wait", `${failed}${nextAttemptAt ? "It is tried again by itself." : "It waits for its turn."}`];
    }
  }
}

function cameBack({ error, responseStatus }: Attempt): string {
  return error ?? (responseStatus === null || responseStatus === undefined ? "no answer" : `it answered ${responseStatus}`);
}

function pretty(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}

function Sent({ delivery }: { delivery: Delivery }) {
  return (
    <Section title="What was sent" aside={delivery.requestBody ? <CopyButton text={delivery.requestBody} what="the body" /> : undefined}>
      <p className="request-line">
        <code>POST {delivery.endpoint.url}</code>
      </p>
      <p className="request-line">
        <code>webhook-id: {delivery.eventId}</code>
      </p>
      {delivery.requestBody ? (
        <pre tabIndex={0} aria-label="Body">
          {pretty(delivery.requestBody)}
        </pre>
      ) : (
        <Empty>Its body is not shown: this key may not read it, or it is no longer kept.</Empty>
      )}
    </Section>
  );
}

function isGood({ responseStatus }: Attempt): boolean {
  return responseStatus !== null && responseStatus !== undefined && responseStatus >= FIRST_GOOD && responseStatus < FIRST_NOT_GOOD;
}

function Attempts({ attempts }: { attempts: Attempt[] }) {
  return (
    <Section title="What came back">
      {attempts.length === 0 ? (
        <Empty>It was not attempted yet.</Empty>
      ) : (
        <ol className="history">
          {attempts.toReversed().map((attempt) => (
            <li key={attempt.number}>
              <p className="history-what">
                Attempt {attempt.number}:{" "}
                <span className="status" data-tone={isGood(attempt) ? "good" : "bad"}>
                  {attempt.responseStatus ?? "No answer"}
                </span>
              </p>
              {attempt.error && <p>{attempt.error}</p>}
              <p className="history-who">
                <Time at={attempt.startedAt} /> · it took {attempt.durationMs} ms
              </p>
              {attempt.responseBody ? (
                <pre tabIndex={0} aria-label={`Answer to attempt ${attempt.number}`}>
                  {attempt.responseBody}
                </pre>
              ) : (
                attempt.responseStatus != null && <p className="none">The answer had no body.</p>
              )}
            </li>
          ))}
        </ol>
      )}
    </Section>
  );
}

export default function DeliveryPage({ id }: { id: string }) {
  const asked = useAsk(DeliveryDocument, { id }, { everySeconds: EVERY_SECONDS });
  const delivery = asked.data?.data.webhookDelivery;
  if (!asked.data) return asked.error ? <Failure failure={asked.error} again={() => void asked.refetch()} /> : <Loading />;
  if (!delivery) return <NotThere what="webhook delivery" id={id} />;
  const [tone, text] = outcome(delivery);
  const about = delivery.event && pageOf(delivery.event.resourceType, delivery.event.resourceId);
  return (
    <>
      <PageHead title={delivery.eventType} about={<Id value={id} />} actions={!delivery.endpoint.deletedAt && <SendAgain delivery={delivery} />}>
        {delivery.eventType} <Status status={delivery.status} />
      </PageHead>
      <Lacking scopes={asked.data.lacking} />
      <div className="note" data-tone={tone} role="status">
        <p>
          <b>{text}</b>
        </p>
      </div>
      <Section title="Delivery">
        <Facts
          facts={[
            ["To", <Link href={`/webhooks/${delivery.endpoint.id}`}>{delivery.endpoint.url}</Link>],
            ["About", about && <Link href={about}>{words(delivery.event!.resourceType)}</Link>],
            ["Event", delivery.event && <Link href={`/events/${delivery.event.id}`}>{delivery.eventType}</Link>],
            ["Attempts", String(delivery.attemptCount)],
            ["Next attempt", delivery.nextAttemptAt && <Time at={delivery.nextAttemptAt} />],
            ["Made", <Time at={delivery.createdAt} />],
            ["Changed", <Time at={delivery.updatedAt} />],
          ]}
        />
      </Section>
      <div className="columns">
        <Attempts attempts={delivery.attempts} />
        <Sent delivery={delivery} />
      </div>
    </>
  );
}
