import "./style/base.css";
import "./style/layout.css";
import "./style/kit.css";
import "./style/cards.css";
import "./kit/held";

import { createRoot } from "react-dom/client";
import { App } from "./App";
import { applyPreferences } from "./preferences";
import { beginSession } from "./session";

applyPreferences();
createRoot(document.getElementById("root")!).render(<App session={await beginSession()} />);
