"""Every fault that the library promises to survive, provoked over real sockets.

One test for each row of `rows.toml`, named by its id: `test_C06_reset_before_headers`. `nox -s faults` runs them under
asyncio and trio, prints the table of rows and results, and writes `docs/faults-table.md`.

- `rows.toml`: the rows: fault, how it is provoked, what is promised.
- `server.py`, `__main__.py`: the fault server, a process of its own. Each test has a stage of it, one listening socket.
- `scenes/`: what stages play: short functions of a connection and a request, run in the server's process.
- `service.py`: the suite's side: `faults.play(...)`, and what a stage saw.
- `calls.py`: the kinds of call (`PLAIN`, `STREAM`, `STRUCTURED`, `STRUCTURED_STREAM`), `succeed` and `fail`.
- `evidence.py`: what must hold in every row.
- `watchdog.py`: how long a step kept the event loop to itself.
- `measured.py`: a client in a process of its own, for rows that limit memory.
- `table.py`: writes the table.

To add a row, describe it in `rows.toml`, and write its test in the module of its section: a coroutine that names no
event loop (anyio only), with no asynchronous fixtures.

```python
@kinds(ALL)
async def test_C06_reset_before_headers(faults: FaultServer, call: Call) -> None:
    with faults.play(reset, good) as stage:  # answers in turn, over all connections; the last is repeated
        async with client_of(stage) as client:
            await succeed(call, client)  # or fail(call, client, saying="what came before")
        assert len(stage.requests) == 2
```

An answer is a `Reply`, bytes, or a function of a module in `scenes/`. It is pickled by reference, so it is no lambda
and no local function; `functools.partial` and instances of classes will do. `faults.play(handler=...)` serves whole
connections, `tls=True` speaks TLS. A scene tells the test something by `note(connection, "gone")`, which
`stage.report().named("gone")` and `stage.eventually(...)` read.

`pytest tests/faults --proxy http` (or `socks5`) leads every call through a proxy. A row that says what happens while
connecting directly is marked `direct`, with the reason.

The conftest marks each coroutine of a row `loopback`, and wraps it in `checked`: nothing has to be said about hangs,
a blocked loop, memory, tasks, sockets, logs and keys. `fail` looks at the error; one that was caught in another way is
given to `check_error`.
"""
