"""python -m training COMMAND; the commands are listed below, `COMMAND --help` lists their options."""

import argparse
import importlib
import sys
from typing import Final

COMMANDS: Final = {
    "data": "convert fer2013.csv (and FER+) to one array file, and print the table of classes",
    "register": "find the landmarks of every training face, for registered crops",
    "train": "train a network; resumes by itself",
    "accelerated": "train teachers, and a student of them, on an accelerator such as a GPU",
    "restore": "recover the trained network from a serving file, to train on from",
    "evaluate": "measure a model on a split or a folder",
    "heads": "compare mixtures of the two heads",
    "preprocess": "measure what preprocessing brings",
    "export": "write the serving file and its JSON card",
    "compare": "compare every network and every classical method on the same faces, in one table",
    "cross": "train on one database, test on the others",
    "report": "draw the figures of a model, as PNG and as one page",
    "card": "write the model card from the JSON card",
    "finder": "train, export and measure the face finder",
}
MISSING: Final = (
    "`{name}` needs {module}, which is not installed. Install it with: "
    "python -m pip install --require-hashes -r requirements/training.txt"
)


def main() -> int:
    parser = argparse.ArgumentParser("python -m training", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, text in COMMANDS.items():
        commands.add_parser(name, help=text, add_help=False)
    name = parser.parse_args(sys.argv[1:2]).command
    try:
        _run(name, sys.argv[2:])
    except KeyboardInterrupt:
        print(f"\n{name}: stopped", file=sys.stderr)
        return 130
    except ModuleNotFoundError as error:
        print(MISSING.format(name=name, module=error.name), file=sys.stderr)
        return 1
    except (ValueError, OSError) as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 1
    return 0


def _run(name: str, words: list[str]) -> None:
    module = importlib.import_module(f"training.{name}")  # others may need what is not installed
    options = argparse.ArgumentParser(
        f"python -m training {name}",
        description=module.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    module.add_arguments(options)
    module.main(options.parse_args(words))


if __name__ == "__main__":
    sys.exit(main())
