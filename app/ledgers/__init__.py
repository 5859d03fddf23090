"""A ledger is a digital account: one asset, at most one holder. Behind a partner bank it is real; else it is virtual."""
