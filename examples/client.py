"""Sends a photo and prints its faces and three songs for its mood.

python examples/client.py photo.jpg [http://127.0.0.1:8000]
"""

import sys
from pathlib import Path

import httpx

photo, address = (*sys.argv[1:], "http://127.0.0.1:8000")[:2]
answer = httpx.post(
    f"{address}/recommend/photo",
    params={"medium": "song", "limit": 3},
    files={"file": Path(photo).read_bytes()},
    timeout=30,
)
body = answer.json()
if answer.is_error:
    sys.exit(f"{body['status']} {body['code']}: {body['detail']}")
for face in body["prediction"]["faces"]:
    print(f"{face['emotion']} {face['confidence']:.0%} at {face['box']}")
for item in (body["recommendation"] or {"items": []})["items"]:
    print(f"{item['title']} ({item['creator']}): {item['reason']}")
