"""The demo: data to explore in GraphiQL, made through the verbs, and the story of `quaestor demo`, told over the API.

`fill_demo_data` and `fill_demo_money` make the data that `quaestor dev` starts with. `story` asks a running API like
any client, and its `receiver` verifies the webhooks that follow.
"""
