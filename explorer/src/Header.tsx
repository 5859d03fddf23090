import type { KeyState } from "./fetcher";
import mark from "./mark.svg";
import { forgetTabs } from "./storage";

/** What the badge tells: of the key, or that the server is gone. */
export type BadgeState = KeyState | "gone";

const STATES: Record<BadgeState, string> = {
  gone: "Server gone",
  missing: "Needed",
  unknown: "Not tried yet",
  accepted: "Accepted",
  refused: "Not accepted",
};

interface Properties {
  environment: string | null;
  hasConsole: boolean;
  apiKey: string;
  /** The key is the one that this browser was signed in with. */
  signedIn: boolean;
  state: BadgeState;
  onKey: (key: string) => void;
}

function restart() {
  forgetTabs();
  location.reload();
}

export function Header({ environment, hasConsole, apiKey, signedIn, state, onKey }: Properties) {
  return (
    <header className="bar">
      <img className="bar-mark" src={mark} alt="" width="26" height="26" />
      <h1 className="bar-name">Quaestor</h1>
      {environment && (
        <span className="bar-environment" data-environment={environment}>
          {environment}
        </span>
      )}
      <span className="bar-hint">Run the tabs from left to right</span>
      {hasConsole && (
        <a className="bar-button" href="./console/" target="_blank" rel="noreferrer">
          Console
        </a>
      )}
      <a className="bar-button" href="./explorer/docs/" target="_blank" rel="noreferrer">
        Docs
      </a>
      <button className="bar-button" type="button" onClick={restart} title="Bring the prefilled tabs back as they were">
        Restart the tour
      </button>
      <label className="bar-key" data-state={state}>
        <span className="bar-key-label">API key</span>
        <input
          type="password"
          name="api-key"
          value={apiKey}
          onChange={(event) => onKey(event.target.value.trim())}
          placeholder="Type or paste a key"
          autoComplete="off"
          spellCheck={false}
        />
        <span className="bar-key-state" role="status">
          {signedIn && state === "accepted" ? "Signed in" : STATES[state]}
        </span>
      </label>
    </header>
  );
}
