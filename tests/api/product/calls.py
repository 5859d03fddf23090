"""An example call of every field of the product's schema that takes arguments or starts a query.

A new field without an example here fails `test_other_customers.py`: say how it is called, what it may reach, and which
scope it needs.
"""

from tests.api.product.field_calls import FIELDS, SUBSCRIPTIONS
from tests.api.product.mutation_calls import MUTATIONS
from tests.api.product.query_calls import QUERIES

EXAMPLES = {**QUERIES, **FIELDS, **MUTATIONS, **SUBSCRIPTIONS}
