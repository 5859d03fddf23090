// The editors' colors. Each has a contrast of at least 4.5 on the backgrounds that it stands on: a test measures it.
import type * as Monaco from "monaco-editor";

/** GraphiQL's names, under which it also sets up its own themes first. */
export const THEMES = { light: "graphiql-LIGHT", dark: "graphiql-DARK" };

const CLEAR = "#ffffff00";

function rules(colors: Record<string, string>): Monaco.editor.ITokenThemeRule[] {
  return Object.entries(colors).map(([token, color]) => ({ token, foreground: color }));
}

function editor(background: string, text: string, accent: string, brackets: readonly string[]): Record<string, string> {
  return {
    "editor.background": CLEAR,
    "editor.foreground": text,
    "scrollbar.shadow": CLEAR,
    "editorHoverWidget.background": background,
    "editorSuggestWidget.background": background,
    "editorSuggestWidget.foreground": text,
    "editorSuggestWidget.selectedBackground": `${accent}26`,
    "editorSuggestWidget.selectedForeground": text,
    "editorSuggestWidget.highlightForeground": accent,
    "editorSuggestWidget.focusHighlightForeground": accent,
    "editorWidget.background": background,
    "editorWidget.foreground": text,
    "menu.background": background,
    "menu.foreground": text,
    "quickInput.background": background,
    "quickInput.foreground": text,
    "list.hoverBackground": `${accent}1a`,
    "textLink.foreground": accent,
    "textLink.activeForeground": accent,
    "editorLink.activeForeground": accent,
    focusBorder: accent,
    ...Object.fromEntries(brackets.map((color, index) => [`editorBracketHighlight.foreground${index + 1}`, color])),
  };
}

const LIGHT: Monaco.editor.IStandaloneThemeData = {
  base: "vs",
  inherit: true,
  colors: {
    ...editor("#ffffff", "#1b2433", "#0c6158", ["#0431c4", "#1d6a1d", "#7b3814"]),
    "editorLineNumber.foreground": "#5a6678",
    "editorLineNumber.dimmedForeground": "#5a6678",
    "editorLineNumber.activeForeground": "#1b2433",
  },
  rules: rules({
    comment: "47613f",
    number: "06603f",
    string: "8a1212",
    "string.value.json": "0b3f91",
    "string.key.json": "8a1212",
    keyword: "1d1de0",
    "keyword.json": "0b3f91",
    "type.identifier.gql": "0b5f6b",
    "argument.identifier.gql": "5350b8",
    delimiter: "1b2433",
  }),
};

const DARK: Monaco.editor.IStandaloneThemeData = {
  base: "vs-dark",
  inherit: true,
  colors: {
    ...editor("#212a3b", "#e4eaf3", "#4fd1c0", ["#ffd84d", "#f0a0ec", "#7cc4ff"]),
    "editorLineNumber.foreground": "#a3b0c4",
    "editorLineNumber.dimmedForeground": "#a3b0c4",
    "editorLineNumber.activeForeground": "#ffffff",
  },
  rules: rules({
    comment: "a9c79a",
    number: "c3dcb4",
    string: "eeb399",
    "string.value.json": "eeb399",
    "string.key.json": "a9dcff",
    keyword: "8fc7ff",
    "keyword.json": "8fc7ff",
    "type.identifier.gql": "6fe0c6",
    "argument.identifier.gql": "b9b5ff",
    delimiter: "e4eaf3",
  }),
};

/** Put these colors in place of GraphiQL's. */
export function defineThemes(monaco: Pick<typeof Monaco, "editor">): void {
  monaco.editor.defineTheme(THEMES.light, LIGHT);
  monaco.editor.defineTheme(THEMES.dark, DARK);
}
