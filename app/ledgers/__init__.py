"""A ledger is a digital account: one asset, at most one holder. A partner bank is behind it, or it is virtual."""
