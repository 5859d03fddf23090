import { useState } from "react";
import { download, serverNow } from "../client/request";
import { Action } from "../kit/Action";

const FORMATS: Record<string, [string, string]> = {
  pdf: ["PDF", "application/pdf"],
  csv: ["CSV", "text/csv"],
  camt053: ["camt.053", "application/xml"],
  mt940: ["MT940", "application/vnd.swift.mt940"],
  json: ["JSON", "application/json"],
  text: ["Text", "text/plain"],
};
const DATE_CHARACTERS = 10;

function firstOfMonth(): string {
  return `${new Date(serverNow()).toISOString().slice(0, 7)}-01`;
}

interface Properties {
  /** Its path in REST: `v1/customer/ledgers/…/statement`. */
  path: string;
  scope: string;
}

/** A button that downloads a statement. */
export function Statement({ path, scope }: Properties) {
  const [today] = useState(() => new Date(serverNow()).toISOString().slice(0, DATE_CHARACTERS));
  return (
    <Action
      label="Statement…"
      title="Download a statement"
      scope={scope}
      confirm="Download"
      changesNothing
      says={({ to }) => (
        <p>
          It has each entry from the beginning of the first day{to ? " to the beginning of the last one" : " up to now"}, in UTC, by the time of posting.
          Nothing is changed.
        </p>
      )}
      fields={[
        { name: "from", label: "From", kind: "date", initial: firstOfMonth(), required: true, max: today },
        { name: "to", label: "To, itself left out", kind: "date", max: today, help: "Left empty: up to now." },
        { name: "format", label: "Format", kind: "select", initial: "pdf", options: Object.entries(FORMATS).map(([name, [text]]) => [name, text]) },
      ]}
      send={async ({ from, to, format = "pdf" }) => {
        const query = new URLSearchParams({ from: from!, format, ...(to ? { to } : {}) });
        await download(`${path}?${query}`, FORMATS[format]![1]);
      }}
      done={() => "The statement was downloaded."}
    />
  );
}
