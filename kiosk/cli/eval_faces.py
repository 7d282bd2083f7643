"""`kiosk eval faces`: how well people are told apart, on a person's own pictures."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from kiosk.cli.progress import show_progress
from kiosk.domain.identity import Policy
from kiosk.errors import InvalidValueError
from kiosk.evaluation.faces import embed_files, evaluate_pairs, read_pairs
from kiosk.evaluation.faces_buckets import bucket_sizes
from kiosk.evaluation.faces_curve import draw
from kiosk.evaluation.faces_identification import SHOTS, IdentificationReport, evaluate_identification, read_gallery
from kiosk.evaluation.faces_sessions import camera_files, judge_camera, judge_relatives, relatives_files
from kiosk.vision.face import Embedder, FaceFinder, make_embedder
from kiosk.vision.networks import ModelStore


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register `kiosk eval faces`."""
    faces = commands.add_parser("faces", help="tell faces apart: pairs, buckets of members, one camera, relatives")
    faces.add_argument("--images", type=Path, metavar="DIR", help="where the pictures of --pairs or --identification lie")
    what = faces.add_mutually_exclusive_group(required=True)
    what.add_argument("--pairs", type=Path, metavar="FILE", help="pairs.txt in LFW's format: NAME_0001.jpg or NAME/NAME_0001.jpg")
    what.add_argument("--identification", type=Path, metavar="FILE",
                      help='JSON {"members": {name: [files, the first three to enrol]}, "strangers": [file]}')
    what.add_argument("--orl", type=Path, metavar="DIR", help="the shipped policy before one camera: a folder a person, pictures 1 to 10")
    what.add_argument("--families", type=Path, metavar="DIR", help="the shipped policy among relatives: GROUP-PERSON1.jpg")
    faces.add_argument("--backend", choices=("onnx", "dlib"), default="onnx")
    faces.add_argument("--json", action="store_true", help="print the figures as JSON")
    faces.add_argument("--plot", type=Path, metavar="FILE", help="with --identification: draw the curves as .svg")
    faces.set_defaults(run=_faces)


def _faces(args: argparse.Namespace) -> int:
    if args.plot and (not args.identification or args.plot.suffix.lower() != ".svg"):
        raise InvalidValueError(f"{args.plot}: --plot draws the curves of --identification, as .svg")
    if args.images is None and (args.pairs or args.identification):
        raise InvalidValueError("--pairs and --identification need --images DIR, where their pictures lie")
    store = ModelStore()
    finder, embedder = FaceFinder(store), make_embedder(args.backend, store)
    for wanted, judge in ((args.pairs, _pairs), (args.identification, _identification), (args.orl, _camera), (args.families, _relatives)):
        if wanted:
            judge(args, finder, embedder)
    return 0


def _pairs(args: argparse.Namespace, finder: FaceFinder, embedder: Embedder) -> None:
    report = evaluate_pairs(read_pairs(args.pairs, args.images), finder, embedder, show_progress)
    if args.json:
        print(json.dumps(asdict(report), indent=2))
        return
    print(f"accuracy   {report.accuracy:.4f} (95 %: {report.low:.4f} to {report.high:.4f}) on {report.pairs} pairs")
    print(f"threshold  {report.threshold:.3f} (each fold at the best threshold of the others)")
    print(f"no face    {report.not_found} of {report.pictures} pictures; their pairs count as wrong")


def _identification(args: argparse.Namespace, finder: FaceFinder, embedder: Embedder) -> None:
    gallery = read_gallery(args.identification)
    found = embed_files([args.images / file for file in gallery.files], finder, embedder, show_progress)
    embedded = {file: found[args.images / file] for file in gallery.files}
    report = evaluate_identification(gallery, embedded, Policy())
    title = f"{report.members} members by {SHOTS} pictures each, {report.strangers} strangers"
    if args.plot:
        args.plot.write_text(draw(report.curves, report.buckets, title, report.shipped), encoding="utf-8")
    if args.json:
        print(json.dumps(_keyed(report), indent=2))
        return
    print(f"{title}; no face in {report.not_found} of {report.pictures} pictures")
    print("bucket   FPIR      FNIR (95 % interval)    threshold  probes")
    for row in report.buckets:
        low, high = row.interval
        print(f"{row.size!s:>6}  {row.fpir:6.2%}  {row.fnir:7.2%} ({low:.2%} to {high:.2%})   {row.threshold:.3f}     {row.n_probes}")
    print(f"\nat the shipped threshold of {Policy().threshold:.3f}, one picture an attempt; the PIN is asked for up to "
          f"{Policy().pin_threshold:.3f}\nbucket   FPIR     FNIR   others asked  members asked")
    for at in report.shipped:
        print(f"{at.size!s:>6}  {at.fpir:6.3%}  {at.fnir:7.2%}  {at.others_asked:12.3%}  {at.own_asked:13.2%}")
    print("\ndigits    members  mean bucket  median   p99  at most five")
    for share in bucket_sizes():
        print(f"{share.digits:>6}  {share.members:>9,}  {share.mean:11.2f}  {share.median:>6}  {share.p99:>4}  {share.small_enough:11.4%}")


def _keyed(report: IdentificationReport) -> dict[str, object]:
    keyed: dict[str, object] = asdict(report)
    del keyed["curves"]
    return {**keyed, "bucket_sizes": [asdict(sizes) for sizes in bucket_sizes()]}


def _camera(args: argparse.Namespace, finder: FaceFinder, embedder: Embedder) -> None:
    people = camera_files(args.orl)
    found = embed_files([file for files in people.values() for file in files], finder, embedder, show_progress)
    _print(asdict(judge_camera({name: [found[file] for file in files] for name, files in people.items()}, Policy())), args.json)


def _relatives(args: argparse.Namespace, finder: FaceFinder, embedder: Embedder) -> None:
    groups = relatives_files(args.families)
    everybody = [file for people in groups.values() for files in people.values() for file in files]
    found = embed_files(everybody, finder, embedder, show_progress)
    embedded = {group: {person: [vector for file in files if (vector := found[file]) is not None] for person, files in people.items()}
                for group, people in groups.items()}
    _print(asdict(judge_relatives(embedded, Policy())), args.json)


def _print(values: dict[str, object], as_json: bool) -> None:
    if as_json:
        print(json.dumps(values, indent=2))
        return
    for key, value in values.items():
        figures = value if isinstance(value, tuple) else (value,)
        print(f"{key:20} {' to '.join(f'{figure:.4f}' if isinstance(figure, float) else str(figure) for figure in figures)}")
