"""`openrouter-async keys`: keeps the keys of the account for this user."""

from __future__ import annotations

import getpass
import sys
from typing import Literal

from ..errors import ConfigurationError
from .common import Json
from .exit_codes import DONE, FAILED
from .output import Output
from .stored_keys import NAMES, KeyName, forget_key, keep_key, kept_where, key_file

__all__ = ["keys"]


def keys(
    action: Literal["list", "set", "path", "remove"] = "list",
    name: KeyName = "inference",
    /,
    *,
    json: Json = False,
) -> int:
    """Keep your keys, so you need not set a variable: in the system's keyring, or else in a file only you can read.

    A key in the environment or in a file .env takes precedence. Create keys at https://openrouter.ai/keys.

    Args:
        action: list the kept keys by name; set a key, at a prompt or from a pipe; print the path of the file; remove
            a key.
        name: Which key: inference, to ask models, or management, for the command credits.
    """
    output = Output(as_json=json)
    match action:
        case "path":
            output.write(str(key_file()), end="\n")
        case "list":
            places = {each: kept_where(each) for each in NAMES}
            if json:
                output.json(places)
            else:
                output.table(("key", "kept in"), [(each, place) for each, place in places.items() if place])
                if not any(places.values()):
                    output.note("no key is kept")
        case "set":
            where = keep_key(name, _asked(name))
            output.note(f"kept in {key_file() if where == 'file' else 'the keyring'}")
        case "remove":
            if not forget_key(name):
                output.warn(f"no {name} key is kept")
                return FAILED
    return DONE


def _asked(name: str) -> str:
    key = getpass.getpass(f"{name} key: ") if sys.stdin.isatty() else sys.stdin.readline()
    key = key.strip()
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        raise ConfigurationError("that is not a key; expected one line such as sk-or-v1-...")
    return key
