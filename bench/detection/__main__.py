"""Measures face detection on labelled photos, or, without --photos, on made scenes.

python -m bench detection                 made scenes: ours beside OpenCV's `detectMultiScale(grey, 1.1, 5)`
python -m bench detection --photos DIR    DIR has the tables that `python -m training finder` reads
python -m bench detection --photos DIR --worse --peers
"""

import json
import sys
from pathlib import Path

from bench.detection import photos
from bench.detection.finders import PEERS
from bench.detection.scoring import ours, plain, rates, table
from bench.figures import parser

if __name__ == "__main__":
    command = parser(__doc__)
    command.add_argument("--photos", type=Path, metavar="DIR", help="folder of labelled photos")
    command.add_argument("--split", default="dev", help="of the photos; default: dev")
    command.add_argument(
        "--worse", action="store_true", help="again with each photo tilted, darkened, covered and so on"
    )
    command.add_argument(
        "--peers",
        nargs="*",
        choices=PEERS,
        metavar="NAME",
        help=f"beside these packages; default: {' '.join(PEERS)}",
    )
    options = command.parse_args()
    if options.photos:
        options.peers = PEERS if options.peers == [] else options.peers or []
        try:
            photos.run(options)
        except (OSError, ValueError) as error:
            sys.exit(str(error))
    else:
        results = {"plain": rates(plain()), "ours": rates(ours())}
        print(table(results))
        if options.json:
            options.json.write_text(json.dumps(results, indent=1) + "\n")
