"""Compare mixtures of the two heads, from none to all of the votes head, by both label sets.

    python -m training heads --run runs/emonet --data runs/fer2013.npz

Each mixture has its own temperature, fitted to FER2013's labels on the even rows of PublicTest; figures are
of the odd rows. The last column is for a temperature fitted to FER+'s majority instead: no single one suits
both, as FER+'s votes agree with each other far more often than with FER2013's labels.
"""

import argparse
from pathlib import Path
from typing import Final

import keras
import numpy as np

from training import dataset
from training.measure.markdown import markdown_table
from training.measure.metrics import ece, kl_to_votes, majority, one_hot
from training.network.calibration import fit_temperature, mix_heads, sharpen
from training.network.views import predict_heads
from training.options import add_data

FIGURES: Final = ("FER2013", "FER+ majority", "ECE FER2013", "ECE FER+", "KL to votes", "ECE FER+, own fit")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--run", type=Path, required=True, help="folder with model.keras")
    add_data(parser)


def main(args: argparse.Namespace) -> None:
    faces = dataset.load(args.data).only("PublicTest")
    model = keras.saving.load_model(args.run / "model.keras", compile=False)
    heads = predict_heads([model], faces.images)
    votes = faces.six_votes()
    clear, voted = majority(votes)
    odd = np.arange(len(faces.labels)) % 2 == 1
    both, fitting = odd & clear, ~odd & clear
    vote_shares = votes[both] / votes[both].sum(axis=1, keepdims=True)
    rows = []
    for share in np.linspace(0, 1, 11):
        mixed = mix_heads(heads, float(share))
        temperature = fit_temperature(mixed[~odd], one_hot(faces.labels[~odd]))
        answer = sharpen(mixed, temperature)
        own_fit = sharpen(mixed, fit_temperature(mixed[fitting], one_hot(voted[fitting])))
        best = answer.argmax(axis=1)
        figures = (
            f"{(best == faces.labels)[odd].mean():.1%}",
            f"{(best == voted)[both].mean():.1%}",
            f"{ece(answer[odd], faces.labels[odd]):.3f}",
            f"{ece(answer[both], voted[both]):.3f}",
            f"{kl_to_votes(answer[both], vote_shares):.3f}",
            f"{ece(own_fit[both], voted[both]):.3f}",
        )
        rows.append([f"{share:.1f}", f"{temperature:.2f}", *figures])
    print(markdown_table(["votes head", "temperature", *FIGURES], rows))
