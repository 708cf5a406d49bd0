"""Runs training commands in this process: a new process would import TensorFlow each time."""

import contextlib
import io
import sys
import warnings

from training import __main__ as training


def run_command(*words: object) -> tuple[int, str, str]:
    """Runs a command: exit status, output, error output."""
    printed, errors, argv = io.StringIO(), io.StringIO(), sys.argv
    sys.argv = ["training", *map(str, words)]
    try:
        with (
            contextlib.redirect_stdout(printed),
            contextlib.redirect_stderr(errors),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("ignore")  # TensorFlow's and Keras' own; they fail no user's command either
            status = training.main()
    finally:
        sys.argv = argv
    return status, printed.getvalue(), errors.getvalue()
