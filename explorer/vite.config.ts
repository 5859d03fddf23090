import { createHash } from "node:crypto";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { defineConfig, type Plugin } from "vite";

const SOURCES = import.meta.dirname;
const BUILT = join(SOURCES, "../app/api/explorer/static");
const SOURCE_FILES = /^(src\/|story\/|index\.html$|package(-lock)?\.json$|tsconfig\.json$|vite\.config\.ts$)/;

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes("node_modules"))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .sort();
}

/** One SHA-256 over the lines `<SHA-256 of the file>  <path>\n`, in the order of the paths. */
function fingerprint(folder: string, paths: string[]): string {
  const total = createHash("sha256");
  for (const path of paths) {
    const content = createHash("sha256").update(readFileSync(join(folder, path))).digest("hex");
    total.update(`${content}  ${path}\n`);
  }
  return total.digest("hex");
}

/** Records what was built from what, so that a test sees a forgotten build without needing Node. */
function buildInfo(): Plugin {
  return {
    name: "build-info",
    apply: "build",
    closeBundle() {
      const sources = filesBelow(SOURCES).filter((path) => SOURCE_FILES.test(path));
      const built = filesBelow(BUILT).filter((path) => path !== "build-info.json");
      const info = { sources: fingerprint(SOURCES, sources), built: fingerprint(BUILT, built) };
      writeFileSync(join(BUILT, "build-info.json"), `${JSON.stringify(info, null, 2)}\n`);
    },
  };
}

/**
 * GraphiQL underlines variables that lack an input field with a default value (`ordered: Boolean! = false`), as if it
 * were required. It is not. Fails the build once the library has changed, so that this is looked at again.
 */
function defaultsAreNotRequired(): Plugin {
  const wrong = "if (fieldRequired) {";
  return {
    name: "defaults-are-not-required",
    transform(code, id) {
      if (!id.endsWith("graphql-language-service/esm/utils/getVariablesJSONSchema.js")) return undefined;
      if (code.split(wrong).length !== 2) throw new Error("graphql-language-service is no longer as it was: see here.");
      return { code: code.replace(wrong, "if (fieldRequired && field.defaultValue === undefined) {"), map: null };
    },
  };
}

/**
 * GraphiQL makes each tab a list item with two buttons inside, one of which closes it: nothing that is interactive may
 * hold another such thing. Here the button is the tab, arrows reach the others (see `tabKeys.ts`), and what closes it is
 * for the mouse; the key is Delete. Fails the build once the library has changed, so that this is looked at again.
 */
function tabsAreTabs(): Plugin {
  const changes: Record<string, [string, string][]> = {
    "@graphiql/react/dist/components/tabs/index.js": [
      [`"aria-selected": isActive,\n\t\t\tdragElastic: false,\n\t\t\trole: "tab",`, `dragElastic: false,\n\t\t\trole: "presentation",`],
      [`"aria-label": "Close Tab",`, `"aria-hidden": true,\n\t\t\ttabIndex: -1,\n\t\t\ttitle: "Close (Delete)",`],
    ],
    "graphiql/dist/GraphiQL.js": [
      [
        `jsx(Tab.Button, { "aria-controls"`,
        `jsx(Tab.Button, { role: "tab", "aria-selected": index_1 === activeTabIndex, tabIndex: index_1 === activeTabIndex ? 0 : -1, "aria-controls"`,
      ],
      // With its place in the tour.
      [`jsx(Tab.Button`, `jsxs(Tab.Button`],
      [`children: tab.title })`, `children: [jsx("b", { children: index_1 + 1 }), " ", tab.title] })`],
    ],
  };
  return {
    name: "tabs-are-tabs",
    transform(code, id) {
      const file = Object.keys(changes).find((name) => id.endsWith(name));
      if (file === undefined) return undefined;
      for (const [from, to] of changes[file]!) {
        if (code.split(from).length !== 2) throw new Error(`${file} is no longer as it was: see here.`);
        code = code.replace(from, to);
      }
      return { code, map: null };
    },
  };
}

export default defineConfig({
  // Relative addresses, so that the page also works below a path prefix of a reverse proxy.
  base: "./",
  // The server puts a fresh nonce here with every answer.
  html: { cspNonce: "__NONCE__" },
  plugins: [buildInfo(), defaultsAreNotRequired(), tabsAreTabs()],
  build: {
    outDir: BUILT,
    emptyOutDir: true,
    // The page is served at `/`, its files below `/explorer/`.
    assetsDir: "explorer",
    // No data: addresses for fonts, so that the page needs no `font-src data:`.
    assetsInlineLimit: 0,
    sourcemap: false,
    target: "es2022",
    modulePreload: { polyfill: false },
    license: { fileName: "third-party-licenses.md" },
    chunkSizeWarningLimit: 4000,
    rolldownOptions: {
      // "use client" means something to React servers only.
      onwarn: (warning, warn) => warning.code !== "MODULE_LEVEL_DIRECTIVE" && warn(warning),
    },
  },
  worker: { format: "es", plugins: () => [defaultsAreNotRequired()] },
});
