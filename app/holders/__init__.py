"""A holder is a person or a company that can hold ledgers, or the customer itself; screened before it may."""
