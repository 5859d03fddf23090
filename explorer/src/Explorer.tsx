import { useGraphiQL } from "@graphiql/react";
import { GraphiQL } from "graphiql";
import { createClient } from "graphql-ws";
import { useEffect, useMemo, useRef, useState } from "react";
import { createFetcher, socketAddress, type KeyState } from "./fetcher";
import { Header } from "./Header";
import type { Remembered } from "./remembered";
import { Notice } from "./Notice";
import type { Session } from "./session";
import type { ExplorerSettings } from "./settings";
import { readRemembered, storedActiveTab, tabStorage, typedKey, writeRemembered } from "./storage";
import { story } from "./story";

// A value of this scalar may be anything; without this, an object would be underlined.
const SCALARS = { JSON: {} };
const KEY_PAUSE_MILLISECONDS = 400;
// By itself GraphiQL fills in the other tabs' variables, but not those of the tab that it opens with.
const firstShown = storedActiveTab() ?? story[0];

/** The key as typed, and the same a moment after the last keystroke: each new key fetches the schema again. */
function useSettledKey(apiKey: string): string {
  const [settled, setSettled] = useState(apiKey);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(apiKey), KEY_PAUSE_MILLISECONDS);
    return () => clearTimeout(timer);
  }, [apiKey]);
  return settled;
}

/** GraphiQL sets its editors' font itself, and wider than two columns of comments like. */
function EditorFont() {
  const editors = useGraphiQL((state) => [state.queryEditor, state.variableEditor, state.headerEditor, state.responseEditor]);
  useEffect(() => {
    const fontFamily = getComputedStyle(document.documentElement).getPropertyValue("--font-family-mono");
    editors.forEach((editor) => editor?.updateOptions({ fontFamily, fontSize: 13 }));
  }, editors);
  return null;
}

function RememberedValues({ values }: { values: Remembered }) {
  const names = Object.keys(values).sort();
  return (
    <div className="remembered">
      <span className="remembered-title">Filled in for you</span>
      {names.length === 0 && <span>Each answer's ids are kept for the next tabs, as {"{{holderId}}"} or {"{{ledgerId}}"}.</span>}
      {names.map((name) => (
        <span key={name} className="remembered-value" title={values[name]}>
          <b>{`{{${name}}}`}</b> {values[name]}
        </span>
      ))}
    </div>
  );
}

export function Explorer({ settings, session }: { settings: ExplorerSettings; session: Session }) {
  const [apiKey, setApiKey] = useState(() => typedKey.read() || session.apiKey);
  const [keyState, setKeyState] = useState<KeyState>(apiKey ? "unknown" : "missing");
  const [remembered, setRemembered] = useState(readRemembered);
  const latest = useRef(remembered);
  const settledKey = useSettledKey(apiKey);

  const socket = useMemo(
    () => createClient({ url: socketAddress(), connectionParams: { Authorization: `API-Key ${settledKey}` }, retryAttempts: 0 }),
    [settledKey],
  );
  useEffect(() => () => void socket.dispose(), [socket]);

  const fetcher = useMemo(() => {
    const remember = (found: Remembered) => {
      latest.current = { ...latest.current, ...found };
      writeRemembered(latest.current);
      setRemembered(latest.current);
    };
    return createFetcher({ apiKey: settledKey, socket, read: () => latest.current, remember, noticeKey: setKeyState });
  }, [settledKey, socket]);

  const changeKey = (key: string) => {
    typedKey.write(key === session.apiKey ? "" : key);
    setApiKey(key);
    setKeyState(key ? "unknown" : "missing");
  };

  return (
    <>
      <Header
        environment={settings.environment}
        apiKey={apiKey}
        signedIn={apiKey === session.apiKey}
        state={keyState}
        onKey={changeKey}
      />
      <Notice state={keyState} signedIn={apiKey === session.apiKey} failure={session.failure} />
      <GraphiQL
        fetcher={fetcher}
        defaultTabs={story}
        initialQuery={firstShown?.query ?? undefined}
        initialVariables={firstShown?.variables ?? undefined}
        defaultEditorToolsVisibility="variables"
        storage={tabStorage}
        schemaDescription
        inputValueDeprecation
        customScalarSchemas={SCALARS}
        shouldPersistHeaders={false}
        showPersistHeadersSettings={false}
      >
        <EditorFont />
        <GraphiQL.Logo>{null}</GraphiQL.Logo>
        <GraphiQL.Footer>
          <RememberedValues values={remembered} />
        </GraphiQL.Footer>
      </GraphiQL>
    </>
  );
}
