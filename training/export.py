r"""Write the serving file and its JSON card, from a finished run.

    python -m training export --run runs/emonet --data runs/fer2013.npz \
        --out services/inference/model/emotion.tflite

With a second `--run` both networks see a face once, and the answer is their mean.

The file's output `probabilities`, (1, 6) of a (1, 48, 48, 1) float face 0–255, includes the views of the
face, the mixture of heads and the temperature. Outputs `label` and `votes` are the heads alone, each
calibrated to the labels it was trained on. Dynamic-range int8, or float32 if that gains 0.2 points or more of
PublicTest accuracy. Works under Keras' TensorFlow backend only.
"""

import argparse
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import keras
from keras import layers, ops

from services.emotions import EMOTIONS
from services.inference.classify import ANSWER, Classifier
from services.inference.runtime import Model
from training import dataset
from training.dataset import SIDE, DataError, Faces
from training.files import git_commit, write_json
from training.measure.degrade import detect_again
from training.measure.summary import format_figures
from training.network.calibration import Calibration, calibrate, mix_heads
from training.network.tflite import to_tflite
from training.network.views import names, predict_heads, views
from training.options import add_data
from training.shipped import accuracy, measure_file

VIEWS: Final = 2
OF_NETWORK: Final = ("name", "parameters", "run", "rows", "commit", "train_seconds", "version", "sha256")
"""What the card says of each network; version and checksum are of the file that it was restored from."""
MAX_QUANTISATION_COST: Final = 0.002
"""Share of PublicTest."""
TEXTS: Final = {
    "licence": "the project's own licence; FER2013 itself is not redistributed",
    "intended_use": "suggesting media by the apparent expression of a face, with the person's consent",
    "excluded_use": "inferring feelings, intent, honesty, health or fitness; hiring, schooling, policing, "
    "insurance, credit; identification; surveillance; any decision about a person",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--run", type=Path, action="append", required=True, help="folder with model.keras and model.json"
    )
    add_data(parser)
    parser.add_argument("--out", type=Path, required=True, help="the .tflite to write")
    parser.add_argument("--version", default="1.0.0")
    parser.add_argument("--photos", type=Path, help="labelled photos, DIR/<label>/*, to measure it on too")
    parser.add_argument("--votes-share", type=float, default=0.1, help="weight of the votes head, 0 to 1")


def main(args: argparse.Namespace) -> None:
    keras.mixed_precision.set_global_policy("float32")  # LiteRT has no bfloat16
    faces = dataset.load(args.data)
    valid = faces.only("PublicTest")
    if len(args.run) > VIEWS:
        raise DataError(f"at most {VIEWS} networks: each sees one of the {VIEWS} views of a face")
    networks = [keras.saving.load_model(run / "model.keras", compile=False) for run in args.run]
    abouts = [json.loads((run / "model.json").read_text()) for run in args.run]
    has_votes = all("votes" in network.output_names for network in networks) and bool(faces.votes.any())
    votes_share = args.votes_share if has_votes else 0.0
    heads, served = (predict_heads(networks, some) for some in (valid.images, detect_again(valid.images)))
    calibration = calibrate(heads, served, valid, votes_share)
    content, precision = _convert(_serving_model(networks, calibration), valid)
    card = _make_card(content, abouts, calibration, faces, args.photos)
    card |= {"version": args.version, "precision": precision}
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_bytes(content)
    write_json(args.out.with_suffix(".json"), card)
    print(format_figures(card["metrics"]))
    print(f"{args.out}: {len(content) / 1e6:.2f} MB, {precision}")


def _serving_model(networks: Sequence[keras.Model], calibration: Calibration) -> keras.Model:
    face = keras.Input((SIDE, SIDE, 1), batch_size=1, name="face")
    first, second = (views(face, network.name)[i] for i, network in enumerate((networks[0], networks[-1])))
    if len(networks) == 1:  # both views at once, which is faster
        rows = networks[0](ops.concatenate([first, second], axis=0))
        heads = {name: ops.mean(both, axis=0, keepdims=True) for name, both in rows.items()}
    else:
        one, other = networks[0](first), networks[1](second)
        heads = {name: (one[name] + other[name]) / 2 for name in one}
    mixed = mix_heads(heads, calibration.votes_share)
    outputs = {ANSWER: _sharpen(mixed, calibration.temperature, ANSWER)}
    for name, temperature in calibration.alone.items():
        outputs[name] = _sharpen(heads[name], temperature, f"{name}_alone")
    return keras.Model(face, outputs)


def _sharpen(probabilities: Any, temperature: float, name: str) -> Any:  # noqa: ANN401  # symbolic tensors
    """`calibration.sharpen`, as layers."""
    return layers.Softmax(name=name)(ops.log(ops.maximum(probabilities, 1e-9)) / temperature)


def _convert(serving: keras.Model, valid: Faces) -> tuple[bytes, str]:
    """The quantised file, or the float32 one where quantising costs too much."""
    small, exact = to_tflite(serving, quantise=True), to_tflite(serving)
    cost = accuracy(Classifier(Model(exact, {})), valid) - accuracy(Classifier(Model(small, {})), valid)
    print(f"dynamic-range int8 costs {100 * cost:+.2f} points of PublicTest accuracy")
    return (small, "dynamic-range int8") if cost < MAX_QUANTISATION_COST else (exact, "float32")


def _make_card(
    content: bytes,
    abouts: Sequence[dict[str, Any]],
    calibration: Calibration,
    faces: Faces,
    photos: Path | None,
) -> dict[str, Any]:
    """Every figure is measured on the file that ships."""
    return {
        "name": " + ".join(about["name"] for about in abouts),
        "parameters": sum(about["parameters"] for about in abouts),
        "train_seconds": sum(about["train_seconds"] for about in abouts),
        "networks": [{name: about[name] for name in OF_NETWORK if name in about} for about in abouts],
        "views": [names(abouts[0]["name"])[0], names(abouts[-1]["name"])[1]],
        "sha256": hashlib.sha256(content).hexdigest(),
        "labels": list(EMOTIONS),
        "input": {"shape": [1, SIDE, SIDE, 1], "dtype": "float32", "range": [0, 255], "colour": "grey"},
        "exported_at": git_commit(),
        "calibration": calibration.as_json(),
        "uncertain_below": round(calibration.uncertain_below, 4),
        **measure_file(Classifier(Model(content, {})), calibration, faces, photos),
        "training_data": _training_data(
            [about.get("rows", {}) for about in abouts], votes=bool(faces.votes.any())
        ),
        **TEXTS,
    }


def _training_data(rows: Sequence[dict[str, int]], *, votes: bool) -> str:
    expressions, photos = (max(some.get(name, 0) for some in rows) for name in ("expressions", "photos"))
    parts = [
        "FER2013 Training, disgust merged into angry",
        "FER+ crowd votes of the same faces" if votes else "",
        f"{expressions:,} labelled faces of press photos" if expressions else "",
        f"{photos:,} unlabelled ones" if photos else "",
    ]
    return "; ".join(part for part in parts if part)
