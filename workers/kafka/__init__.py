"""The door of Kafka: commands come as messages, and each is answered with one.

How a batch of one partition is done:

1. `read_command.py` makes commands of the messages. What is no command goes to the dead letters, with its reason.
2. `carry_out.py`, in one transaction: where each message stood is reserved, so that none is carried out twice; the verb
   that all doors call opens accounts and wallets, an outcome for each command; the answers are written down.
3. `answer_sender.py` sends the answers. Once the broker has confirmed them they are forgotten, and the partition's
   offset is committed. Whoever is killed before that leaves them to the next reader of the partition.

`partition_reader.py` does that for one partition at a time, `membership.py` for those that the group gives to this
process, and `process.py` starts and stops all of it. Nothing here has rules of its own.
"""
