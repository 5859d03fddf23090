import { useEffect, useState, type FormEvent } from "react";
import mark from "../mark.svg";

/** Shown without a key. */
export function SignIn({ why, onKey }: { why: string | null; onKey: (key: string) => void }) {
  const [key, setKey] = useState("");
  useEffect(() => {
    document.title = "Sign in · Quaestor console";
  }, []);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (key.trim()) onKey(key.trim());
  };
  return (
    <main className="sign-in">
      <h1>
        <img src={mark} alt="" width="34" height="34" /> Quaestor console
      </h1>
      {why && (
        <p className="note" data-tone="bad" role="alert">
          {why.split("`").map((part, index) => (index % 2 ? <code key={index}>{part}</code> : part))}
        </p>
      )}
      <form onSubmit={submit} className="field">
        <label htmlFor="api-key">API key</label>
        <input id="api-key" type="password" value={key} onChange={(event) => setKey(event.target.value)} autoComplete="off" spellCheck={false} required placeholder="qk_…" />
        <p className="field-help">It is kept until this tab is closed, and sent to this server only. You see what this key may see.</p>
        <button className="button button-main" type="submit">
          Sign in
        </button>
      </form>
      <p className="field-help">
        Where <code>quaestor dev</code> runs, <code>quaestor login --console</code> prints an address that signs you in without a key.
      </p>
    </main>
  );
}
