import { mutate } from "../../client/request";
import { useViewer } from "../../client/viewer";
import { Action } from "../../kit/Action";
import { CopyButton } from "../../kit/Id";
import { CreateApiKeyDocument } from "./keys.generated";
import { SCOPES } from "./scopes";

function instantOf(day: string | undefined): string | null {
  return day ? new Date(`${day}T00:00:00`).toISOString() : null;
}

/** A new key with at most the scopes of the one in use. */
export function MakeKey() {
  const viewer = useViewer();
  const options = SCOPES.filter(([scope]) => viewer?.may(scope)).map(([scope, what]): [string, string] => [scope, `${scope}: ${what.charAt(0).toLowerCase()}${what.slice(1)}`]);
  return (
    <Action
      label="New key…"
      title="Make an API key"
      scope="keys:write"
      confirm="Make it"
      says={() => <p>Whoever has the key may do what its scopes say, in the name of this customer. It is shown once. Sending this twice makes two keys.</p>}
      fields={[
        { name: "name", label: "What it is for", required: true, maxLength: 255 },
        { name: "scopes", label: "What it may do", kind: "checks", options, required: true },
        { name: "expires", label: "Ends on", kind: "date", help: "At the beginning of this day. Nothing means never." },
      ]}
      lookFirst="Look at the keys first: it may be there, without anybody having seen it. If so, revoke it. Sending this again makes another key."
      send={({ name, scopes, expires }) => mutate(CreateApiKeyDocument, { input: { name: name!, scopes: (scopes ?? "").split(" ").filter(Boolean), expiresAt: instantOf(expires) } })}
      shows={({ key }) => (
        <>
          <p>
            <b>This is the only time that the key is shown.</b> Copy it now.
          </p>
          <p className="secret">
            <code>{key}</code> <CopyButton text={key ?? ""} what="the key" />
          </p>
        </>
      )}
      done={({ apiKey }) => `The key ${apiKey.name} was made.`}
    />
  );
}
