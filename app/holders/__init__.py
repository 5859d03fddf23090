"""A holder is a person or company that can hold ledgers once it is screened, or the customer itself."""
