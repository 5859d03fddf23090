"""What every package shares: money, machine, errors, actor, clock, checks. Standard library only."""
