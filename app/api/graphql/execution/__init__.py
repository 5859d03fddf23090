"""A GraphQL engine over strawberry: each document is prepared once, and plain fields run as generated Python. It knows
nothing of the product, and could be a package of its own.

One request, from its text to its answer:

1. **Prepare** (`documents`). The text is looked up among the prepared ones. A new one is parsed, measured and refused
   where it asks for too much (`limits`, `cost`, `overlaps`, `introspection`), and validated, in this order: what
   validation costs is bounded by what was measured. The cache keeps 1,000 documents or 1,000,000 characters, and drops
   the least recently used. Documents of callers without a key are cached apart.
2. **Refuse what costs too much** (`cost`). Page sizes may be variables, so this is judged for each request.
3. **Plan** (`plans`). From its second use on, or at once for a subscription, an operation is compiled: its variables
   (`coercion`), the arguments (`arguments`, `input_objects`) and the calls (`resolvers`) of its fields at the root
   (`root_fields`), and what is selected below them (`selections`, `codegen`). `@skip` and `@include` make a variant for
   each combination of their variables, 16 at most.
4. **Execute** (`executor.execute_prepared`). Variables are coerced by their generated function. The fields at the root
   of a mutation, or the only one of a query, run without an executor (`root_execution`): arguments, resolver, and one
   call of the generated function that completes the value.
5. **Fall back** (`fallbacks`). Generated code answers exactly as graphql-core would, or raises without having changed
   anything; then graphql-core does it again, from the value on, and reports the error. A resolver is never called
   twice. Each field and value that graphql-core does is counted by field and reason, and written to the debug log.

What falls back, and how far:

===============================================  =================================================================
what is met                                      what graphql-core does
===============================================  =================================================================
a text that comes for the first time, or a       all of it
17th variant of one
a query of several fields at the root, or a      calls their resolvers, all at once; values below are still generated
directive at the operation
a field at the root of an unknown kind           that field; values below are still generated
variables or arguments that are refused          coerces them again, to say what is wrong
a field below the root with a resolver           that field; its neighbors in the object are still generated
a value that is no plain object (a refusal, an   that value, object by object, as deep as the fault
awaitable, another class, a null in its place)
introspection                                    its root; what is below is one walk of the schema (`introspection`)
===============================================  =================================================================

Caches and who keeps them alive: prepared documents (`documents.Documents`, one per process) hold their plans, and plans
their variants with all generated code; functions that convert inputs belong to the schema (`plans.SchemaCode`); the
elements of introspection are made once (`introspection.Elements`). Nothing is kept per request.

A user of the engine tells it three things: which values a scalar answers as they are (`leaves.unchanged`), which
exceptions of a resolver are answers (`resolvers.Answering`), and which fields of an object are made when they are read
(`attributes`). `upstream` is the only file that uses what graphql-core and strawberry do not document.
"""
