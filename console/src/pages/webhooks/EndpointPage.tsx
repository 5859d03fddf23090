import { Link, useSearchParams } from "wouter";
import { pageOf } from "../../addresses";
import { HappenedDocument } from "../../client/changes.generated";
import { useLive } from "../../client/live";
import { useAsk } from "../../client/queries";
import { isId } from "../../ids";
import { Facts } from "../../kit/Facts";
import { CopyButton, Id } from "../../kit/Id";
import { PageHead } from "../../kit/PageHead";
import { Section } from "../../kit/Panel";
import { Failure, Lacking, Loading } from "../../kit/states";
import { Status } from "../../kit/Status";
import { Time } from "../../kit/Time";
import { History } from "../../parts/History";
import { NotThere } from "../../parts/NotThere";
import { Tabs } from "../../kit/Tabs";
import { DeliveryList } from "./DeliveryList";
import { Change, Delete, Ping, Replay, Rotate, Switch, type Endpoint } from "./EndpointActions";
import { EndpointDocument } from "./endpoint.generated";
import { Health } from "./Health";
import { ReplayProgress } from "./ReplayProgress";

const TYPES = { types: ["webhook_endpoint.*", "webhook_delivery.*"] };
const EVERY_SECONDS = 5;

const PAYLOADS: Record<Endpoint["payload"], string> = { FULL: "The whole object", THIN: "Ids only", NOTIFICATION: "A flat notification" };

function WhyNotSent({ endpoint }: { endpoint: Endpoint }) {
  if (endpoint.status === "ENABLED") return null;
  const text = endpoint.status === "PAUSED" ? "It keeps failing: messages wait, and one is tried now and then." : "Nothing is sent to it.";
  return (
    <div className="note" data-tone={endpoint.status === "PAUSED" ? "wait" : "bad"}>
      <p>
        <b>{text}</b>
      </p>
      {endpoint.statusReason && <p>Reason: {endpoint.statusReason}</p>}
    </div>
  );
}

function Secrets({ ends }: { ends: string[] }) {
  if (ends.length === 0) return <>One signs; it was shown when it was made</>;
  return (
    <>
      The new one signs, and older ones until{" "}
      {ends.map((end, place) => (
        <span key={end}>
          {place > 0 && ", "}
          <Time at={end} />
        </span>
      ))}
    </>
  );
}

function Settings({ endpoint }: { endpoint: Endpoint }) {
  const holder = endpoint.holderId && pageOf("holder", endpoint.holderId);
  return (
    <Section title="Settings">
      <Facts
        facts={[
          ["What it is for", endpoint.description],
          ["Types of events", endpoint.eventTypes.length > 0 ? endpoint.eventTypes.join(", ") : "All"],
          ["Messages hold", PAYLOADS[endpoint.payload]],
          ["In order", endpoint.ordered && "What is told of one object comes strictly in order"],
          ["At most", endpoint.maxPerSecond && `${endpoint.maxPerSecond} a second`],
          ["Only with", endpoint.filter != null && <code>{JSON.stringify(endpoint.filter)}</code>],
          ["Only of", holder && <Link href={holder}>one holder</Link>],
          ["Its own headers", endpoint.headerNames.join(", ")],
          ["Secrets", <Secrets ends={endpoint.secretExpiresAt} />],
          [
            "Public key",
            <span className="id">
              <code>{endpoint.publicKey}</code>
              <CopyButton text={endpoint.publicKey} what="the public key" />
            </span>,
          ],
          ["Created", <Time at={endpoint.createdAt} />],
          ["Changed", <Time at={endpoint.updatedAt} />],
        ]}
      />
    </Section>
  );
}

export default function EndpointPage({ id }: { id: string }) {
  const [parameters] = useSearchParams();
  const asked = useAsk(EndpointDocument, { id }, { everySeconds: EVERY_SECONDS });
  useLive(HappenedDocument, TYPES);
  const replay = parameters.get("replay");
  const endpoint = asked.data?.data.webhookEndpoint;
  if (!asked.data) return asked.error ? <Failure failure={asked.error} again={() => void asked.refetch()} /> : <Loading />;
  if (!endpoint) return <NotThere what="webhook endpoint" id={id} />;
  return (
    <>
      <PageHead
        title={endpoint.url}
        about={<Id value={id} />}
        actions={
          <>
            <Ping id={id} />
            <Replay id={id} />
            <Rotate id={id} />
            <Change endpoint={endpoint} />
            <Switch endpoint={endpoint} />
            <Delete endpoint={endpoint} />
          </>
        }
      >
        <span className="long-title">{endpoint.url}</span> <Status status={endpoint.status} title={endpoint.statusReason} />
      </PageHead>
      <Lacking scopes={asked.data.lacking} />
      <WhyNotSent endpoint={endpoint} />
      {replay && isId(replay) && <ReplayProgress id={replay} />}
      <div className="columns">
        <Section title="Health">
          <Health stats={endpoint.stats} />
        </Section>
        <Settings endpoint={endpoint} />
      </div>
      <Tabs
        label="Of this endpoint"
        tabs={[
          { name: "deliveries", label: "Deliveries", content: () => <DeliveryList endpointId={id} /> },
          { name: "events", label: "Events", content: () => <History id={id} title="What happened to the endpoint" /> },
        ]}
      />
    </>
  );
}
