r"""The report's figures of a model, as PNG files and as one page that needs nothing beside it.

    python -m training report OUT --data runs/fer2013.npz --runs runs/emonet runs/vgg9

Answers are those of `--model`, on PublicTest. `--runs` are folders of training runs: their histories make
the learning curves, and the first one's model.keras the feature maps. Figures that show faces go to
OUT/faces/ and into the page OUT/index.html, and must not be published: FER2013 may not be passed on. The PNG
files directly in OUT show none; those of the shipped model are made by

    python -m training report docs/figures --no-faces --data runs/fer2013.npz --runs runs/emonet runs/vgg9

Takes about a minute; stopped, it is given again.
"""

import argparse
import base64
import csv
import hashlib
import html
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np
from matplotlib.figure import Figure

from services.emotions import EMOTIONS
from services.inference.model import MODEL_FILE
from training import data
from training.measure import face_figures, figures, metrics
from training.measure.predictors import Predictor, load_predictor

Drawn = tuple[str, str, Figure]
"""File name without ending (faces/… where a face is seen), caption, figure."""
PAGE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title> <meta name="viewport"
content="width=device-width, initial-scale=1"> <style>body {{ font: 16px/1.5 system-ui, sans-serif;
max-width: 60rem; margin: 2rem auto; padding: 0 1rem }} figure {{ margin: 2.5rem 0 }} img {{ max-width:
100%; height: auto }} figcaption {{ color: #444 }}</style></head> <body><h1>{title}</h1><p>{about}</p>
{figures} </body></html>
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("out", type=Path, metavar="OUT", help="folder to write")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--csv", type=Path, help="fer2013.csv, plain or .gz")
    source.add_argument("--data", type=Path, help="the .npz of `python -m training data`")
    parser.add_argument("--model", type=Path, default=MODEL_FILE, help=".tflite or .keras; the shipped file")
    parser.add_argument("--runs", type=Path, nargs="+", default=[], help="folders of training runs")
    parser.add_argument("--no-faces", action="store_true", help="only the PNG files that may be published")
    parser.add_argument("--seed", type=int, default=1, help="of the choice of faces")


def main(args: argparse.Namespace) -> None:
    histories = {folder.name: read_history(folder) for folder in args.runs}
    predict = load_predictor(args.model)
    faces = data.read(args.csv, progress=True) if args.csv else data.load(args.data)
    valid = faces.only("PublicTest")
    if not len(valid.labels):
        raise data.DataError("the file has no PublicTest rows")
    probabilities = predict(valid.images)
    parts = save(of_numbers(faces, probabilities, valid.labels, histories), args.out)
    made_of = {"file": args.model.name, "sha256": hashlib.sha256(args.model.read_bytes()).hexdigest()}
    (args.out / "made-of.json").write_text(json.dumps(made_of, indent=1) + "\n")
    if args.no_faces:
        return
    parts += save(of_faces(faces, valid, predict, args.runs, args.seed), args.out)
    accuracy = float((probabilities.argmax(axis=1) == valid.labels).mean())
    about = (
        f"{args.model.name}: {accuracy:.1%} of {len(valid.labels):,} faces of PublicTest. "
        f"{datetime.now(UTC).date()}. The figures with faces are of FER2013 and must not be passed on."
    )
    title = "Expression recognition in figures"
    page = PAGE.format(title=title, about=html.escape(about), figures="\n".join(parts))
    (args.out / "index.html").write_text(page)
    print(f"wrote {args.out / 'index.html'}")


def save(drawn: Iterator[Drawn], out: Path) -> list[str]:
    """Each as a PNG file, and as what the page holds of it."""
    parts = []
    for name, caption, figure in drawn:
        path = out / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, metadata={"Software": None})
        parts.append(_figure(path, caption))
        print(f"wrote {path}", flush=True)
    return parts


def read_history(folder: Path) -> list[dict[str, float]]:
    """A run's epochs; DataError where the folder is no run."""
    path = folder / "history.csv"
    if not path.is_file():
        raise data.DataError(f"{folder} holds no history.csv of a training run")
    with path.open(newline="") as file:
        rows = [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]
    if not rows or "valid_label" not in rows[0]:
        raise data.DataError(f"{path} holds no epochs of a training run")
    return rows


def of_numbers(
    faces: data.Faces,
    probabilities: metrics.Probabilities,
    labels: metrics.Labels,
    histories: dict[str, list[dict[str, float]]],
) -> Iterator[Drawn]:
    told = metrics.describe(probabilities, labels)
    counts = {
        s: np.bincount(faces.only(s).labels, minlength=len(EMOTIONS)) for s in ("Training", "PublicTest")
    }
    shown = {split: six for split, six in counts.items() if six.any()}
    yield "classes", "How the faces spread over the emotions.", figures.class_distribution(shown)
    if histories:
        yield "learning", "Loss and accuracy while training.", figures.learning_curves(histories)
    matrix = np.array(told["confusion"])
    yield "confusion", "What each emotion is taken for: shares of the row.", figures.confusion_matrix(matrix)
    ranks = told["rank_of_truth"]
    yield "rank", "How often the truth is the second or third answer.", figures.rank_of_truth(ranks)
    text = "How often an answer given with some confidence is right."
    yield "reliability", text, figures.reliability_diagram(probabilities, labels)
    text = "How many answers are wrong if only the surest are given."
    yield "risk-coverage", text, figures.risk_coverage_curve(probabilities, labels)
    text = (
        "Precision: how many of an answer's faces it fits. Recall: how many of an emotion's faces are found."
    )
    yield "precision-recall", text, figures.precision_and_recall(told["per_class"])


def of_faces(
    faces: data.Faces, valid: data.Faces, predict: Predictor, runs: list[Path], seed: int
) -> Iterator[Drawn]:
    taught = faces.only("Training")
    some = valid.rows(face_figures.one_of_each(valid, seed))
    yield "faces/samples", "Faces of each emotion.", face_figures.sample_faces(taught, seed)
    text = "One face of each emotion and its six probabilities; the truth is orange."
    yield "faces/predictions", text, face_figures.predictions(predict, some.images, some.labels)
    text = f"Red: hiding this part ({face_figures.PATCH} pixels square) takes most from the answer."
    yield "faces/heat", text, face_figures.heat_maps(predict, some.images)
    if runs and (runs[0] / "model.keras").is_file():
        import keras  # noqa: PLC0415  # the other figures need no TensorFlow

        model = keras.saving.load_model(runs[0] / "model.keras", compile=False)
        maps = face_figures.feature_maps(model, some.images[min(2, len(some.images) - 1)])
        if maps:
            yield "faces/features", f"What {runs[0].name} makes of a face after two poolings and three.", maps


def _figure(path: Path, caption: str) -> str:
    code = base64.b64encode(path.read_bytes()).decode()
    text = html.escape(caption)
    picture = f'<img alt="{text}" src="data:image/png;base64,{code}">'
    return f"<figure>{picture}<figcaption>{text}</figcaption></figure>"
