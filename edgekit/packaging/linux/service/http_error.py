"""A request that gets an error instead of an answer."""

from __future__ import annotations


class HttpError(Exception):
    """One clear sentence with the status that it is sent with.

    retry_after: seconds after which to try again
    allow:       the method that the path takes
    """

    def __init__(self, status: int, message: str, *, retry_after: int | None = None, allow: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers: list[tuple[str, str]] = []
        if retry_after is not None:
            self.headers.append(("Retry-After", str(retry_after)))
        if allow is not None:
            self.headers.append(("Allow", allow))
