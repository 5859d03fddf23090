"""The pure words everyone shares: money, machine, errors, actor, clock, checks. Standard library only."""
