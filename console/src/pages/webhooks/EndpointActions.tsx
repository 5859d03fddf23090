// What can be done with an endpoint. Each says what it does, and asks.
import { useLocation } from "wouter";
import { serverNow } from "../../client/request";
import { mutate } from "../../client/request";
import { count } from "../../format";
import { Action } from "../../kit/Action";
import {
  BeginReplayDocument,
  DeleteEndpointDocument,
  PingDocument,
  RotateSecretDocument,
  UpdateEndpointDocument,
  type EndpointQuery,
} from "./endpoint.generated";
import { Secret } from "./Secret";
import { typesIn } from "./types";

export type Endpoint = NonNullable<EndpointQuery["webhookEndpoint"]>;

const SCOPE = "webhooks:write";
const OVERLAPS: [string, string][] = [
  ["24", "One day"],
  ["1", "One hour"],
  ["72", "Three days"],
  ["168", "Seven days"],
  ["0", "Not at all: the old one ends now"],
];
const WHICH: [string, string][] = [
  ["", "All messages"],
  ["EXHAUSTED", "Those that failed for good"],
  ["PENDING", "Those that were not attempted yet, or never made"],
  ["DELIVERED", "Those that were delivered"],
];
const HOUR_MILLISECONDS = 3_600_000;
const SINCE: [string, string][] = [
  ["1", "The last hour"],
  ["24", "The last 24 hours"],
  ["168", "The last 7 days"],
  ["720", "The last 30 days"],
];

export function Ping({ id }: { id: string }) {
  const [, navigate] = useLocation();
  return (
    <Action
      label="Ping…"
      title="Send a test message"
      scope={SCOPE}
      confirm="Send it"
      says={() => <p>A message of the type webhook.ping is sent to this endpoint only. Nothing else is told, and no money moves. You then see what came back.</p>}
      lookFirst="Look at the deliveries first: it may be there. Sending it again sends another one."
      send={() => mutate(PingDocument, { id })}
      done={({ delivery }) => (navigate(`/deliveries/${delivery.id}`), "A test message was sent.")}
    />
  );
}

export function Rotate({ id }: { id: string }) {
  return (
    <Action
      label="Rotate the secret…"
      title="Make a new secret"
      scope={SCOPE}
      confirm="Make a new secret"
      danger
      says={({ overlap }) =>
        overlap === "0" ? (
          <p>Messages are signed with a new secret at once. A receiver that knows only the old one refuses them.</p>
        ) : (
          <p>Messages are signed with a new secret, and with the old one too for {OVERLAPS.find(([hours]) => hours === overlap)?.[1].toLowerCase()}: change the receiver in that time.</p>
        )
      }
      fields={[{ name: "overlap", label: "The old secret still signs for", kind: "select", options: OVERLAPS, initial: "24" }]}
      lookFirst="Look at the endpoint first: it may have been rotated, and then messages are signed with a secret that nobody has seen. Rotating it again makes another secret, which is shown; the older ones sign as long as is chosen above."
      send={({ overlap }) => mutate(RotateSecretDocument, { id, overlapHours: Number(overlap) })}
      shows={({ secret, publicKey }) => <Secret secret={secret} publicKey={publicKey} />}
      done={() => "The secret was rotated."}
    />
  );
}

export function Replay({ id }: { id: string }) {
  const [, navigate] = useLocation();
  return (
    <Action
      label="Replay…"
      title="Send messages again"
      scope={SCOPE}
      confirm="Send them again"
      says={({ hours, status }) => (
        <p>
          {WHICH.find(([name]) => name === (status ?? ""))?.[1]} of {SINCE.find(([each]) => each === hours)?.[1].toLowerCase()} are sent to this endpoint again, in the
          background, with the same ids: a receiver that keeps those tells them from new ones.
        </p>
      )}
      fields={[
        { name: "hours", label: "What happened in", kind: "select", options: SINCE, initial: "24" },
        { name: "status", label: "Which", kind: "select", options: WHICH, initial: "EXHAUSTED" },
        { name: "types", label: "Types of events", help: "Of those that the endpoint asks for; nothing means all of them" },
      ]}
      lookFirst="Look at the deliveries first: it may have begun. Sending it again begins another replay, with the same ids."
      send={({ hours, status, types }) =>
        mutate(BeginReplayDocument, {
          input: {
            endpointId: id,
            since: new Date(serverNow() - Number(hours) * HOUR_MILLISECONDS).toISOString(),
            status: status ? [status as "EXHAUSTED"] : null,
            eventTypes: typesIn(types),
          },
        })
      }
      done={({ replay }) => (navigate(`/webhooks/${id}?replay=${replay.id}`), `${count(replay.matched)} messages are sent again.`)}
    />
  );
}

export function Switch({ endpoint }: { endpoint: Endpoint }) {
  const isOff = endpoint.status !== "ENABLED";
  return isOff ? (
    <Action
      label="Enable…"
      title="Enable the endpoint"
      scope={SCOPE}
      confirm="Enable it"
      says={() => <p>Messages are sent to it again. Those that wait go out now, the oldest first.</p>}
      send={() => mutate(UpdateEndpointDocument, { input: { endpointId: endpoint.id, enabled: true } })}
      done={() => "The endpoint is enabled."}
    />
  ) : (
    <Action
      label="Disable…"
      title="Disable the endpoint"
      scope={SCOPE}
      confirm="Disable it"
      danger
      says={() => <p>Nothing is sent to it any more. What is open waits until you enable it; what happens meanwhile is not kept for it, but can be replayed.</p>}
      send={() => mutate(UpdateEndpointDocument, { input: { endpointId: endpoint.id, enabled: false } })}
      done={() => "The endpoint is disabled."}
    />
  );
}

export function Change({ endpoint }: { endpoint: Endpoint }) {
  return (
    <Action
      label="Change…"
      title="Change the endpoint"
      scope={SCOPE}
      confirm="Change it"
      says={() => <p>What is open goes to the new address. Other types of events count for what happens from now on.</p>}
      fields={[
        { name: "url", label: "Address", required: true, initial: endpoint.url },
        { name: "description", label: "What it is for", maxLength: 255, initial: endpoint.description ?? "" },
        { name: "eventTypes", label: "Types of events", initial: endpoint.eventTypes.join(" "), help: "Exact types or wildcards; nothing means all" },
      ]}
      send={({ url, description, eventTypes }) =>
        mutate(UpdateEndpointDocument, {
          input: {
            endpointId: endpoint.id,
            url: url!,
            description: description || null,
            clear: description ? null : ["DESCRIPTION"],
            eventTypes: typesIn(eventTypes) ?? [],
          },
        })
      }
      done={() => "The endpoint was changed."}
    />
  );
}

export function Delete({ endpoint }: { endpoint: Endpoint }) {
  const [, navigate] = useLocation();
  return (
    <Action
      label="Delete…"
      title="Delete the endpoint"
      scope={SCOPE}
      confirm="Delete it"
      danger
      says={() => (
        <p>
          Nothing is sent to <code>{endpoint.url}</code> any more, and what is open is cancelled. This cannot be undone. Its deliveries stay readable.
        </p>
      )}
      send={() => mutate(DeleteEndpointDocument, { id: endpoint.id })}
      done={() => (navigate("/webhooks"), "The endpoint was deleted.")}
    />
  );
}
