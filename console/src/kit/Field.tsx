import { useId } from "react";

/** A field of a dialog or of a filter. */
export interface FieldOf {
  name: string;
  label: string;
  kind?: "text" | "textarea" | "select" | "date" | "datetime-local" | "number" | "password";
  /** Of a select: what is sent, and what is shown. */
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

export function Field({ field, value, onChange }: Properties) {
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
