"""What several processes share: the answers, the leases, the budgets and the learned rate of their batches.

`steps` has the questions and answers, `machine` decides, `state` is where it reads and writes. A `Holder` applies steps
one after the other: in memory, in `sqlite`, or elsewhere. `ledger` is what a process asks, by `opening`.
"""
