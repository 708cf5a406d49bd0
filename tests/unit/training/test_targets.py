import numpy as np

from training.network.targets import Target, mix, targets
from training.registered import EXPRESSIONS, FER2013, FRAME, PHOTOS, UNLABELLED, Registered

VOTES = np.array(
    # neutral, happiness, surprise, sadness, anger, disgust, fear, contempt, unknown, NF
    [
        [0, 0, 0, 0, 6, 2, 2, 0, 0, 0],
        [0, 2, 0, 0, 0, 0, 0, 4, 4, 0],
        [0] * 10,
        [0] * 10,
    ],
    np.uint8,
)
FACES = Registered(
    images=np.zeros((4, FRAME, FRAME), np.uint8),
    points=np.full((4, 5, 2), np.nan, np.float32),
    labels=np.array([0, 2, 5, UNLABELLED], np.int8),
    votes=VOTES,
    source=np.array([FER2013, FER2013, EXPRESSIONS, PHOTOS], np.int8),
    split=np.zeros(4, np.int8),
)
EVEN = {name: np.full((4, 6), 1 / 6, np.float32) for name in ("label", "votes")}


def test_no_teacher() -> None:
    """Labels are smoothed and votes become shares; faces from outside weigh less, unlabelled ones nothing."""
    by_head = targets(FACES, smoothing=0.12, outside_weight=0.5)
    np.testing.assert_allclose(by_head["label"].shares[1], [0.02, 0.02, 0.9, 0.02, 0.02, 0.02], rtol=1e-5)
    np.testing.assert_allclose(by_head["votes"].shares[0], [0.8, 0.2, 0, 0, 0, 0], rtol=1e-5)
    assert by_head["label"].weight.tolist() == [1, 1, 0.5, 0]
    assert by_head["votes"].weight.tolist() == [1, 0, 0, 0], "two votes are too few to teach"


def test_teacher() -> None:
    """A teacher is blended in, and replaces missing votes and labels at the weight of faces from outside."""
    by_head = mix(targets(FACES, smoothing=0, outside_weight=0.5), EVEN, share=0.3, unlabelled=0.25)
    np.testing.assert_allclose(by_head["label"].shares[0, 0], 0.7 + 0.3 / 6, rtol=1e-5)
    np.testing.assert_allclose(by_head["votes"].shares[1], 1 / 6, rtol=1e-5)
    np.testing.assert_allclose(by_head["label"].shares[3], 1 / 6, rtol=1e-5)
    assert by_head["label"].weight.tolist() == [1, 1, 0.5, 0.25]
    assert by_head["votes"].weight.tolist() == [1, 0.25, 0.25, 0.25]
    for target in by_head.values():
        np.testing.assert_allclose(target.shares.sum(axis=1), 1, rtol=1e-5)


def test_outside() -> None:
    """Labels from outside are not blended with the teacher; without labels both of its heads teach."""
    teacher = {"label": np.eye(6, dtype=np.float32)[[0] * 4], "votes": np.eye(6, dtype=np.float32)[[5] * 4]}
    label = mix(targets(FACES, smoothing=0, outside_weight=0.5), teacher, share=0.5, unlabelled=0.5)["label"]
    assert label.shares.tolist() == [
        [1, 0, 0, 0, 0, 0],
        [0.5, 0, 0.5, 0, 0, 0],
        [0, 0, 0, 0, 0, 1],
        [0.5, 0, 0, 0, 0, 0.5],
    ]


def test_smiles() -> None:
    """A face that others labelled neutral and the teacher calls happy is left out of every loss."""
    happy = {name: np.eye(6, dtype=np.float32)[[2, 2, 2, 2]] for name in EVEN}
    by_head = mix(targets(FACES, smoothing=0, outside_weight=0.5), happy, share=0.5, unlabelled=0.5)
    assert by_head["label"].weight.tolist() == [1, 1, 0, 0.5]
    assert by_head["votes"].weight.tolist() == [1, 0.5, 0, 0.5]


def test_rows() -> None:
    """Rows of a target keep what belongs to them."""
    target = Target(np.eye(6, dtype=np.float32), np.arange(6, dtype=np.float32), np.arange(6) == 1)
    some = target.rows(np.array([1, 4]))
    assert some.shares.argmax(axis=1).tolist() == [1, 4]
    assert some.weight.tolist() == [1, 4]
    assert some.outside.tolist() == [True, False]
