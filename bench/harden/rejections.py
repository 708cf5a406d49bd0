"""Schemathesis' check that wrong input is refused, of what was really sent and for a batch too.

`SCHEMATHESIS_HOOKS=bench.harden.rejections`. Schemathesis looks at the status and at what it meant to send.
But an empty object leaves nothing in a query, "0" is a boolean in a form as the service reads it, and a batch
of photos answers 200 and refuses each file in its own result.
"""

from collections.abc import Iterator
from contextlib import suppress
from email import message_from_bytes
from http import HTTPStatus
from io import BytesIO
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import jsonschema_rs
import schemathesis
from PIL import Image
from pydantic import TypeAdapter, ValidationError
from schemathesis.checks import CheckContext
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi.checks import negative_data_rejection

BATCH: Final = "/predict/batch"
FORM: Final = "multipart/form-data"
Case = schemathesis.Case[Any]
Sent = dict[str, list[str]]
"""Parameters by name, as they stand in a query or a form."""


@schemathesis.check
def wrong_input_rejection(ctx: CheckContext, response: schemathesis.Response, case: Case) -> bool | None:
    """Fails where wrong input is taken; a batch with a wrong body may refuse every file in its result."""
    components = case.meta.components if case.meta else {}
    wrong = {where for where, component in components.items() if component.mode.is_negative}
    if ParameterLocation.QUERY in wrong and is_right(_query_of(response), _query_rules(case)):
        wrong.discard(ParameterLocation.QUERY)
    if ParameterLocation.BODY in wrong and is_right(_form_of(response), _form_rules(case)):
        wrong.discard(ParameterLocation.BODY)
    if components and not wrong:
        return None  # nothing wrong was sent
    if case.path == BATCH and response.status_code == HTTPStatus.OK and wrong == {ParameterLocation.BODY}:
        statuses = [result["status"] for result in response.json()["results"]]
        if all(status >= HTTPStatus.BAD_REQUEST for status in statuses):
            return None
    return negative_data_rejection(ctx, response, case)


def is_right(sent: Sent | None, rules: dict[str, tuple[bool, Any]] | None) -> bool:
    """Whether `sent` keeps the rules: of each name, whether it is required, and its value's JSON schema."""
    if sent is None or rules is None or not sent.keys() <= rules.keys():
        return False
    return all(
        _keeps(sent[name], schema) if name in sent else not required
        for name, (required, schema) in rules.items()
    )


def _keeps(texts: list[str], schema: Any) -> bool:
    if _is_file(schema):
        return len(texts) == 1 and _is_picture(texts[0].encode("latin-1"))
    return any(jsonschema_rs.is_valid(schema, reading) for reading in _readings(texts))


def _readings(texts: list[str]) -> Iterator[Any]:
    """The values that the service may read: texts, numbers or booleans, as a list or, if it is one, alone.

    An empty text may also be null, which a query and a form can say in no other way.
    """
    if texts == [""]:
        yield None
    for kind in (str, int, float, bool):
        with suppress(ValidationError):
            values = TypeAdapter(list[kind]).validate_python(texts)  # type: ignore[valid-type]
            yield values
            if len(values) == 1:
                yield values[0]


def _query_rules(case: Case) -> dict[str, tuple[bool, Any]]:
    return {one.name: (one.is_required, one.validation_schema) for one in case.operation.query}


def _form_rules(case: Case) -> dict[str, tuple[bool, Any]] | None:
    """None where the operation takes no form."""
    for body in case.operation.body:
        if body.media_type == FORM:
            form = body.validation_schema
            shared = {name: part for name, part in form.items() if name.startswith("x-")}  # what $ref names
            needed = form.get("required", [])
            return {
                name: (name in needed, {**shared, **schema}) for name, schema in form["properties"].items()
            }
    return None


def _is_file(schema: dict[str, Any]) -> bool:
    one = schema.get("items", schema)
    return one.get("format") == "binary" or "contentMediaType" in one


def _is_picture(content: bytes) -> bool:
    try:
        Image.open(BytesIO(content)).verify()
    except (OSError, SyntaxError):  # as Pillow says of damaged PNGs
        return False
    return True


def _query_of(response: schemathesis.Response) -> Sent:
    sent: Sent = {}
    for name, text in parse_qsl(urlsplit(str(response.request.url)).query, keep_blank_values=True):
        sent.setdefault(name, []).append(text)
    return sent


def _form_of(response: schemathesis.Response) -> Sent | None:
    """The parts of a form as texts; None if no form was sent."""
    kind, body = str(response.request.headers.get("Content-Type", "")), response.request.body
    if not kind.startswith(FORM) or not isinstance(body, bytes):
        return None
    sent: Sent = {}
    for part in message_from_bytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body).walk():
        name, content = part.get_param("name", header="content-disposition"), part.get_payload(decode=True)
        if name is not None and isinstance(content, bytes):
            sent.setdefault(str(name), []).append(content.decode("latin-1"))
    return sent
