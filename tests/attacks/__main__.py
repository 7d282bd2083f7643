"""`make attacks`: runs every test that deploy/threat-model.md names and prints threat, result and how the refusal looks."""

from __future__ import annotations

import sys

import pytest

from tests.attacks.model import ROOT, Threat, places, threats


class Watcher:
    """Keeps what each test came to, and what it recorded as the refusal that it saw."""

    def __init__(self) -> None:
        self.outcomes: dict[str, set[str]] = {}
        self.refusals: dict[str, list[str]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Called by pytest for each phase of each test."""
        name = report.nodeid.rpartition("::")[2].partition("[")[0]
        if report.when == "call" or report.outcome != "passed":
            self.outcomes.setdefault(name, set()).add(report.outcome)
        if report.when == "teardown":
            self.refusals.setdefault(name, []).extend(str(value) for key, value in report.user_properties if key == "refusal")


def result(threat: Threat, watcher: Watcher) -> str:
    """Return held, BROKEN, not run, or accepted."""
    if not threat.tests:
        return "accepted"
    outcomes = set().union(*(watcher.outcomes.get(name, {"not run"}) for name in threat.tests))
    return "BROKEN" if "failed" in outcomes else "not run" if outcomes - {"passed"} else "held"


def main() -> int:
    """Run them and print the table; exit code 1 when an answer no longer holds."""
    known = places()
    named = {name for threat in threats() for name in threat.tests}
    nodes = sorted(f"{known[name]}::{name}" for name in named)
    watcher = Watcher()
    pytest.main(["-q", "--no-header", "-p", "no:cacheprovider", "--rootdir", str(ROOT), *sys.argv[1:], *nodes], plugins=[watcher])
    broken = 0
    arrow = ""
    for threat in threats():
        if threat.arrow != arrow:
            arrow = threat.arrow
            sys.stdout.write(f"\n{arrow}\n")
        found = result(threat, watcher)
        broken += found == "BROKEN"
        sys.stdout.write(f"  {threat.letter}  {found:8}  {threat.text}\n")
        for name in threat.tests:
            sys.stdout.write(f"               {name}\n")
            for refusal in dict.fromkeys(watcher.refusals.get(name, ())):
                sys.stdout.write(f"                 | {refusal}\n")
    held = sum(result(threat, watcher) == "held" for threat in threats())
    accepted = sum(not threat.tests for threat in threats())
    sys.stdout.write(f"\n{len(threats())} threats: {held} held, {accepted} accepted, {broken} BROKEN\n")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
