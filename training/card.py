"""Write the model card from the JSON beside the model.

    python -m training card --model services/inference/model/emotion.json --out docs/model-card.md
    python -m training card --model … --out … --data runs/fer2013.npz --photos DIR

With `--data` every figure in the JSON is measured anew first, on the file beside it.
"""

import argparse
import json
from pathlib import Path
from typing import Any, Final

from services.inference.classify import Classifier, load_model
from services.inference.errors import ModelFileError
from training import dataset
from training.dataset import DataError
from training.files import write_json
from training.measure.markdown import accuracy_with_interval, markdown_table
from training.network.calibration import Calibration
from training.shipped import measure_file

TEMPLATE: Final = Path(__file__).with_name("card_template.md")
INDEPENDENT: Final = Path(__file__).with_name("independent.json")
OUTSIDE: Final = ("expressions", "expressions-weight", "photos")
"""Options for faces from outside FER2013."""
HEADS_INTRODUCTION: Final = """\
The network has two heads, which disagree as their labels do. Each is an output of the shipped file, too,
calibrated to its own labels:
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", type=Path, required=True, help="the JSON beside the .tflite")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--data", type=Path, help="the .npz written by `python -m training data`")
    parser.add_argument("--photos", type=Path, help="labelled photos, DIR/<label>/*, to measure it on too")


def main(args: argparse.Namespace) -> None:
    if args.data:
        _measure(args)
    args.out.write_text(render(json.loads(args.model.read_text())))
    print(f"wrote {args.out}")


def _measure(args: argparse.Namespace) -> None:
    """Measures the model anew into its JSON."""
    try:
        file = load_model(args.model.with_suffix(".tflite"))
    except ModelFileError as error:
        raise DataError(str(error)) from error
    figures = measure_file(
        Classifier(file), Calibration(**file.card["calibration"]), dataset.load(args.data), args.photos
    )
    write_json(args.model, file.card | figures)


def render(card: dict[str, Any]) -> str:
    """The whole page in Markdown."""
    fitted = card["cross_fitted"]
    classes = [
        [name, str(one["n"]), f"{one['recall']:.1%}", f"{one['precision']:.1%}"]
        for name, one in card["metrics"]["per_class"].items()
    ]
    degraded = [[name, *(f"{share:.1%}" for share in shares)] for name, shares in card["degraded"].items()]
    by_votes = ", {ece_excess:+.3f} by FER+'s majority; KL to the votes {kl_to_votes:.3f} nats"
    return TEMPLATE.read_text().format(
        card=card,
        labels=", ".join(card["labels"]),
        hours=card["train_seconds"] / 3600,
        calibration=card["calibration"],
        fitted=fitted,
        by_votes=by_votes.format(**fitted["ferplus"]) if "ferplus" in fitted else "",
        photos=_photos(card.get("photos")),
        views=" and ".join(card["views"]),
        independent=_independent(card["version"]),
        accuracy=_accuracy(card["metrics"]),
        heads=_heads(card),
        classes=markdown_table(["", "n", "recall", "precision"], classes),
        degraded=markdown_table(["condition", "as framed", "found, registered"], degraded),
        networks="; ".join(
            f"{one['name']} seed {one['run']['seed']}, commit {one['commit']}" for one in card["networks"]
        ),
        recipe="\n\n".join(_recipe(one) for one in card["networks"]),
    )


def _accuracy(metrics: dict[str, Any]) -> str:
    parts = {
        "FER2013 labels": metrics,
        "… without the pixel-identical twins of Training": metrics["without_twins"],
        "FER+ majority of votes, six classes": metrics.get("ferplus"),
    }
    rows = []
    for name, part in parts.items():
        if part:
            _, top_2, top_3 = (f"{share:.1%}" for share in part["rank_of_truth"][:3])
            calibration = [f"{part['ece']:.3f}", f"{part['ece_excess']:+.3f}", f"{part['brier']:.3f}"]
            rows.append([name, str(part["n"]), accuracy_with_interval(part), top_2, top_3, *calibration])
    header = ["labels", "n", "accuracy (95%)", "top-2", "top-3", "ECE", "beyond chance", "Brier"]
    return markdown_table(header, rows)


def _heads(card: dict[str, Any]) -> str:
    """Empty for a network without two heads."""
    heads, fitted = card["metrics"].get("heads", {}), card["cross_fitted"]["heads"]
    own_labels = {"label": "labels", "votes": "ferplus"}
    if not all(own in heads.get(name, {}) for name, own in own_labels.items()):
        return ""
    rows = []
    for name, own in own_labels.items():
        accuracies = [f"{heads[name][labels]['accuracy']:.1%}" for labels in ("labels", "ferplus")]
        rows.append([name, *accuracies, f"{fitted[name][own]['ece_excess']:+.3f}"])
    header = ["head", "FER2013 labels", "FER+ majority", "ECE beyond chance, own labels, cross-fitted"]
    return f"{HEADS_INTRODUCTION}\n{markdown_table(header, rows)}\n\n"


def _photos(figures: dict[str, Any] | None) -> str:
    """A sentence on labelled press photos; empty if none were measured."""
    if not figures:
        return ""
    low, high = figures["interval_95"]
    recalls = ", ".join(f"{name} {share:.0%}" for name, share in figures["recalls"].items())
    return (
        f"On the main faces of {figures['n']:,} labelled press photos, as the service finds them "
        f"({figures['without_face']} more showed it none): accuracy\n{figures['accuracy']:.1%} "
        f"({low:.1%} to {high:.1%}), mean recall {figures['mean_recall']:.1%}: {recalls}.\n\n"
    )


def _independent(version: str) -> str:
    """What others measured of this version, on faces that nobody had who trained or chose it."""
    rows = [[what, figures] for what, figures in json.loads(INDEPENDENT.read_text()).get(version, {}).items()]
    if not rows:
        return ""
    table = markdown_table(["on", "figures"], rows)
    return f"Measured independently, on faces that had no part in it:\n\n{table}\n\n"


def _recipe(network: dict[str, Any]) -> str:
    """The command that trained it."""
    run = network["run"]
    options: dict[str, Any] = {
        name: run[name] for name in ("model", "epochs", "rate", "decay", "seed") if name in run
    }
    recipe = run.get("recipe", {})
    options["small-epochs"] = recipe.get("small_epochs", 0)
    options["gentle-from"] = recipe.get("gentle_from", 1.0)
    start = run.get("start") or {}
    if start:
        options["start"] = f"runs/{start['folder']}/model.keras"
    if run.get("teacher"):
        teachers = [run["teacher"]] if isinstance(run["teacher"], str) else run["teacher"]
        options["teacher"] = " --teacher ".join(f"runs/{teacher}" for teacher in teachers)
    faces = "--data runs/fer2013.npz"
    if network.get("rows", {}).get("expressions"):
        faces = "--registered runs/registered.npz"
        options |= {name: recipe[name.replace("-", "_")] for name in OUTSIDE}
    words = " ".join(f"--{name} {value}" for name, value in options.items())
    command = f"    python -m training train {faces} --out runs/{run.get('out')} {words}"
    if "version" not in start:
        return command
    return (
        f"{command}\n\n`runs/{start['folder']}` is version {start['version']} (sha256 `{start['sha256']}`), "
        "restored from its file by\n`python -m training restore`."
    )
