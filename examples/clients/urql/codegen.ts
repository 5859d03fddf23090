import type { CodegenConfig } from "@graphql-codegen/cli";

const config: CodegenConfig = {
  schema: "../schema/schema.graphql",
  documents: ["../story.graphql"],
  generates: {
    "src/generated/": {
      preset: "client",
      presetConfig: { fragmentMasking: false },
      config: {
        // Without these every scalar is `any`. Amounts are texts: a number would lose digits.
        strictScalars: true,
        scalars: { Decimal: "string", DateTime: "string", Date: "string", JSON: "unknown" },
        // A value that is added later is no error of types: have a default in each switch.
        enumsAsTypes: true,
        futureProofEnums: true,
        useTypeImports: true,
        importExtension: ".js",
      },
    },
  },
};

export default config;
