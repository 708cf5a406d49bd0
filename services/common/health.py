"""Asks a service whether it is ready: `python -m services.common.health RECOMMENDER_HOST 8000`."""

import http.client
import os
import sys

from services.common.addresses import reachable

TIMEOUT_S = 2


def is_ready(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection(reachable(host), port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(not is_ready(os.environ.get(sys.argv[1], ""), int(sys.argv[2])))
