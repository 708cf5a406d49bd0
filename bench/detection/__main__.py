"""Measures face detection on made scenes: ours beside OpenCV's `detectMultiScale(grey, 1.1, 5)`.

python -m bench.detection [--json OUT]
"""

import json

from bench.detection.scoring import ours, plain, rates, table
from bench.figures import parser

if __name__ == "__main__":
    options = parser(__doc__).parse_args()
    results = {"plain": rates(plain()), "ours": rates(ours())}
    print(table(results))
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n")
