// Copies Swagger UI's own files, and ours, to where the server sends them from, each named by its content.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join, relative, sep } from "node:path";

const SOURCES = import.meta.dirname;
const BUILT = join(SOURCES, "../app/api/rest/static");
const LIBRARY = join(SOURCES, "node_modules/swagger-ui-dist");
const SOURCE_FILES = /^(src\/.*|package(-lock)?\.json|build\.mjs)$/;

const sha256 = (content) => createHash("sha256").update(content).digest("hex");

function filesBelow(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes("node_modules"))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .sort();
}

/** One SHA-256 over the lines `<SHA-256 of the file>  <path>\n`, in the order of the paths. */
function fingerprint(folder, paths) {
  return sha256(paths.map((path) => `${sha256(readFileSync(join(folder, path)))}  ${path}\n`).join(""));
}

rmSync(BUILT, { recursive: true, force: true });
mkdirSync(join(BUILT, "docs"), { recursive: true });

let page = readFileSync(join(SOURCES, "src/index.html"), "utf8");
for (const [folder, name] of [
  [LIBRARY, "swagger-ui-bundle.js"],
  [LIBRARY, "swagger-ui.css"],
  [join(SOURCES, "src"), "reference.js"],
  [join(SOURCES, "src"), "reference.css"],
]) {
  // What names a source map would be asked for where there is none.
  const content = readFileSync(join(folder, name), "utf8").replace(/\n?\/[/*]# sourceMappingURL=\S+( \*\/)?\n?$/, "\n");
  const [, stem, ending] = /^(.*)\.([a-z]+)$/.exec(name);
  const named = `${stem}-${sha256(content).slice(0, 10)}.${ending}`;
  writeFileSync(join(BUILT, "docs", named), content);
  page = page.replaceAll(`./${name}`, `docs/${named}`);
}
writeFileSync(join(BUILT, "index.html"), page);
const licenses = ["LICENSE", "NOTICE", "swagger-ui-bundle.js.LICENSE.txt"];
writeFileSync(
  join(BUILT, "third-party-licenses.txt"),
  licenses.map((name) => `## swagger-ui-dist - ${name}\n\n${readFileSync(join(LIBRARY, name), "utf8")}`).join("\n"),
);
const info = {
  sources: fingerprint(SOURCES, filesBelow(SOURCES).filter((path) => SOURCE_FILES.test(path))),
  built: fingerprint(BUILT, filesBelow(BUILT)),
};
writeFileSync(join(BUILT, "build-info.json"), `${JSON.stringify(info, null, 2)}\n`);
