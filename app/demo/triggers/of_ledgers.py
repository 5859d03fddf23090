"""Events of ledgers and their IBANs."""

from app.demo.triggers.of_parties import freeze, give_birth_date, set_overdraft_limit, unfreeze
from app.demo.triggers.steps import Steps


async def ledger_ok(steps: Steps) -> str:
    """A ledger is issued, and the bank opens its account."""
    return await steps.settled_ledger()


async def ledger_declined(steps: Steps) -> str:
    """The bank declines a new ledger."""
    return await steps.settled_ledger("DECLINED", simulate="decline")


async def ledger_error(steps: Steps) -> str:
    """A ledger is issued for a holder in quarantine."""
    return await steps.settled_ledger(
        "ERROR", holder_id=await steps.settled_holder("QUARANTINE", simulate="quarantine")
    )


async def ledger_missing_data(steps: Steps) -> str:
    """A ledger is issued for a holder whose data lacks something."""
    return await steps.settled_ledger("MISSING_DATA", holder_id=await steps.settled_holder("MISSING_DATA", birth=None))


async def ledger_pending(steps: Steps) -> str:
    """A ledger that waits for its holder's data goes on when that is there."""
    holder_id = await steps.settled_holder("MISSING_DATA", birth=None)
    ledger_id = await steps.settled_ledger("MISSING_DATA", holder_id=holder_id)
    await give_birth_date(steps, holder_id)
    return ledger_id


async def ledger_updated(steps: Steps) -> str:
    """A ledger's metadata is changed."""
    ledger_id = await steps.settled_ledger()
    return await steps.done("updateLedger", "ledger", ledgerId=ledger_id, metadata={"run": steps.run_id})


async def ledger_assigned(steps: Steps) -> str:
    """A ledger of nobody is given a holder."""
    ledger_id, holder_id = await steps.settled_ledger(), await steps.settled_holder()
    return await steps.done("assignLedger", "ledger", ledgerId=ledger_id, holderId=holder_id)


async def ledger_closed(steps: Steps) -> str:
    """An empty ledger is closed."""
    return await steps.done("closeLedger", "ledger", ledgerId=await steps.settled_ledger())


async def ledger_frozen(steps: Steps) -> str:
    """A ledger is frozen."""
    return await freeze(steps, await steps.settled_ledger())


async def ledger_unfrozen(steps: Steps) -> str:
    """A frozen ledger is unfrozen."""
    return await unfreeze(steps, await ledger_frozen(steps))


async def ledger_overdraft_changed(steps: Steps) -> str:
    """A ledger is given an overdraft limit."""
    return await set_overdraft_limit(steps, await steps.settled_ledger())


async def iban_assigned(steps: Steps) -> str:
    """A ledger in euros is given its IBAN."""
    return await _with_iban(steps, None)


async def iban_declined(steps: Steps) -> str:
    """The bank declines the IBAN of a ledger in euros."""
    return await _with_iban(steps, "decline-iban")


async def iban_unable_to_advance(steps: Steps) -> str:
    """The bank gets stuck with the IBAN of a ledger in euros."""
    return await _with_iban(steps, "unable-to-advance")


async def _with_iban(steps: Steps, simulate: str | None) -> str:
    ledger_id = await steps.settled_ledger(asset="EUR", simulate=simulate)
    return await steps.done("assignIban", "ledger", ledgerId=ledger_id)
