"""The double-entry journal. So far its posting accounts: every ledger has one, opened with it, at balance zero."""
