"""Schemathesis' check that wrong input is refused, as it holds for a batch too.

`SCHEMATHESIS_HOOKS=bench.harden.rejections`. A batch of photos answers 200 and refuses each file in its own
result, and a part without a filename is a file of any bytes. Schemathesis' check looks at the status alone.
"""

from http import HTTPStatus
from typing import Any, Final

import schemathesis
from schemathesis.checks import CheckContext
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi.checks import negative_data_rejection

BATCH: Final = "/predict/batch"


@schemathesis.check
def wrong_input_rejection(
    ctx: CheckContext, response: schemathesis.Response, case: schemathesis.Case[Any]
) -> bool | None:
    """Fails where wrong input is taken; a batch with a wrong body may refuse every file in its result."""
    if case.path == BATCH and response.status_code == HTTPStatus.OK and _only_body_is_wrong(case):
        statuses = [result["status"] for result in response.json()["results"]]
        if all(status >= HTTPStatus.BAD_REQUEST for status in statuses):
            return None
    return negative_data_rejection(ctx, response, case)


def _only_body_is_wrong(case: schemathesis.Case[Any]) -> bool:
    components = case.meta.components if case.meta else {}
    wrong = {where for where, component in components.items() if component.mode.is_negative}
    return wrong == {ParameterLocation.BODY}
