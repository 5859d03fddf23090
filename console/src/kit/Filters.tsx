import { useState } from "react";
import { useSearchParams } from "wouter";
import { holdsKey, NO_KEY_IN_THE_ADDRESS } from "../keyText";
import { Field, type FieldOf } from "./Field";

/** What the filters of a page are set to. They are in the address, so that a view can be sent to others. */
export function useFilters(): Record<string, string> {
  const [parameters] = useSearchParams();
  return Object.fromEntries(parameters);
}

/** Fields above a list. Choosing changes the address, and so the list. */
export function Filters({ fields }: { fields: FieldOf[] }) {
  const [parameters, setParameters] = useSearchParams();
  const [isRefused, setRefused] = useState(false);
  const set = (name: string, value: string) => {
    setRefused(holdsKey(value));
    if (holdsKey(value)) return;
    setParameters(
      (before) => {
        const after = new URLSearchParams(before);
        if (value) after.set(name, value);
        else after.delete(name);
        return after;
      },
      { replace: true },
    );
  };
  return (
    <div className="filters" role="search" aria-label="Filters">
      {fields.map((field) => (
        <Field key={field.name} field={field} value={parameters.get(field.name) ?? ""} onChange={(value) => set(field.name, value)} />
      ))}
      <p className="field-fault" role="alert" hidden={!isRefused}>
        {isRefused && NO_KEY_IN_THE_ADDRESS}
      </p>
    </div>
  );
}

/** The options of a select for an enum, with one for all of them. */
export function optionsOf(all: string, names: readonly string[], text: (name: string) => string): [string, string][] {
  return [["", all], ...names.map((name): [string, string] => [name, text(name)])];
}
