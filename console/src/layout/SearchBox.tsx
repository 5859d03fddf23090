import { useEffect, useRef, useState, type FormEvent } from "react";
import { useLocation, useSearchParams } from "wouter";
import { holdsKey, NO_KEY_IN_THE_ADDRESS } from "../keyText";

/** One box for everything. It is focused by `/`. */
export function SearchBox() {
  const [location, navigate] = useLocation();
  const [parameters] = useSearchParams();
  const [text, setText] = useState("");
  const [isRefused, setRefused] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const asked = location === "/search" ? (parameters.get("q") ?? "") : "";
  useEffect(() => setText(asked), [asked]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const isKey = holdsKey(text);
    setRefused(isKey);
    if (isKey) setText("");
    else if (text.trim()) navigate(`/search?q=${encodeURIComponent(text.trim())}`);
  };
  return (
    <form className="search-box" role="search" aria-label="Everything" onSubmit={submit}>
      <input
        ref={field}
        id="search"
        type="search"
        value={text}
        onChange={(event) => (setText(event.target.value), setRefused(false))}
        aria-label="Search"
        placeholder="Name, id, IBAN, reference, key"
        title="A holder's name, an id, an IBAN, a reference, an idempotency key. Press / to come here."
        autoComplete="off"
        spellCheck={false}
        enterKeyHint="search"
        maxLength={255}
      />
      <p className="search-refused" role="alert" hidden={!isRefused}>
        {isRefused && NO_KEY_IN_THE_ADDRESS}
      </p>
    </form>
  );
}
