"""Figures that show faces, or what a network makes of one: for the user's own eyes, not to be published."""

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from services.emotions import EMOTIONS
from training.data import SIDE, Faces
from training.measure.figures import BLUE, GREY, ORANGE, sheet
from training.measure.predictors import Predictor

if TYPE_CHECKING:
    import keras

Images = NDArray[np.uint8]
PATCH: Final = 12
"""Side of the grey square that hides a part of a face, in pixels."""
STRIDE: Final = 3
MAPS: Final = 16
"""Feature maps that are shown of a layer: those that vary most over the face."""
POOLS: Final = (2, 3)
"""Which poolings they are taken after, as in the report."""


def one_of_each(faces: Faces, seed: int) -> NDArray[np.intp]:
    """A row number of each emotion that there is, in the order of EMOTIONS."""
    rng = np.random.default_rng(seed)
    return np.array([rng.choice(np.flatnonzero(faces.labels == label)) for label in np.unique(faces.labels)])


def sample_faces(faces: Faces, seed: int, count: int = 8) -> Figure:
    """A row of faces of each emotion."""
    rng = np.random.default_rng(seed)
    figure, axes = sheet(count, len(EMOTIONS) + 0.4, columns=count, rows=len(EMOTIONS))
    for label, row in enumerate(axes):
        places = np.flatnonzero(faces.labels == label)
        for ax, place in zip(row, rng.permutation(places)[:count], strict=False):
            ax.imshow(faces.images[place], cmap="gray", vmin=0, vmax=255)
        for ax in row:
            ax.set(xticks=[], yticks=[])
        row[0].set_ylabel(EMOTIONS[label])
    return figure


def predictions(predict: Predictor, images: Images, labels: NDArray[np.int8]) -> Figure:
    """Each face above the bars of its six probabilities; the truth is orange."""
    figure, axes = sheet(2 * len(images), 4, columns=len(images), rows=2)
    axes = np.asarray(axes).reshape(2, -1)
    for above, below, image, label, row in zip(*axes, images, labels, predict(images), strict=True):
        above.imshow(image, cmap="gray", vmin=0, vmax=255)
        above.set(xticks=[], yticks=[], title=EMOTIONS[label])
        below.barh(EMOTIONS, row, color=[ORANGE if i == label else BLUE for i in range(len(EMOTIONS))])
        below.set(xlim=(0, 1), xticks=[0, 0.5, 1])
        below.invert_yaxis()
        below.tick_params(labelsize=7)
    return figure


def heat_maps(predict: Predictor, images: Images) -> Figure:
    """Each face, and where hiding a part of it takes most from its answer."""
    figure, axes = sheet(2 * len(images), 4, columns=len(images), rows=2)
    axes = np.asarray(axes).reshape(2, -1)
    for above, below, image in zip(*axes, images, strict=True):
        answer, lost = occlusion(predict, image)
        above.imshow(image, cmap="gray", vmin=0, vmax=255)
        above.set(xticks=[], yticks=[], title=EMOTIONS[answer])
        below.imshow(image, cmap="gray", vmin=0, vmax=255)
        reach = max(0.05, float(np.abs(lost).max()))
        below.imshow(lost, cmap="coolwarm", alpha=0.55, vmin=-reach, vmax=reach)
        below.set(xticks=[], yticks=[], xlabel=f"up to {reach:.0%}")
    return figure


def occlusion(predict: Predictor, image: Images) -> tuple[int, NDArray[np.float32]]:
    """The answer, and (48, 48) how much of its probability is lost where a PATCH hides the face."""
    whole = predict(image[None])[0]
    answer = int(whole.argmax())
    corners = range(0, SIDE - PATCH + 1, STRIDE)
    hidden = np.repeat(image[None], len(corners) ** 2, axis=0)
    for face, (top, left) in zip(hidden, ((y, x) for y in corners for x in corners), strict=True):
        face[top : top + PATCH, left : left + PATCH] = int(image.mean())
    lost = (whole[answer] - predict(hidden)[:, answer]).reshape(len(corners), len(corners))
    # a patch's loss belongs to its middle: set the grid into the picture and repeat its edge
    inside = SIDE - PATCH + 1
    grid = cv2.resize(lost.astype(np.float32), (inside, inside), interpolation=cv2.INTER_LINEAR)
    edge = PATCH // 2
    rest = SIDE - inside - edge
    framed = cv2.copyMakeBorder(grid, edge, rest, edge, rest, cv2.BORDER_REPLICATE)
    return answer, np.asarray(framed, np.float32)


def feature_maps(model: "keras.Model", image: Images) -> Figure | None:
    """The face, and maps after the 2nd and 3rd pooling; None where the network pools less often."""
    import keras  # noqa: PLC0415  # the other figures need no TensorFlow

    pools = [layer for layer in model.layers if isinstance(layer, keras.layers.MaxPooling2D)]
    if len(pools) < max(POOLS):
        return None
    wanted = keras.Model(model.inputs, [pools[number - 1].output for number in POOLS])
    figure, axes = sheet(MAPS / 2 + 1, 2 * len(POOLS) + 0.4, columns=MAPS // 2 + 1, rows=2 * len(POOLS))
    for ax in axes.ravel():
        ax.set_axis_off()
    for part, number, maps in zip(
        np.split(axes, len(POOLS)), POOLS, wanted.predict(image[None, ..., None], verbose=0), strict=True
    ):
        part[0, 0].imshow(image, cmap="gray", vmin=0, vmax=255)
        part[1, 0].text(0.5, 0.6, f"after\npooling {number}", ha="center", va="center", color=GREY)
        busiest = np.argsort(-maps[0].std(axis=(0, 1)))[:MAPS]
        for ax, which in zip(part[:, 1:].ravel(), busiest, strict=False):
            ax.imshow(maps[0, :, :, which], cmap="viridis")
    return figure
