"""The door of Kafka: commands come as messages, and each is answered with a message.

How a batch of one partition is carried out:

1. `read_command.py` makes commands of the messages. A message that is no command goes to the dead letters with the
   reason.
2. `carry_out.py`, in one transaction, reserves the place of each message, so that none is carried out twice. It calls
   the verb that all doors call to open accounts and wallets, with an outcome for each command, and stores the answers.
3. `answer_sender.py` sends the answers. Once the broker has confirmed them they are deleted, and the partition's
   offset is committed. If the process is killed before that, the next reader of the partition sends them.

`partition_reader.py` does this for one partition, `membership.py` for all partitions that the group gives to this
process, and `process.py` starts and stops everything. Nothing here has rules of its own.
"""
