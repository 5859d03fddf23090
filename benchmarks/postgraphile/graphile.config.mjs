// PostGraphile as it is by default, over the tables as they are. Only the order by time is allowed beside its defaults,
// since it looks at the first column of an index alone, and that is the customer.
import { makePgService } from "postgraphile/adaptors/pg";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";
import { jsonPgSmartTags } from "postgraphile/utils";

const byTime = jsonPgSmartTags({
  version: 1,
  config: { class: { ledgers: { attribute: { created_at: { tags: { behavior: "+attribute:orderBy" } } } } } },
});

export default {
  extends: [PostGraphileAmberPreset],
  plugins: [byTime],
  pgServices: [makePgService({ connectionString: process.env.DATABASE_URL, schemas: ["public"] })],
  grafserv: { host: "127.0.0.1", port: Number(process.env.PORT), watch: false },
};
