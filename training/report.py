r"""Draw the report's figures of a model, as PNG files and as one self-contained page.

    python -m training report OUT --data runs/fer2013.npz --runs runs/emonet runs/vgg9

Shows the answers of `--model` on PublicTest. `--runs` are folders of training runs: their histories give the
learning curves, and the first one's model.keras the feature maps. Figures that show faces go to OUT/faces/
and into the page OUT/index.html, and must not be published: FER2013 may not be passed on. The PNG files
directly in OUT show none; those of the shipped model are made by

    python -m training report docs/figures --no-faces --data runs/fer2013.npz --runs runs/emonet runs/vgg9

Takes about a minute.
"""

import argparse
import base64
import hashlib
import html
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from services.emotions import EMOTIONS
from services.inference.model import MODEL_FILE
from training.dataset import DataError, Faces
from training.files import write_json
from training.measure import face_figures, figures, metrics
from training.measure.predictors import FaceModel, load_face_model
from training.options import add_faces, read_faces

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
    add_faces(parser)
    parser.add_argument("--model", type=Path, default=MODEL_FILE, help=".tflite or .keras; the shipped file")
    parser.add_argument("--runs", type=Path, nargs="+", default=[], help="folders of training runs")
    parser.add_argument("--no-faces", action="store_true", help="only the PNG files that may be published")
    parser.add_argument("--seed", type=int, default=1, help="of the choice of faces")


def main(args: argparse.Namespace) -> None:
    histories = {folder.name: _read_history(folder) for folder in args.runs}
    model = load_face_model(args.model)
    faces = read_faces(args)
    valid = faces.only("PublicTest")
    if not len(valid.labels):
        raise DataError("the file has no PublicTest rows")
    probabilities = model.classify(valid.images)
    parts = _save(_figures_without_faces(faces, probabilities, valid.labels, histories), args.out)
    digest = hashlib.sha256(args.model.read_bytes()).hexdigest()
    write_json(args.out / "made-of.json", {"file": args.model.name, "sha256": digest})
    if args.no_faces:
        return
    parts += _save(_figures_with_faces(faces, model, args.runs, args.seed), args.out)
    accuracy = float((probabilities.argmax(axis=1) == valid.labels).mean())
    about = (
        f"{args.model.name}: {accuracy:.1%} of {len(valid.labels):,} faces of PublicTest. "
        f"{datetime.now(UTC).date()}. The figures with faces are of FER2013 and must not be passed on."
    )
    title = "Expression recognition in figures"
    page = PAGE.format(title=title, about=html.escape(about), figures="\n".join(parts))
    (args.out / "index.html").write_text(page)
    print(f"wrote {args.out / 'index.html'}")


def _read_history(folder: Path) -> pd.DataFrame:
    """A run's epochs; DataError where the folder is not a run's."""
    path = folder / "history.csv"
    if not path.is_file():
        raise DataError(f"{folder} holds no history.csv of a training run")
    history = pd.read_csv(path, dtype=float)
    if history.empty or "valid_label" not in history:
        raise DataError(f"{path} holds no epochs of a training run")
    return history


def _save(drawn: Iterator[Drawn], out: Path) -> list[str]:
    """Writes each as a PNG file; their HTML for the page."""
    parts = []
    for name, caption, figure in drawn:
        path = out / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, metadata={"Software": None})
        code, text = base64.b64encode(path.read_bytes()).decode(), html.escape(caption)
        image = f'<img alt="{text}" src="data:image/png;base64,{code}">'
        parts.append(f"<figure>{image}<figcaption>{text}</figcaption></figure>")
        print(f"wrote {path}", flush=True)
    return parts


def _figures_without_faces(
    faces: Faces,
    probabilities: metrics.Probabilities,
    labels: metrics.Labels,
    histories: dict[str, pd.DataFrame],
) -> Iterator[Drawn]:
    described = metrics.describe(probabilities, labels)
    splits = {split: faces.only(split).labels for split in ("Training", "PublicTest")}
    counts = {split: np.bincount(s, minlength=len(EMOTIONS)) for split, s in splits.items() if s.size}
    yield "classes", "How the faces spread over the emotions.", figures.class_distribution(counts)
    if histories:
        yield "learning", "Loss and accuracy while training.", figures.learning_curves(histories)
    text = "What each emotion is taken for: shares of the row."
    yield "confusion", text, figures.confusion_matrix(np.array(described["confusion"]))
    text = "How often the truth is the second or third answer."
    yield "rank", text, figures.rank_of_truth(described["rank_of_truth"])
    text = "How often an answer given with some confidence is right."
    yield "reliability", text, figures.reliability_diagram(probabilities, labels)
    text = "How many answers are wrong if only the surest are given."
    yield "risk-coverage", text, figures.risk_coverage_curve(probabilities, labels)
    text = "Precision: share of an answer's faces that are right. Recall: share of an emotion that is found."
    yield "precision-recall", text, figures.precision_and_recall(described["per_class"])


def _figures_with_faces(faces: Faces, model: FaceModel, runs: list[Path], seed: int) -> Iterator[Drawn]:
    valid = faces.only("PublicTest")
    some = valid.rows(face_figures.one_of_each(valid, seed))
    yield "faces/samples", "Faces of each emotion.", face_figures.sample_faces(faces.only("Training"), seed)
    text = "One face of each emotion and its six probabilities; the truth is orange."
    yield "faces/predictions", text, face_figures.predictions(model.classify, some.images, some.labels)
    text = f"Red: hiding this part ({face_figures.PATCH} pixels square) lowers the answer's probability most."
    yield "faces/heat", text, face_figures.heat_maps(model.classify, some.images)
    if runs and (runs[0] / "model.keras").is_file():
        import keras  # noqa: PLC0415  # the other figures need no TensorFlow

        network = keras.saving.load_model(runs[0] / "model.keras", compile=False)
        maps = face_figures.feature_maps(network, some.images[min(2, len(some.images) - 1)])
        if maps:
            text = f"What {runs[0].name} makes of a face after two poolings and three."
            yield "faces/features", text, maps
