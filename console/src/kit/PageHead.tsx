import { useEffect, type ReactNode } from "react";

interface Properties {
  title: string;
  /** What is shown instead of the title's text, with badges. */
  children?: ReactNode;
  /** Buttons. */
  actions?: ReactNode;
  /** One line below the title. */
  about?: ReactNode;
}

/** The head of a page. Its title is the browser's too. */
export function PageHead({ title, children, actions, about }: Properties) {
  useEffect(() => {
    document.title = `${title} · Quaestor console`;
  }, [title]);
  return (
    <div className="page-head">
      <div>
        <h1 tabIndex={-1}>{children ?? title}</h1>
        {about && <div className="page-about">{about}</div>}
      </div>
      {actions && <div className="page-actions">{actions}</div>}
    </div>
  );
}
