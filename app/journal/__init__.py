"""The double-entry journal: posting accounts, and the transfers and holds between them. It does not know ledgers or
wallets: each of them has a posting account with the same id.

# One posting, from the request to the commit

1. **Check** (`post_transfer`, `place_hold`, … and `movement`). A verb checks its command as far as it can without the
   books, hashes it with its idempotency key, and makes an instruction of it (`instructions`).
2. **Gather** (`coalescer`). The instruction joins the queue of its customer. If none is under way, a round begins at
   once. It takes a batch of each customer whose turn it is, up to 1,000 instructions of up to 256 customers. A request
   that is to follow another waits for its turn before (`in_order`).
3. **Post by memory** (`post_as_remembered`) those batches that are of plain transfers: each with a key, none with a
   value date or forced. They are decided by what this process remembers of the accounts (`memory`), or reads first,
   without a lock; and written by one statement for all of them, that commits by itself:

   | # | phase | statement |
   |---|---|---|
   | (1) | read what is not remembered (`compare_accounts`) | accounts, not locked |
   | - | decide (`books`, `locked_pair`) | none: in memory, one instruction after another |
   | 2 | all the rest (`compare_accounts`, `write_batch`) | insert the keys; lock and compare the accounts; write |

   If a row is not as expected, or locked, or a key was used before, nothing is written: the statement says of which
   customers, and is sent again without them. Their batches go on with the next step, and so does everything else, such
   as what has to be refused. Where memory is often wrong, it is not tried for a while.
4. **Carry out** (`carry_out_batch`) the batch of one customer, up to four of them at the same time. It is one
   transaction. With transfers alone it takes four round trips,
   whatever its size:

   | # | phase | statement |
   |---|---|---|
   | 1 | | `BEGIN`, with the settings that make every plan a look-up by key |
   | 2 | reserve and lock (`reserve_and_lock`) | insert the keys; lock and read the accounts; take the time |
   | - | decide (`books`, `locked_pair`) | none: in memory, one instruction after another |
   | 3 | write (`write_batch`) | transfers, holds, totals, events, promised work, corrected keys |
   | 4 | | `COMMIT` |

   A batch with captures, releases, adjustments, expiries or reversals reserves its keys first, then locks holds and
   transfers, then accounts: up to five more statements. A batch whose keys were used before also reads those keys, and
   what was made with them: up to three more. If an account is not open, the batch reads its status for the refusal: one
   more. If something is backdated, it locks the closing of the books and reads it, once its accounts are locked: two
   more.
   These counts are per batch, not per instruction.
5. **Answer**. Each caller gets its own outcome. After the commit, subscribers, webhooks and workers are woken.

Each instruction is decided against the books as the instructions before it left them. A refused one changes nothing,
and its key is free again. If every instruction is refused, the transaction is rolled back. An atomic submission is a
batch of its own: one refusal refuses all of it. Its transfers are a group, and `reverse_group` reverses them by such a
submission, with one key on the first reversal.

Payments call `carry_out_batch` with one instruction, in the transaction that moves the payment.

# Locks

The order is: idempotency keys (by inserting them), holds, transfers (only those to be reversed), posting accounts; each
kind by name or id; then the closing of the books, which batches that backdate something share. The accounts stay locked
until the commit, so batches that share one run one after another. A round waits for no account, and for a key that
another process has reserved only a tenth of a second, so that no customer waits for another's locks: what it would have
to wait for goes alone. Of two batches of one process that go by memory, the second waits for the first before it is
sent. The time of posting is taken once all locks are held, and is later than
the last entry of each account: within an account, sequence order is time order.

After a deadlock the batch runs again. If a lock times out, or the database refuses a row, the batch is halved until the
instruction at fault is found: only that one fails.

# What a crash leaves

| when the process dies | what is in the database | what the caller does |
|---|---|---|
| in the queue, or before the commit | nothing: its keys are rolled back too | asks again with its key |
| while the commit or the one statement is under way | all of the batch or none of it | asks again: the key tells |
| after the commit, before the answer | all of the batch | asks again: it gets what was made, as a replay |
| after the answer, before the wake-up | all of the batch; the next look finds its events and work | nothing |

If only the connection is lost, the coalescer runs the batch again by itself, for up to ten seconds. If the lost commit
did reach the database, the keys show it, and the callers get their ordinary answer.
"""
