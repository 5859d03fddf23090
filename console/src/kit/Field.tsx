import { useId } from "react";

/** A field of a dialog or of a filter. */
export interface FieldOf {
  name: string;
  label: string;
  kind?: "text" | "textarea" | "select" | "date" | "datetime-local" | "number" | "password" | "checks";
  /** Of a select, or of checks, of which several can be chosen: what is sent, and what is shown. */
  options?: [string, string][];
  initial?: string;
  required?: boolean;
  help?: string;
  max?: string;
  maxLength?: number;
}

interface Properties {
  field: FieldOf;
  value: string;
  onChange: (value: string) => void;
}

/** Several can be chosen. The value is their names with spaces between them, in the order of the options. */
function Checks({ field, value, onChange }: Properties) {
  const chosen = new Set(value.split(" ").filter(Boolean));
  const set = (name: string, isChosen: boolean) => {
    if (isChosen) chosen.add(name);
    else chosen.delete(name);
    const names = field.options?.map(([each]) => each) ?? [];
    onChange(names.filter((each) => chosen.has(each)).join(" "));
  };
  return (
    <fieldset className="checks" tabIndex={0}>
      <legend>{field.label}</legend>
      {field.options?.map(([name, text]) => (
        <label key={name}>
          <input type="checkbox" name={field.name} checked={chosen.has(name)} onChange={(event) => set(name, event.target.checked)} />
          {text}
        </label>
      ))}
    </fieldset>
  );
}

export function Field(properties: Properties) {
  return properties.field.kind === "checks" ? <Checks {...properties} /> : <OneValue {...properties} />;
}

function OneValue({ field, value, onChange }: Properties) {
  const id = useId();
  const common = {
    id,
    name: field.name,
    value,
    required: field.required,
    "aria-describedby": field.help ? `${id}-help` : undefined,
    onChange: (event: { target: { value: string } }) => onChange(event.target.value),
  };
  return (
    <div className="field">
      <label htmlFor={id}>{field.label}</label>
      {field.kind === "select" ? (
        <select {...common}>
          {field.options?.map(([name, text]) => (
            <option key={name} value={name}>
              {text}
            </option>
          ))}
        </select>
      ) : field.kind === "textarea" ? (
        <textarea {...common} rows={3} maxLength={field.maxLength} />
      ) : (
        <input {...common} type={field.kind ?? "text"} max={field.max} maxLength={field.maxLength} autoComplete="off" />
      )}
      {field.help && (
        <p className="field-help" id={`${id}-help`}>
          {field.help}
        </p>
      )}
    </div>
  );
}
