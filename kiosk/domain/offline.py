"""What may be sold while HQ does not answer: the signed policy's caps, each refusal naming the one that it hit."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.domain.catalog import OfflinePolicy
from kiosk.domain.money import Money


@dataclass(frozen=True, slots=True)
class Exposure:
    """What was sold offline and HQ has not confirmed yet, in minor units; age_s: monotonic seconds since HQ was last heard in this boot.

    hours: what the clocks on the store's wall say it is, 0 to 24: the wall clock itself, and the one that was right when HQ was last heard
    and has been counted on by the monotonic clock since. A wall clock that jumps moves the first alone, and both must lie in the window.
    """

    member_minor: int
    kiosk_minor: int
    age_s: float
    hours: tuple[float, ...] = ()


def verdict(policy: OfflinePolicy | None, amount: Money, member_id: str, exposure: Exposure) -> str:
    """Return "" when the sale may be made offline, else the rule that forbids it."""
    if policy is None:
        return "no_policy"
    if not member_id:
        return "member_unknown"
    if amount.currency != policy.currency:
        return "currency"
    if exposure.age_s > policy.max_age_s:
        return "too_long_offline"
    if not _in_window(policy, exposure.hours):
        return "hours"
    if amount.minor > policy.per_sale_minor:
        return "per_sale"
    if exposure.member_minor + amount.minor > policy.per_member_minor:
        return "per_member"
    if exposure.kiosk_minor + amount.minor > policy.per_kiosk_minor:
        return "per_kiosk"
    return ""


def _in_window(policy: OfflinePolicy, hours: tuple[float, ...]) -> bool:
    opens, closes = policy.from_hour, policy.to_hour
    if (opens, closes) == (0, 24):
        return True
    if opens <= closes:  # alike: never
        return bool(hours) and all(opens <= hour < closes for hour in hours)
    return bool(hours) and all(hour >= opens or hour < closes for hour in hours)
