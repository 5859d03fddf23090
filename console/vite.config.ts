import { createHash } from "node:crypto";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { defineConfig, type Plugin } from "vite";

const SOURCES = import.meta.dirname;
const BUILT = join(SOURCES, "../app/api/console/static");
const SOURCE_FILES = /^(src\/|index\.html$|package(-lock)?\.json$|tsconfig\.json$|codegen\.yml$|vite\.config\.ts$)/;

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

export default defineConfig({
  // Relative addresses, so that the console also works below a path prefix of a reverse proxy.
  base: "./",
  plugins: [buildInfo()],
  build: {
    outDir: BUILT,
    emptyOutDir: true,
    // Pages are served below `/console/`, the built files below `/console/files/`.
    assetsDir: "files",
    // No data: addresses, so that the policy can be strict.
    assetsInlineLimit: 0,
    sourcemap: false,
    target: "es2022",
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    modulePreload: { polyfill: false },
    license: { fileName: "third-party-licenses.md" },
    rolldownOptions: {
      // "use client" means something to React servers only.
      onwarn: (warning, warn) => warning.code !== "MODULE_LEVEL_DIRECTIVE" && warn(warning),
    },
  },
});
