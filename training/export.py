r"""The serving file and its JSON card, from a finished run.

    python -m training export --run runs/emonet --data runs/fer2013.npz \
        --out services/inference/model/emotion.tflite

Two views of the face, the mixture of heads and the temperature are baked into the output `probabilities`:
(1, 6) of a (1, 48, 48, 1) float face 0–255. Outputs `label` and `votes` are the heads alone, each calibrated
to the labels it was taught. Dynamic-range int8 unless that costs 0.2 points or more of PublicTest accuracy;
else float32.
Works under Keras' TensorFlow backend only.
"""

import argparse
import hashlib
import json
import tempfile
from pathlib import Path
from typing import Any, Final

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from services.emotions import EMOTIONS
from services.inference.classify import ANSWER, Classifier
from services.inference.runtime import Model
from training import data, evaluate
from training.measure.degrade import DEGRADATIONS
from training.network.calibration import Calibration, choose_threshold, fit_alone, fit_temperature, sharpen
from training.network.views import predict_heads, views
from training.train import commit

WORTH: Final = 0.002
"""Share of PublicTest that quantisation may cost."""
TEXTS: Final = {
    "licence": "the project's own licence; FER2013 itself is not redistributed",
    "intended_use": "suggesting media by the apparent expression of a face, with the person's consent",
    "excluded_use": "inferring feelings, intent, honesty, health or fitness; hiring, schooling, policing, "
    "insurance, credit; identification; surveillance; any decision about a person",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--run", type=Path, required=True, help="folder with model.keras and model.json")
    parser.add_argument("--data", type=Path, required=True, help="the .npz of `python -m training data`")
    parser.add_argument("--out", type=Path, required=True, help="the .tflite to write")
    parser.add_argument("--version", default="1.0.0")
    parser.add_argument("--votes-share", type=float, default=0.1, help="weight of the votes head, 0 to 1")


def main(args: argparse.Namespace) -> None:
    faces = data.load(args.data)
    model = keras.saving.load_model(args.run / "model.keras", compile=False)
    about = json.loads((args.run / "model.json").read_text())
    votes_share = args.votes_share if "votes" in model.output_names and faces.votes.any() else 0.0
    calibration = calibrate(model, faces.only("PublicTest"), votes_share)
    content, precision = convert(model, calibration, faces.only("PublicTest"))
    card = make_card(content, about, calibration, faces)
    card |= {"version": args.version, "precision": precision}
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_bytes(content)
    args.out.with_suffix(".json").write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n")
    print(evaluate.table(card["metrics"]))
    print(f"{args.out}: {len(content) / 1e6:.2f} MB, {precision}")


def calibrate(model: keras.Model, valid: data.Faces, votes_share: float) -> Calibration:
    """Temperatures and threshold from the even rows of `valid`."""
    half = _every_second(valid, 0)
    heads = predict_heads(model, half.images)
    labels = half.labels
    mixed = Calibration(votes_share, 1.0).apply(heads)
    temperature = fit_temperature(mixed, np.eye(len(EMOTIONS), dtype=np.float32)[labels])
    threshold = choose_threshold(sharpen(mixed, temperature), labels)
    return Calibration(votes_share, temperature, threshold, fit_alone(heads, half))


def _every_second(faces: data.Faces, first: int) -> data.Faces:
    rows = slice(first, None, 2)
    return data.Faces(faces.images[rows], faces.labels[rows], faces.split[rows], faces.votes[rows])


def convert(model: keras.Model, calibration: Calibration, valid: data.Faces) -> tuple[bytes, str]:
    """The quantised file, or the float32 one where quantising costs too much."""
    serving = _serving(model, calibration)
    small, exact = _tflite(serving, quantise=True), _tflite(serving, quantise=False)
    cost = _accuracy(exact, valid) - _accuracy(small, valid)
    print(f"dynamic-range int8 costs {100 * cost:+.2f} points of PublicTest accuracy")
    return (small, "dynamic-range int8") if cost < WORTH else (exact, "float32")


def _serving(model: keras.Model, calibration: Calibration) -> keras.Model:
    face = keras.Input((data.SIDE, data.SIDE, 1), batch_size=1, name="face")
    both = ops.concatenate(views(face), axis=0)
    heads = {name: ops.mean(rows, axis=0, keepdims=True) for name, rows in model(both).items()}
    mixed = heads["label"]
    if calibration.votes_share:
        mixed = (1 - calibration.votes_share) * mixed + calibration.votes_share * heads["votes"]
    outputs = {ANSWER: _sharpen(mixed, calibration.temperature, ANSWER)}
    for name, temperature in calibration.alone.items():
        outputs[name] = _sharpen(heads[name], temperature, f"{name}_alone")
    return keras.Model(face, outputs)


def _sharpen(probabilities: Any, temperature: float, name: str) -> Any:  # noqa: ANN401  # symbolic tensors
    """`calibrate.sharpen`, as layers."""
    return layers.Softmax(name=name)(ops.log(ops.maximum(probabilities, 1e-9)) / temperature)


def _tflite(serving: keras.Model, *, quantise: bool) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        serving.export(folder, format="tf_saved_model", verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        if quantise:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        content: bytes = converter.convert()
    return content


def _accuracy(content: bytes, faces: data.Faces) -> float:
    answers = Classifier(Model(content, {})).classify(faces.images)
    return float((answers.argmax(axis=1) == faces.labels).mean())


def make_card(
    content: bytes, about: dict[str, Any], calibration: Calibration, faces: data.Faces
) -> dict[str, Any]:
    """Everything said of the file; the figures are the shipped bytes' own, measured here."""
    shipped = Classifier(Model(content, {}))
    predict = shipped.classify
    valid = faces.only("PublicTest")
    return {
        "name": about["name"],
        "sha256": hashlib.sha256(content).hexdigest(),
        "labels": list(EMOTIONS),
        "input": {
            "shape": [1, data.SIDE, data.SIDE, 1],
            "dtype": "float32",
            "range": [0, 255],
            "colour": "grey",
        },
        "parameters": about["parameters"],
        "run": about["run"],
        "commit": about["commit"],
        "exported_at": commit(),
        "train_seconds": about["train_seconds"],
        "calibration": calibration.as_json(),
        "uncertain_below": round(calibration.uncertain_below, 4),
        "metrics": evaluate.on_split(predict, shipped.heads, faces, "PublicTest"),
        "calibration_held_out": _held_out(shipped, _every_second(valid, 1), calibration.uncertain_below),
        "accuracy_every_sixth": round(
            float((predict(valid.images[::6]).argmax(axis=1) == valid.labels[::6]).mean()), 4
        ),
        "degraded": {
            name: round(float((predict(worsen(valid.images)).argmax(axis=1) == valid.labels).mean()), 4)
            for name, worsen in DEGRADATIONS.items()
        },
        "training_data": "FER2013 Training, disgust merged into angry"
        + ("; FER+ crowd votes of the same faces" if faces.votes.any() else ""),
        **TEXTS,
    }


def _held_out(shipped: Classifier, rows: data.Faces, threshold: float) -> dict[str, Any]:
    """Calibration figures on rows that fitted nothing."""
    figures = evaluate.on_split(shipped.classify, shipped.heads, rows, "PublicTest")
    probabilities = shipped.classify(rows.images)
    kept = probabilities.max(axis=1) >= threshold
    right = probabilities.argmax(axis=1) == rows.labels
    crowd = figures.get("ferplus")
    return {
        **{name: figures[name] for name in ("n", "accuracy", "ece", "brier", "nll")},
        "kept_share": round(float(kept.mean()), 4),
        "kept_accuracy": round(float(right[kept].mean()), 4) if kept.any() else None,
        "ferplus": crowd and {name: crowd[name] for name in ("n", "accuracy", "ece", "brier", "kl_to_votes")},
        "heads": figures["heads"],
    }
