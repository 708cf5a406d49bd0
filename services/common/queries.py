"""Refuses query parameters that a route does not know: a misspelt one would be ignored silently."""

from collections.abc import Callable, Coroutine, Iterator
from typing import Any

from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel

from services.common.problems import InvalidError


class StrictRoute(APIRoute):
    """Answers 422 and names the known parameters, and repeats none of the client's.

    A dependency would do too, and cost each request a tenth of a millisecond.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        known = list(dict.fromkeys(_names(self.dependant)))

        async def check_and_handle(request: Request) -> Response:
            if request.scope["query_string"] and any(name not in known for name in request.query_params):
                names = ", ".join(known) or "none"
                raise InvalidError(f"query: there is a parameter that is not known here; known are: {names}")
            return await handle(request)

        return check_and_handle


def _names(dependant: Dependant) -> Iterator[str]:
    """The names of a route's query parameters, and of those that a model holds together."""
    for field in dependant.query_params:
        kind = field.field_info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from kind.model_fields
        else:
            yield field.alias
    for dependency in dependant.dependencies:
        yield from _names(dependency)
