import { useEffect, useRef, useState, type ReactNode } from "react";
import { Link, useLocation } from "wouter";
import { useServer } from "../client/server";
import { useViewer } from "../client/viewer";
import { Toasts } from "../kit/Toasts";
import mark from "../mark.svg";
import { setPreferences, usePreferences, type Preferences } from "../preferences";
import { useNavigation } from "./navigation";
import { SearchBox } from "./SearchBox";
import { Shortcuts } from "./Shortcuts";
import { TokenOf } from "./TokenOf";

const MODES: Record<Preferences["mode"], string> = { system: "System", light: "Light", dark: "Dark" };

function isWithin(path: string, location: string): boolean {
  return path === "/" ? location === "/" : location === path || location.startsWith(`${path}/`);
}

function Navigation({ onChoose }: { onChoose: () => void }) {
  const [location] = useLocation();
  const entries = useNavigation();
  return (
    <ul className="navigation">
      {entries.map(({ label, path }) => (
        <li key={path}>
          <Link href={path} onClick={onChoose} aria-current={isWithin(path, location) ? "page" : undefined}>
            {label}
          </Link>
        </li>
      ))}
    </ul>
  );
}

function Choices() {
  const { mode, zone } = usePreferences();
  return (
    <div className="choices">
      <label>
        Times
        <select value={zone} onChange={(event) => setPreferences({ zone: event.target.value as Preferences["zone"] })}>
          <option value="local">Local</option>
          <option value="utc">UTC</option>
        </select>
      </label>
      <label>
        Colors
        <select value={mode} onChange={(event) => setPreferences({ mode: event.target.value as Preferences["mode"] })}>
          {Object.entries(MODES).map(([name, text]) => (
            <option key={name} value={name}>
              {text}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}

function Whose({ signOut }: { signOut: () => void }) {
  const viewer = useViewer();
  const key = viewer?.apiKey;
  return (
    <div className="whose">
      <p className="whose-customer">{viewer?.customerName ?? "…"}</p>
      {key && (
        <p className="whose-key" title={viewer.scopes.join(", ")}>
          {key.name} <code>{key.prefix}…</code>
        </p>
      )}
      {viewer?.accessToken && <TokenOf token={viewer.accessToken} />}
      <button className="button" type="button" onClick={signOut}>
        Sign out
      </button>
    </div>
  );
}

function Gone() {
  const isThere = useServer();
  return (
    <div className="gone" role="alert" hidden={isThere}>
      {!isThere && "The server cannot be reached. What is shown here may be old; this page notices when the server is back."}
    </div>
  );
}

/** What is around every page. */
export function Layout({ signOut, children }: { signOut: () => void; children: ReactNode }) {
  const [isMenuOpen, setMenuOpen] = useState(false);
  const [location] = useLocation();
  const viewer = useViewer();
  const main = useRef<HTMLElement>(null);
  const isFirst = useRef(true);
  useEffect(() => {
    setMenuOpen(false);
    // Another page begins at its top, and is read out from there. The first one leaves the focus where it is.
    if (!isFirst.current) {
      window.scrollTo(0, 0);
      main.current?.focus({ preventScroll: true });
    }
    isFirst.current = false;
  }, [location]);
  return (
    <div className="frame">
      <a className="skip" href="#main" onClick={(event) => (event.preventDefault(), main.current?.focus())}>
        Skip to the page
      </a>
      <header className="top">
        <button className="button menu-button" type="button" aria-expanded={isMenuOpen} aria-controls="side" onClick={() => setMenuOpen(!isMenuOpen)}>
          Menu
        </button>
        <Link href="/" className="brand">
          <img src={mark} alt="" width="26" height="26" />
          <span>Quaestor</span>
        </Link>
        {viewer && (
          <span className="environment" data-environment={viewer.environment}>
            {viewer.environment}
          </span>
        )}
        <SearchBox />
      </header>
      <nav id="side" className="side" data-open={isMenuOpen || undefined} aria-label="Console">
        <Navigation onChoose={() => setMenuOpen(false)} />
        <Choices />
        <Whose signOut={signOut} />
      </nav>
      <main id="main" ref={main} className="main" tabIndex={-1}>
        <Gone />
        {children}
      </main>
      <Shortcuts />
      <Toasts />
    </div>
  );
}
