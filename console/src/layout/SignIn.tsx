import { useEffect, useState, type FormEvent } from "react";
import { faultOfKey } from "../keyText";
import mark from "../mark.svg";

/** Shown without a key. */
export function SignIn({ why, onKey }: { why: string | null; onKey: (key: string) => void }) {
  const [key, setKey] = useState("");
  const [fault, setFault] = useState<string | null>(null);
  useEffect(() => {
    document.title = "Sign in · Quaestor console";
  }, []);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const trimmed = key.trim();
    const found = faultOfKey(trimmed);
    setFault(found);
    if (trimmed && found === null) onKey(trimmed);
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
        <input id="api-key" type="password" value={key} onChange={(event) => setKey(event.target.value)} autoComplete="off" spellCheck={false} required placeholder="qk_…" aria-invalid={fault !== null} aria-describedby="api-key-fault api-key-help" />
        <p id="api-key-fault" className="field-fault" role="alert" hidden={fault === null}>
          {fault}
        </p>
        <p id="api-key-help" className="field-help">
          All tabs of this browser that are open here share it, until you sign out or close the last of them. It is sent to this server only. You see what this key may see.
        </p>
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
