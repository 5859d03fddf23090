import { useEffect, useRef, useState, type FormEvent } from "react";
import { useLocation, useSearchParams } from "wouter";

/** One box for everything. It is focused by `/`. */
export function SearchBox() {
  const [location, navigate] = useLocation();
  const [parameters] = useSearchParams();
  const [text, setText] = useState("");
  const field = useRef<HTMLInputElement>(null);
  const asked = location === "/search" ? (parameters.get("q") ?? "") : "";
  useEffect(() => setText(asked), [asked]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (text.trim()) navigate(`/search?q=${encodeURIComponent(text.trim())}`);
  };
  return (
    <form className="search-box" role="search" aria-label="Everything" onSubmit={submit}>
      <input
        ref={field}
        id="search"
        type="search"
        value={text}
        onChange={(event) => setText(event.target.value)}
        aria-label="Search"
        placeholder="Name, id, IBAN, reference, key"
        title="A holder's name, an id, an IBAN, a reference, an idempotency key. Press / to come here."
        autoComplete="off"
        spellCheck={false}
        enterKeyHint="search"
        maxLength={255}
      />
    </form>
  );
}
