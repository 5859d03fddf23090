"""The double-entry journal: posting accounts, and the transfers and holds between them. It knows neither ledgers nor
wallets: each of them has a posting account under its own id.

# One posting, from the request to the commit

1. **Check** (`post_transfer`, `place_hold`, … and `movement`). A verb checks its command as far as it can without the
   books, hashes it with its idempotency key, and makes an instruction of it (`instructions`).
2. **Gather** (`coalescer`). The instruction joins the queue of its customer. If no batch of that customer is under way,
   one begins at once; otherwise the next batch takes all that wait by then, up to 1,000.
3. **Carry out** (`carry_out_batch`, the only writer of transfers, holds and totals). The batch is one transaction. With
   transfers alone it takes four round trips, whatever its size:

   | # | phase | statement |
   |---|---|---|
   | 1 | | `BEGIN`, with the settings that make every plan a look-up by key |
   | 2 | reserve and lock (`reserve_and_lock`) | insert the keys; lock and read the accounts; take the time |
   | - | decide (`books`, `locked_pair`) | none: in memory, one instruction after another |
   | 3 | write (`write_batch`) | transfers, holds, totals, events, promised work, keys put right |
   | 4 | | `COMMIT` |

   A batch with captures, releases, expiries or reversals reserves its keys first, then locks holds and transfers, then
   accounts: up to five statements more. A batch with keys that were used before reads those, and what was made under
   them: up to three more. A refusal because something is not open reads the status it tells, once for the batch.
   All of these are for each batch, not for each instruction.
4. **Answer**. Each caller gets its own outcome. After the commit, subscribers, webhooks and workers are woken.

Each instruction is decided against what those before it in the batch have left. A refused one changes nothing, and its
key is free again. Where every instruction is refused, the transaction is rolled back. An atomic submission is a batch
of its own, and is refused whole.

Payments call `carry_out_batch` with one instruction, in the transaction that moves the payment.

# Locks

In this order, each kind by name or id: idempotency keys (by inserting them), holds, transfers (only those that are
reversed), posting accounts. The accounts stay locked until the commit, so batches that share one follow each other. The
time of posting is taken once all locks are held, and is later than the last entry of each account: within an account,
sequence order is time order.

A deadlock runs the batch again. A lock that is not free in time, or a row that the database refuses, is looked for by
halving the batch, so that only the instruction that needs it fails.

# What a crash leaves

| when the process dies | what is in the database | what the caller does |
|---|---|---|
| in the queue, or before the commit | nothing: reserved keys go with the transaction | asks again with its key |
| while the commit is under way | all of the batch or none of it | asks again: the key tells which |
| after the commit, before the answer | all of the batch | asks again: it gets what was made, as a replay |
| after the answer, before the wake-up | all of the batch; the next look finds its events and work | nothing |

If only the connection is lost, the coalescer runs the batch again by itself, for up to ten seconds. If the lost commit
has reached the database, the keys say so, and the callers get an answer as if it had not been lost.
"""
