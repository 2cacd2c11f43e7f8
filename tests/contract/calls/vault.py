"""The vault."""

from __future__ import annotations

from ..call import Call

INTERN = "intern-1"

CALLS = [
    Call("vault.list", lambda c: c.vault.list(offset=2, limit=50)),
    Call("vault.list.intern", lambda c: c.vault.list(intern=INTERN, offset=2, limit=50)),
    Call("vault.store", lambda c: c.vault.store("TOKEN", "hush-hush", hosts=["api.example.com"])),
    Call(
        "vault.store.intern",
        lambda c: c.vault.store("TOKEN", "hush-hush", hosts=["api.example.com"], intern=INTERN),
    ),
    Call("vault.delete", lambda c: c.vault.delete("TOKEN")),
    Call("vault.delete.intern", lambda c: c.vault.delete("TOKEN", intern=INTERN)),
    Call("vault.copy", lambda c: c.vault.copy(["TOKEN"], intern=INTERN)),
    Call("vault.effective", lambda c: c.vault.effective(INTERN, offset=2, limit=50)),
    Call("vault.connections", lambda c: c.vault.connections(INTERN)),
]
