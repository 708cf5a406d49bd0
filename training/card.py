"""Write the model card from the JSON beside the model.

python -m training card --model services/inference/model/emotion.json --out docs/model-card.md
"""

import argparse
import json
from pathlib import Path
from typing import Any, Final

from training.measure.markdown import accuracy_with_interval, markdown_table

TEMPLATE: Final = Path(__file__).with_name("card_template.md")
HEADS_INTRODUCTION: Final = """\
The network has two heads, which disagree as their labels do. Each is an output of the shipped file, too,
calibrated to its own labels:
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", type=Path, required=True, help="the JSON beside the .tflite")
    parser.add_argument("--out", type=Path, required=True)


def main(args: argparse.Namespace) -> None:
    args.out.write_text(render(json.loads(args.model.read_text())))
    print(f"wrote {args.out}")


def render(card: dict[str, Any]) -> str:
    """The whole page in Markdown."""
    held_out = card["calibration_held_out"]
    classes = [
        [name, str(one["n"]), f"{one['recall']:.1%}", f"{one['precision']:.1%}"]
        for name, one in card["metrics"]["per_class"].items()
    ]
    degraded = [[name, f"{share:.1%}"] for name, share in card["degraded"].items()]
    by_votes = ", {ece:.3f} by FER+'s majority, KL to the votes {kl_to_votes:.3f} nats"
    return TEMPLATE.read_text().format(
        card=card,
        labels=", ".join(card["labels"]),
        hours=card["train_seconds"] / 3600,
        calibration=card["calibration"],
        held_out=held_out,
        by_votes=by_votes.format(**held_out["ferplus"]) if held_out["ferplus"] else "",
        accuracy=_accuracy(card["metrics"]),
        heads=_heads(card),
        classes=markdown_table(["", "n", "recall", "precision"], classes),
        degraded=markdown_table(["condition", "accuracy"], degraded),
        recipe=_recipe(card["run"]),
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
            calibration = [f"{part['ece']:.3f}", f"{part['brier']:.3f}"]
            rows.append([name, str(part["n"]), accuracy_with_interval(part), top_2, top_3, *calibration])
    return markdown_table(["labels", "n", "accuracy (95%)", "top-2", "top-3", "ECE", "Brier"], rows)


def _heads(card: dict[str, Any]) -> str:
    """Empty for a network without two heads."""
    heads, held_out = card["metrics"].get("heads", {}), card["calibration_held_out"].get("heads", {})
    own_labels = {"label": "labels", "votes": "ferplus"}
    if not all(own in heads.get(name, {}) for name, own in own_labels.items()):
        return ""
    rows = []
    for name, own in own_labels.items():
        accuracies = [f"{heads[name][labels]['accuracy']:.1%}" for labels in ("labels", "ferplus")]
        rows.append([name, *accuracies, f"{held_out[name][own]['ece']:.3f}"])
    header = ["head", "FER2013 labels", "FER+ majority", "ECE by its own labels, odd rows"]
    return f"{HEADS_INTRODUCTION}\n{markdown_table(header, rows)}\n\n"


def _recipe(run: dict[str, Any]) -> str:
    """The command that trained it."""
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
    words = " ".join(f"--{name} {value}" for name, value in options.items())
    command = f"    python -m training train --data runs/fer2013.npz --out runs/{run.get('out')} {words}"
    if "version" not in start:
        return command
    return (
        f"{command}\n\n`runs/{start['folder']}` is version {start['version']} (sha256 `{start['sha256']}`), "
        "restored from its file by\n`python -m training restore`."
    )
