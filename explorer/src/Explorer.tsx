import { useGraphiQL, useGraphiQLActions, useMonaco } from "@graphiql/react";
import { GraphiQL } from "graphiql";
import { createClient } from "graphql-ws";
import { useEffect, useMemo, useRef, useState } from "react";
import { createFetcher, isServerThere, socketAddress, type KeyState } from "./fetcher";
import { Header } from "./Header";
import { MoreTabs } from "./MoreTabs";
import type { Remembered } from "./remembered";
import { Notice } from "./Notice";
import type { Session } from "./session";
import type { ExplorerSettings } from "./settings";
import { readRemembered, storedActiveTab, tabStorage, typedKey, writeRemembered } from "./storage";
import { story } from "./story";
import { onTabKey } from "./tabKeys";
import { defineThemes, THEMES } from "./themes";

// A value of this scalar may be anything; without this, an object would be underlined.
const SCALARS = { JSON: {} };
const KEY_PAUSE_MILLISECONDS = 400;
const LOOK_MILLISECONDS = 10_000;
const LOOK_FOR_IT_MILLISECONDS = 2_000;
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

/** GraphiQL sets its editors' font itself. In this one the lines of the tour fit beside the answer, 1280 pixels wide. */
function EditorFont() {
  const editors = useGraphiQL((state) => [state.queryEditor, state.variableEditor, state.headerEditor, state.responseEditor]);
  useEffect(() => {
    const fontFamily = getComputedStyle(document.documentElement).getPropertyValue("--font-family-mono");
    editors.forEach((editor) => editor?.updateOptions({ fontFamily, fontSize: 12, lineDecorationsWidth: 10, wordWrap: "on" }));
  }, editors);
  return null;
}

/** GraphiQL's own colors are too faint to read. */
function EditorColors() {
  const monaco = useMonaco((state) => state.monaco);
  const setTheme = useGraphiQLActions().setTheme;
  const theme = useGraphiQL((state) => state.theme);
  useEffect(() => {
    if (!monaco) return;
    defineThemes(monaco);
    setTheme(theme);
  }, [monaco]);
  useEffect(() => {
    if (theme !== null) return undefined;
    // The page follows the system by itself, but the editors do not.
    const system = matchMedia("(prefers-color-scheme: dark)");
    const follow = () => setTheme(null);
    system.addEventListener("change", follow);
    return () => system.removeEventListener("change", follow);
  }, [theme]);
  return null;
}

/** Looks whether the server is there: now and then, and often once it is gone. */
function useServer(): [boolean, (isReachable: boolean) => void] {
  const [isReachable, setReachable] = useState(true);
  useEffect(() => {
    const look = async () => {
      if (!document.hidden) setReachable(await isServerThere());
    };
    const timer = setInterval(look, isReachable ? LOOK_MILLISECONDS : LOOK_FOR_IT_MILLISECONDS);
    return () => clearInterval(timer);
  }, [isReachable]);
  return [isReachable, setReachable];
}

/** What the open subscription is at. It is none of the response's own text, which is the last event. */
function Live({ seen }: { seen: number | null }) {
  const text = seen
    ? `${seen} ${seen === 1 ? "event" : "events"} so far. Waiting for more.`
    : "Waiting for events. Make one happen: run a tab in a second window.";
  return (
    <div className="live" role="status" hidden={seen === null}>
      {seen !== null && text}
    </div>
  );
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
  const [seen, setSeen] = useState<number | null>(null);
  const [isReachable, noticeServer] = useServer();
  const latest = useRef(remembered);
  const settledKey = useSettledKey(apiKey);

  const socket = useMemo(
    () => createClient({ url: socketAddress(), connectionParams: { Authorization: `API-Key ${settledKey}` }, retryAttempts: 0 }),
    [settledKey],
  );
  useEffect(
    // It also waits for a connection that is still being made, which may fail: nobody needs it any more.
    () => () => void Promise.resolve(socket.dispose()).catch(() => undefined),
    [socket],
  );

  const fetcher = useMemo(() => {
    const remember = (found: Remembered) => {
      latest.current = { ...latest.current, ...found };
      writeRemembered(latest.current);
      setRemembered(latest.current);
    };
    return createFetcher({
      apiKey: settledKey,
      socket,
      read: () => latest.current,
      remember,
      noticeKey: setKeyState,
      noticeServer,
      noticeEvents: setSeen,
    });
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
        hasConsole={settings.console}
        apiKey={apiKey}
        signedIn={apiKey === session.apiKey}
        state={isReachable ? keyState : "gone"}
        onKey={changeKey}
      />
      <Notice
        state={isReachable ? keyState : "gone"}
        signedIn={apiKey === session.apiKey}
        failure={session.failure}
      />
      <main onKeyDown={onTabKey}>
        <GraphiQL
          fetcher={fetcher}
          defaultTabs={story}
          initialQuery={firstShown?.query ?? undefined}
          initialVariables={firstShown?.variables ?? undefined}
          defaultEditorToolsVisibility="variables"
          storage={tabStorage}
          editorTheme={THEMES}
          schemaDescription
          inputValueDeprecation
          customScalarSchemas={SCALARS}
          shouldPersistHeaders={false}
          showPersistHeadersSettings={false}
        >
          <EditorFont />
          <EditorColors />
          <GraphiQL.Logo>
            <MoreTabs />
          </GraphiQL.Logo>
          <GraphiQL.Footer>
            <Live seen={seen} />
            <RememberedValues values={remembered} />
          </GraphiQL.Footer>
        </GraphiQL>
      </main>
    </>
  );
}
