"""Schemathesis' check that wrong input is refused, of what was really sent and for a batch too.

`SCHEMATHESIS_HOOKS=bench.harden.rejections`. A batch of photos answers 200 and refuses each file in its own
result, and a part without a filename is a file of any bytes. Schemathesis' check looks at the status alone.
"""

import re
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import schemathesis
from pydantic import TypeAdapter, ValidationError
from schemathesis.checks import CheckContext
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi.checks import negative_data_rejection

BATCH: Final = "/predict/batch"
BOOLEANS: Final = re.compile(rb'name="(?:detect|family)"\r\n\r\n([^\r]*)\r\n')
"""The boolean options of forms, as sent."""


@schemathesis.check
def wrong_input_rejection(
    ctx: CheckContext, response: schemathesis.Response, case: schemathesis.Case[Any]
) -> bool | None:
    """Fails where wrong input is taken; a batch with a wrong body may refuse every file in its result."""
    if case.path == BATCH and response.status_code == HTTPStatus.OK and _only_body_is_wrong(case, response):
        statuses = [result["status"] for result in response.json()["results"]]
        if all(status >= HTTPStatus.BAD_REQUEST for status in statuses):
            return None
    if _is_right_as_sent(case, response):
        return None
    return negative_data_rejection(ctx, response, case)


def _is_right_as_sent(case: schemathesis.Case[Any], response: schemathesis.Response) -> bool:
    """Whether a wrong value was lost or became right on its way.

    An empty object in a query leaves nothing there, and "0" is a boolean in a form, as the service reads it.
    """
    query = {name for name, _ in _query_of(response)}
    if any(name not in query for name in case.query or {}):
        return True
    body = response.request.body
    fields = BOOLEANS.findall(body) if isinstance(body, bytes) else []
    return any(text not in {b"true", b"false"} and _is_boolean(text.decode("latin-1")) for text in fields)


def _query_of(response: schemathesis.Response) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(str(response.request.url)).query, keep_blank_values=True)


def _only_body_is_wrong(case: schemathesis.Case[Any], response: schemathesis.Response) -> bool:
    """Whether the query is right as it was sent: an empty list that is no parameter leaves nothing there."""
    components = case.meta.components if case.meta else {}
    wrong = {where for where, component in components.items() if component.mode.is_negative}
    if all(name == "detect" and _is_boolean(value) for name, value in _query_of(response)):
        wrong.discard(ParameterLocation.QUERY)
    return wrong == {ParameterLocation.BODY}


def _is_boolean(value: str) -> bool:
    """As the service reads it."""
    try:
        TypeAdapter(bool).validate_python(value)
    except ValidationError:
        return False
    return True
