"""Who may say what at the broker (mosquitto's ACL language). %u is the user name: the common name of the certificate.

A device speaks for itself alone and hears what is meant for it, for its fleet, and whether HQ is there.
"""

from __future__ import annotations

from collections.abc import Iterable

BASE = """\
pattern write v1/%u/up/#
pattern write v1/%u/state
pattern read v1/%u/ack
pattern read v1/%u/down/#
pattern read v1/fleet/#
pattern read v1/hq/state

user hq
topic readwrite #
"""
_DENIED = "topic deny #\ntopic deny v1/#\n"
_CLAIM = """\
topic deny v1/{name}/#
topic deny v1/fleet/#
topic deny v1/hq/state
topic write v1/claim/+/request
topic read v1/claim/+/answer
"""


def rules(claimers: Iterable[str] = (), denied: Iterable[str] = ()) -> str:
    """Return the whole file.

    claimers: names that reach the claim topics alone; denied: names that reach nothing, with sessions that stand too.
    """
    claims = (f"\nuser {name}\n{_CLAIM.format(name=name)}" for name in claimers)
    refusals = (f"\nuser {name}\n{_DENIED}" for name in denied)
    return BASE + "".join(claims) + "".join(refusals)
