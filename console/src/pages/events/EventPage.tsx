import { Link } from "wouter";
import { pageOf } from "../../addresses";
import { useAsk } from "../../client/queries";
import { words } from "../../format";
import { Facts } from "../../kit/Facts";
import { Id } from "../../kit/Id";
import { PageHead } from "../../kit/PageHead";
import { Section } from "../../kit/Panel";
import { Empty, Failure, Lacking, Loading } from "../../kit/states";
import { Status } from "../../kit/Status";
import { Time } from "../../kit/Time";
import { NotThere } from "../../parts/NotThere";
import { OneEventDocument, type OneEventQuery } from "./events.generated";
import { Door, Who } from "./Who";

type Found = OneEventQuery["find"]["objects"][number]["node"];

function Told({ objects }: { objects: { node: Found }[] }) {
  const deliveries = objects.map(({ node }) => node).filter((node) => node.__typename === "WebhookDelivery");
  return (
    <Section title="Who was told of it">
      {deliveries.length === 0 ? (
        <Empty>No webhook told of it.</Empty>
      ) : (
        <ul className="lines">
          {deliveries.map((one) => (
            <li key={one.id}>
              <Link href={`/deliveries/${one.id}`}>{one.endpoint.url}</Link>
              <Status status={one.status} />
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

function Json({ title, value }: { title: string; value: unknown }) {
  return (
    <Section title={title}>
      <pre tabIndex={0} aria-label={title}>
        {JSON.stringify(value, null, 2)}
      </pre>
    </Section>
  );
}

export default function EventPage({ id }: { id: string }) {
  const asked = useAsk(OneEventDocument, { id, text: id });
  const event = asked.data?.data.node;
  if (!asked.data) return asked.error ? <Failure failure={asked.error} again={() => void asked.refetch()} /> : <Loading />;
  if (event?.__typename !== "Event") return <NotThere what="event" id={id} />;
  const about = pageOf(event.resourceType, event.resourceId);
  return (
    <>
      <PageHead title={event.type} about={<Id value={id} />} />
      <Lacking scopes={asked.data.lacking} />
      <div className="columns">
        <Section title="What happened">
          <Facts
            facts={[
              ["When", <Time at={event.occurredAt} />],
              ["Who", <Who event={event} />],
              ["Door", <Door via={event.via} />],
              ["Request", event.requestId && <Id value={event.requestId} what="the request's id" />],
              [words(event.resourceType), about ? <Link href={about}>{event.resourceId}</Link> : <Id value={event.resourceId} />],
              ["Version", String(event.resourceVersion)],
            ]}
          />
        </Section>
        <Told objects={asked.data.data.find.objects} />
      </div>
      {event.previous != null && <Json title="What it replaced" value={event.previous} />}
      <Json title="The object after it" value={event.data} />
    </>
  );
}
