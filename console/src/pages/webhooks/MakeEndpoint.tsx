import { mutate } from "../../client/request";
import { Action } from "../../kit/Action";
import { CreateEndpointDocument } from "./endpoint.generated";
import { Secret } from "./Secret";
import { typesIn } from "./types";

const PAYLOADS: [string, string][] = [
  ["FULL", "The whole object"],
  ["THIN", "Ids only"],
  ["NOTIFICATION", "A flat notification"],
];

/** A new endpoint. */
export function MakeEndpoint() {
  return (
    <Action
      label="New endpoint…"
      title="Make an endpoint"
      scope="webhooks:write"
      confirm="Make it"
      says={() => (
        <p>From now on, what happens is sent to this address, signed with a secret of its own. The secret is shown once. Sending this twice makes two endpoints.</p>
      )}
      fields={[
        { name: "url", label: "Address", required: true, help: "Where messages are posted to, such as https://example.com/hooks" },
        { name: "description", label: "What it is for", maxLength: 255 },
        { name: "eventTypes", label: "Types of events", help: "Exact types or wildcards, such as ledger.* payment.status.declined; nothing means all" },
        { name: "payload", label: "What messages hold", kind: "select", options: PAYLOADS, initial: "FULL" },
      ]}
      lookFirst="Look at the endpoints first: it may be there, without anybody having seen its secret. Sending this again makes another endpoint."
      send={({ url, description, eventTypes, payload }) =>
        mutate(CreateEndpointDocument, {
          input: { url: url!, description: description || null, eventTypes: typesIn(eventTypes), payload: payload as "FULL" },
        })
      }
      shows={({ secret, publicKey }) => <Secret secret={secret} publicKey={publicKey} />}
      done={() => "The endpoint was made."}
    />
  );
}
