"""All figures of a model on one split of FER2013, as a dictionary for JSON and as text."""

from typing import Any, Final

import pandas as pd

from services.emotions import EMOTIONS
from services.inference.classify import ANSWER
from training.dataset import DataError, Faces
from training.measure import metrics
from training.measure.predictors import FaceModel

HEAD_FIGURES: Final = ("n", "accuracy", "interval_95", "ece", "ece_excess")
LABEL_SETS: Final = {
    "labels": "labels",
    "without_twins": "labels, without the twins of Training",
    "ferplus": "FER+ majority",
}


def measure_split(model: FaceModel, faces: Faces, split: str) -> dict[str, Any]:
    """By FER2013's labels, with and without the faces that Training has too; by FER+'s majority; by head."""
    rows = faces.only(split)
    if not len(rows.labels):
        raise DataError(f"the file has no {split} rows")
    heads = model.answers(rows.images)
    probabilities = heads.pop(ANSWER)
    result = metrics.describe(probabilities, rows.labels)
    if split != "Training":
        new = ~metrics.twins(rows.images, faces.only("Training").images)
        result["without_twins"] = metrics.describe(probabilities[new], rows.labels[new])
    votes = rows.six_votes()
    clear, majority = metrics.majority(votes)
    if clear.any():
        result["ferplus"] = metrics.describe(probabilities[clear], majority[clear])
        shares = votes[clear] / votes[clear].sum(axis=1, keepdims=True)
        result["ferplus"]["kl_to_votes"] = round(metrics.kl_to_votes(probabilities[clear], shares), 4)
    if heads:
        result["heads"] = {name: {"labels": describe_head(p, rows.labels)} for name, p in heads.items()}
        if clear.any():
            for name, p in heads.items():
                result["heads"][name]["ferplus"] = describe_head(p[clear], majority[clear])
    return result


def describe_head(probabilities: metrics.Probabilities, labels: metrics.Labels) -> dict[str, Any]:
    figures = metrics.describe(probabilities, labels)
    return {name: figures[name] for name in HEAD_FIGURES}


def format_figures(result: dict[str, Any]) -> str:
    """What `measure_split` or `metrics.describe` gives, as text for a terminal."""
    lines = []
    for key, title in LABEL_SETS.items():
        if part := result if key == "labels" else result.get(key):
            low, high = part["interval_95"]
            ranks = " ".join(f"top-{k} {share:.1%}" for k, share in enumerate(part["rank_of_truth"][:3], 1))
            lines += [
                f"{title}: accuracy {part['accuracy']:.1%} (95% {low:.1%} to {high:.1%}), n {part['n']}",
                f"  {ranks}, ECE {part['ece']:.3f} ({part['ece_excess']:+.3f} beyond chance),",
                f"  Brier {part['brier']:.3f}, log loss {part['log_loss']:.3f}",
            ]
    for name, by in result.get("heads", {}).items():
        parts = [f"{LABEL_SETS[k]} {part['accuracy']:.1%}, ECE {part['ece']:.3f}" for k, part in by.items()]
        lines.append(f"the {name} head alone: {'; '.join(parts)}")
    classes = pd.DataFrame(result["per_class"]).T[["n", "recall", "precision"]]
    answers = pd.DataFrame(result["confusion"], EMOTIONS, [f"as {name}" for name in EMOTIONS])
    percent = {"n": "{:.0f}".format, "recall": "{:.1%}".format, "precision": "{:.1%}".format}
    return "\n".join([*lines, classes.join(answers).to_string(formatters=percent)])
