"""Events of holders, accounts and wallets."""

from app.demo.triggers.steps import Steps


async def holder_ok(steps: Steps) -> str:
    """A holder is created, and screened."""
    return await steps.settled_holder()


async def holder_missing_data(steps: Steps) -> str:
    """A holder without date of birth is created."""
    return await steps.settled_holder("MISSING_DATA", birth=None)


async def holder_quarantine(steps: Steps) -> str:
    """The screening wants a person to review a new holder."""
    return await steps.settled_holder("QUARANTINE", simulate="quarantine")


async def holder_declined(steps: Steps) -> str:
    """The screening declines a new holder."""
    return await steps.settled_holder("DECLINED", simulate="decline")


async def holder_pending(steps: Steps) -> str:
    """A holder without date of birth is given one, and is to be screened."""
    return await give_birth_date(steps, await steps.settled_holder("MISSING_DATA", birth=None))


async def holder_updated(steps: Steps) -> str:
    """A holder's metadata is changed."""
    holder_id = await steps.settled_holder()
    return await steps.done("updateHolder", "holder", holderId=holder_id, metadata={"run": steps.run_id})


async def account_created(steps: Steps) -> str:
    """An account is opened."""
    account_id, _ = await steps.account()
    return account_id


async def account_updated(steps: Steps) -> str:
    """An account's metadata is changed."""
    account_id, _ = await steps.account()
    return await steps.done("updateAccount", "account", accountId=account_id, metadata={"run": steps.run_id})


async def account_closed(steps: Steps) -> str:
    """An account without wallets is closed."""
    account_id, _ = await steps.account()
    return await steps.done("closeAccount", "account", accountId=account_id)


async def wallet_created(steps: Steps) -> str:
    """A wallet is opened."""
    return await steps.wallet()


async def wallet_updated(steps: Steps) -> str:
    """A wallet's metadata is changed."""
    wallet_id = await steps.wallet()
    return await steps.done("updateWallet", "wallet", walletId=wallet_id, metadata={"run": steps.run_id})


async def wallet_closed(steps: Steps) -> str:
    """An empty wallet is closed."""
    return await steps.done("closeWallet", "wallet", walletId=await steps.wallet())


async def wallet_frozen(steps: Steps) -> str:
    """A wallet is frozen."""
    return await freeze(steps, await steps.wallet())


async def wallet_unfrozen(steps: Steps) -> str:
    """A frozen wallet is unfrozen."""
    return await unfreeze(steps, await wallet_frozen(steps))


async def wallet_overdraft_changed(steps: Steps) -> str:
    """A wallet is given an overdraft limit."""
    return await set_overdraft_limit(steps, await steps.wallet())


async def freeze(steps: Steps, party_id: str) -> str:
    """The ledger or wallet, frozen."""
    await steps.client.do("freeze", "FreezeSuccess { replayed }", id=party_id, reason="quaestor trigger", scope="ALL")
    return party_id


async def unfreeze(steps: Steps, party_id: str) -> str:
    """The same, unfrozen."""
    await steps.client.do("unfreeze", "FreezeSuccess { replayed }", id=party_id)
    return party_id


async def set_overdraft_limit(steps: Steps, party_id: str) -> str:
    """The same, which may go ten pounds below zero."""
    await steps.client.do(
        "setOverdraftLimit", "FreezeSuccess { replayed }", id=party_id, limit={"value": "10.00", "asset": "GBP"}
    )
    return party_id


async def give_birth_date(steps: Steps, holder_id: str) -> str:
    """The person, with the date of birth that was lacking."""
    party = {"person": {"name": "Ada Byron", "dateOfBirth": "1987-04-01"}}
    return await steps.done("updateHolder", "holder", holderId=holder_id, party=party)
