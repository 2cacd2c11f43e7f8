"""The part of the client that does no I/O: bytes and arguments in; objects, errors and decisions out.

Nothing here imports httpx, anyio or asyncio, reads a clock, draws a random number, opens a file or is `async`.
"""
