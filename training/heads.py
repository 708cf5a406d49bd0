"""Which mixture of the two heads to answer with: every share of the votes head, by both label sets.

    python -m training heads --run runs/emonet --data runs/fer2013.npz

Each mixture has its own temperature, fitted to FER2013's labels on the even rows of PublicTest; figures are
of the odd rows. The last column is for a temperature fitted to FER+'s majority instead: no single one suits
both, as the crowd agrees with itself far more often than with FER2013.
"""

import argparse
from pathlib import Path

import keras
import numpy as np

from services.emotions import EMOTIONS
from training import data
from training.measure.metrics import ece, kl_to_votes, majority
from training.network.calibration import Calibration, fit_temperature
from training.network.views import predict_heads


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--run", type=Path, required=True, help="folder with model.keras")
    parser.add_argument("--data", type=Path, required=True, help="the .npz of `python -m training data`")


def main(args: argparse.Namespace) -> None:
    faces = data.load(args.data).only("PublicTest")
    model = keras.saving.load_model(args.run / "model.keras", compile=False)
    heads = predict_heads(model, faces.images)
    votes = faces.six_votes()
    clear, crowd = majority(votes)
    sure = np.eye(len(EMOTIONS), dtype=np.float32)
    odd = np.arange(len(faces.labels)) % 2 == 1
    print(
        "| votes head | temperature | FER2013 | FER+ majority | ECE FER2013 | ECE FER+ | KL to votes", end=""
    )
    print(" | ECE FER+, own fit |")
    print("|---" * 8 + "|")
    for share in np.linspace(0, 1, 11):
        mixed = Calibration(float(share), 1.0).apply(heads)
        temperature = fit_temperature(mixed[~odd], sure[faces.labels[~odd]])
        answer = Calibration(float(share), temperature).apply(heads)
        both = odd & clear
        to_crowd = fit_temperature(mixed[~odd & clear], sure[crowd[~odd & clear]])
        own = Calibration(float(share), to_crowd).apply(heads)
        right = answer.argmax(axis=1)
        shares = votes[both] / votes[both].sum(axis=1, keepdims=True)
        figures = (
            f"{(right == faces.labels)[odd].mean():.1%}",
            f"{(right == crowd)[both].mean():.1%}",
            f"{ece(answer[odd], faces.labels[odd]):.3f}",
            f"{ece(answer[both], crowd[both]):.3f}",
            f"{kl_to_votes(answer[both], shares):.3f}",
            f"{ece(own[both], crowd[both]):.3f}",
        )
        print(f"| {share:.1f} | {temperature:.2f} | {' | '.join(figures)} |")
