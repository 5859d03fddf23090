"""A payment is money to or from outside, through the partner bank behind a ledger."""
