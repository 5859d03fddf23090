"""Events of promised work."""

from app.demo.triggers.steps import Steps

FAILING = "{ stuckWork(kinds: [WORK], first: 1000) { items { work { workId resourceId } } } }"


async def work_retried(steps: Steps) -> str:
    """The bank does not answer at first, and the work that asks it is retried by hand."""
    ledger_id = await steps.ledger(simulate="unavailable")
    retried: list[str] = []

    async def retry() -> int:
        for item in (await steps.client.ask(FAILING))["stuckWork"]["items"]:
            work = item["work"]
            if work is not None and work["resourceId"] == ledger_id:
                done = await steps.client.do(
                    "retryWork",
                    "WorkSuccess { work { attemptCount } }",
                    workId=work["workId"],
                    idempotencyKey=steps.key,
                )
                # Work that is being tried just now stays as it is.
                if done["work"] is not None and done["work"]["attemptCount"] == 0:
                    retried.append(work["workId"])
        return len(retried)

    await steps.until(1, retry)
    return retried[0]
