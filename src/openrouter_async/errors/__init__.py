"""Every failure a caller can meet, in one tree.

```
OpenRouterError
├── ConfigurationError              caller: wrong argument, no key, closed client; nothing was sent
├── ConnectError                    network: no connection (refused, DNS, no file descriptor)
│   ├── TLSError                    network: the certificate or the handshake was refused
│   └── ProxyError                  network: the proxy failed or refused; the service was not asked
├── ConnectionLost                  network: reset, end or nonsense before a whole answer
├── RequestTimeout                  a clock ran out; `.phase` says which
├── DeadlineExceeded                caller: the total time ran out, retries and waits included
├── APIStatusError                  the service answered with an error, as a status or inside a 200
│   ├── BadRequest                  caller: 400, and any 4xx without a class of its own
│   │   └── ContextLengthExceeded   caller: the prompt does not fit the model
│   ├── AuthenticationError         caller: 401
│   ├── InsufficientCredits         account: 402
│   ├── PermissionDenied            account: 403, wrong kind of key, region
│   │   ├── SpendingLimitExceeded   account: the key, or a budget of the workspace, has spent what it may
│   │   ├── ModerationError         caller: the input was flagged
│   │   └── GuardrailError          account: a guardrail blocked the request
│   ├── NotFound                    caller: 404, also "no endpoint is left after routing"
│   ├── Conflict                    caller: 409
│   ├── PayloadTooLarge             caller: 413
│   ├── UnprocessableRequest        caller: 422
│   ├── RateLimited                 account: 429
│   └── ServerError                 service: 408, 5xx, and errors of an unknown code
│       ├── ProviderError           provider: 502, 504, 524
│       └── Overloaded              provider: 503, 529
├── InvalidResponseError            service: 200, but not what was promised
│   └── EmptyReply                  provider: a reply with nothing in it
├── ResponseTooLarge                service: a size limit was passed, the connection is closed
├── StreamError                     after a stream had begun; `.partial` keeps what arrived
│   ├── StreamInterrupted           network: the stream broke off
│   │   ├── DownloadInterrupted     network: a file broke off; `.data` or `.path` keeps what arrived
│   │   └── StreamTruncated         provider: it ended cleanly, but without a finish
│   └── StreamDecodeError           service: an event that is not a chunk
├── StructuredOutputError           the reply has no value of the requested type; `.raw` keeps it
│   ├── ReplyNotParsed              model: no JSON value could be read from it
│   ├── SchemaMismatch              model: a value, but not of the wanted type
│   ├── ReplyTruncated              model: cut off by the token limit
│   └── Refused                     model: it declined to answer
├── ToolError                       a tool failed, and was asked to raise
│   └── RepeatedToolCall            model: the same call again and again
├── JobFailed                       service: an accepted job ended without a result; `.job` says how
├── InvalidWebhook                  a webhook that is not the service's, or too old
├── JournalError                    caller: the journal of a batch cannot be read, written or locked
├── LedgerError                     caller: the ledger that several processes share cannot be read or written
└── BudgetExceeded                  caller: the next call would have passed the budget
```

`asyncio.CancelledError` and exceptions of the caller's own code pass through the client unchanged.
The exception that caused one of these is kept as `__cause__`. All of them can be pickled.
"""

from __future__ import annotations

from . import base, status
from .base import *  # noqa: F403 - each module says which names it has
from .status import *  # noqa: F403

__all__: list[str] = []
__all__ += base.__all__
__all__ += status.__all__
