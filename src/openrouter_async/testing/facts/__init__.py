"""The facts of the service: which operations there are, and of which shape requests and answers are.

`python -m tests.contract.spec WHEEL --take` distils them from the official SDK and writes them to `service.jsonl`,
one line each, without any prose. Four modules read them, all pure:

- `table`: the operation of a method and path, its parameters, bodies, answers and statuses;
- `shapes`: the values that a shape allows, with names, unions and intersections resolved;
- `judging`: the mistakes in a request, an answer, or any value of a shape;
- `samples`: a full and a minimal value of a shape.
"""
