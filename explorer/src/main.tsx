import "./nonce";
import "graphiql/setup-workers/vite";
import "@graphiql/react/style.css";
import "@graphiql/plugin-doc-explorer/style.css";
import "@graphiql/plugin-history/style.css";
import "graphiql/graphiql.css";
import "./style.css";

import { createRoot } from "react-dom/client";
import { Explorer } from "./Explorer";
import { beginSession } from "./session";
import { loadSettings } from "./settings";

const [settings, session] = await Promise.all([loadSettings(), beginSession()]);
createRoot(document.getElementById("root")!).render(<Explorer settings={settings} session={session} />);
