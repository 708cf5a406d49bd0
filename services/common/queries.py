"""Refuses query parameters that a route does not know: a misspelt one would be ignored silently."""

from fastapi import Request
from fastapi.dependencies.utils import get_flat_params
from fastapi.params import Query
from fastapi.routing import APIRoute

from services.common.problems import InvalidError


async def check_query(request: Request) -> None:
    """InvalidError that names the known parameters, and repeats none of the client's."""
    if not request.scope["query_string"]:
        return
    route = request.scope["route"]
    assert isinstance(route, APIRoute)  # noqa: S101 # what FastAPI runs dependencies for
    known = [field.alias for field in get_flat_params(route.dependant) if isinstance(field.field_info, Query)]
    if any(name not in known for name in request.query_params):
        names = ", ".join(known) or "none"
        raise InvalidError(f"query: there is a parameter that is not known here; known are: {names}")
