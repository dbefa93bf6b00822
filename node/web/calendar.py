"""The calendar file of one's reservations, from the page."""

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from ruil.node.ics import calendar

if TYPE_CHECKING:
    from ruil.node.web.page import Page


class Calendar:
    """What one has lent and borrowed, for any calendar program."""

    def __init__(self, page: "Page") -> None:
        self._page = page

    async def file(self, request: Request) -> Response:
        """RFC 5545, to be kept or opened."""
        del request
        if self._page.desk is None:
            return Response("There is no calendar yet.\n", 404, media_type="text/plain")
        rows = (await self._page.desk.call("calendar", {}))["reservations"]
        kept = {"Content-Disposition": 'attachment; filename="ruil.ics"'}
        return Response(calendar(rows), media_type="text/calendar; charset=utf-8", headers=kept)
