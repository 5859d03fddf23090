// The prefilled tabs: `story/NN-name.graphql`, with its variables in `story/NN-name.json`, in the order of their numbers.
const documents = import.meta.glob<string>("../story/*.graphql", { query: "?raw", import: "default", eager: true });
const variables = import.meta.glob<string>("../story/*.json", { query: "?raw", import: "default", eager: true });

export const story = Object.keys(documents)
  .sort()
  .map((path) => ({
    query: documents[path]!.trimEnd(),
    variables: variables[path.replace(/\.graphql$/, ".json")]?.trimEnd() ?? "",
  }));
