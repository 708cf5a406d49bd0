"""The face finder: train it on labelled photos, measure it, export its serving file.

    python -m training finder train --photos DIR --out runs/finder
    python -m training finder export --run runs/finder --photos DIR --out runs/finder/finder.tflite
    python -m training finder restore --model finder.tflite --photos DIR --out runs/old/model.keras
    python -m training finder evaluate --model runs/finder/finder.tflite --photos DIR

`DIR` holds the photos and two tables. `labels.csv` has a row for each box: `split`, `file`, `x`, `y`, `w`,
`h`, five landmarks, `kind` (face or ignore), and optionally `mask`, `blur`, `pose` and `occlusion`.
`photos.csv` names every photo, those without faces too.
"""

import argparse
import importlib
from typing import Final

STEPS: Final = {
    "train": "train the network; resumes by itself",
    "export": "write the serving file and its JSON card",
    "restore": "recover the network from its serving file",
    "evaluate": "measure a serving file on labelled photos",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    steps = parser.add_subparsers(dest="step", required=True, metavar="STEP")
    for name, text in STEPS.items():
        module = importlib.import_module(f"training.finder.{name}")
        step = steps.add_parser(
            name, help=text, description=module.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
        )
        module.add_arguments(step)
        step.set_defaults(run_step=module.main)


def main(args: argparse.Namespace) -> None:
    args.run_step(args)
