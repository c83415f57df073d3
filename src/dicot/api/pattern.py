"""Regular expressions that clients send, matched in linear time: whatever they send cannot hold everybody up."""

from __future__ import annotations

from collections.abc import Callable

import jsonschema_rs

from dicot.api.errors import BadRequest

LENGTH_MAX = 1024


def finder(text: str, *, ignore_case: bool = False, at_start: bool = False) -> Callable[[str], bool]:
    """Return a test for texts in which the expression is found; BadRequest if it is none.

    Look-around and back references are not: they are what takes exponential time.
    """
    if len(text) > LENGTH_MAX:
        raise BadRequest(f"The regular expression is longer than {LENGTH_MAX} characters.")
    pattern = f"{'^' if at_start else ''}(?{'i' if ignore_case else ''}:{text})"
    try:
        compiled = jsonschema_rs.Draft202012Validator(
            {"pattern": pattern}, pattern_options=jsonschema_rs.RegexOptions()
        )
    except (jsonschema_rs.ValidationError, ValueError) as error:
        raise BadRequest(f"'{text}' is not a 'regex' that can be searched for.") from error
    return compiled.is_valid
