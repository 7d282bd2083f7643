"""`kiosk eval forecast`, `replenishment` and `packs`: a shop's past, predicted and replayed, and advice on simulated chains."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from kiosk.design.charts import ServiceCost, service_cost
from kiosk.domain.replenishment_replay import Rhythm
from kiosk.errors import InvalidValueError
from kiosk.evaluation.forecast import evaluate_file
from kiosk.evaluation.packs import score
from kiosk.evaluation.replenishment import evaluate_stock


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the commands."""
    forecast = commands.add_parser("forecast", help="predict the last weeks of a shop's sales from those before")
    forecast.add_argument("file", type=Path, metavar="FILE", help="CSV, packed by gzip or not")
    forecast.add_argument("--format", choices=("wide", "vending"), default="wide",
                          help="an item a line and a day a column, or a machine's sales lines")
    forecast.add_argument("--horizon", type=int, default=28, metavar="DAYS", help="days ahead (28)")
    forecast.add_argument("--origins", type=int, default=4, metavar="K", help="how often, a horizon apart (4)")
    forecast.add_argument("--json", action="store_true", help="print the figures as JSON")
    forecast.set_defaults(run=_forecast)
    stock = commands.add_parser("replenishment", help="replay a year of a shop: days of stock for the share of demand that is served")
    stock.add_argument("file", type=Path, metavar="FILE", help="CSV, an item a line and a day a column, packed by gzip or not")
    stock.add_argument("--review", type=int, required=True, metavar="R", help="days from one order to the next")
    stock.add_argument("--lead", type=int, required=True, metavar="L", help="days from order to delivery")
    stock.add_argument("--case", type=int, default=1, metavar="N", help="pieces in a pack (1)")
    stock.add_argument("--fill", type=float, default=0.95, metavar="SHARE", help="share of the demand to serve (.95)")
    stock.add_argument("--json", action="store_true", help="print the figures as JSON")
    stock.add_argument("--plot", type=Path, metavar="FILE", help="write what each share served costs in stock, as SVG")
    stock.set_defaults(run=_stock)
    packs = commands.add_parser("packs", help="how well advice on sizes of packs finds preferences that were planted in simulated chains")
    packs.add_argument("--simulate", type=int, default=12, metavar="N", help="chains (%(default)s)")
    packs.add_argument("--seed", type=int, default=100, metavar="SEED", help="of the first chain (%(default)s)")
    packs.add_argument("--json", action="store_true", help="print the figures as JSON")
    packs.set_defaults(run=_packs)


def _packs(args: argparse.Namespace) -> int:
    if args.simulate < 1:
        raise InvalidValueError(f"{args.simulate} chains cannot be simulated: 1 or more")
    figures = score(range(args.seed, args.seed + args.simulate))
    told = f"{figures.found:.1%} of {figures.planted} planted stores found, {figures.false:.1%} of the advice false"
    print(json.dumps(asdict(figures), indent=2) if args.json else f"{told}, {figures.seeds} simulated chains")
    return 0


def _forecast(args: argparse.Namespace) -> int:
    report = evaluate_file(args.file, args.format, args.horizon, args.origins)
    if args.json:
        print(json.dumps(asdict(report), indent=2))
        return 0
    print(f"RMSSE      {report.rmsse:.4f} on {report.items} items, {len(report.origins)} x {args.horizon} days")
    for name, figure in (report.peers or {}).items():
        print(f"  {name:10} {figure:.4f}")
    print(f"7-day sums {report.wape7:.3f} of sales missed; pinball {report.pinball['ratio']:.3f} of Poisson's")
    print("reached    " + ", ".join(f"{float(nominal):.0%}: {reached:.1%}" for nominal, reached in report.coverage.items()))
    print(f"processor  {report.seconds:.2f} s  {report.note}")
    return 0


def _stock(args: argparse.Namespace) -> int:
    report = evaluate_stock(args.file, Rhythm(args.review, args.lead), args.case, args.fill)
    if args.plot:
        curves = {name: tuple(zip(curve.fill, curve.cover, strict=True)) for name, curve in report.curves.items()}
        others = tuple((name, curves[name]) for name in ("par", "normal"))
        title = f"{args.file.name}: {args.review}/{args.lead}, {args.case}"
        chart = ServiceCost(title, curves["quantile"], report.asked, "days of stock", others)
        args.plot.write_text(service_cost(chart, "en"), encoding="utf-8")
    if args.json:
        print(json.dumps(asdict(report), indent=2))
        return 0
    print(f"asked {report.asked:.1%}, reached {report.reached:.1%} with {report.cover:.2f} days of stock, {report.items} items")
    for name, curve in report.curves.items():
        at = "does not reach it" if curve.cover_at_fill is None else f"{curve.cover_at_fill:.2f} days of stock at {report.asked:.1%}"
        print(f"  {name:10} {at}")
    return 0
