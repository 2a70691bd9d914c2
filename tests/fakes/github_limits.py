"""What GitHub allows in an hour and in a minute, and the faults that a test asks for."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field

from tests.fakes.github_router import Refused
from tests.fakes.github_state import Clock, Token

TOO_FAST = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
_HOUR = 3600.0
_LIMITS = {"action": 1000, "app": 5000, "user": 5000}
_PER_MINUTE, _PER_HOUR = 80, 500


@dataclass(slots=True)
class Window:
    """One hour of one bearer."""

    limit: int
    reset: float
    used: int = 0

    @property
    def remaining(self) -> int:
        return max(0, self.limit - self.used)


@dataclass(slots=True)
class Fault:
    """What goes wrong the next `times` times that method and path, and for GraphQL the body, match."""

    method: str
    path: re.Pattern[str]
    times: int
    status: int | None = None
    after: bool = False
    drop: bool = False
    secondary: bool = False
    retry_after: int | None = None
    primary: float | None = None
    delay: float = 0.0
    skip: int = 0
    html: bool = True
    message: str | None = None
    errors: tuple[str, ...] | None = None
    leaves: str | None = None
    body: re.Pattern[str] | None = None

    def strikes(self, method: str, path: str, body: str) -> bool:
        """Whether it does now; each time counts."""
        if not self.times or method != self.method or not self.path.search(path):
            return False
        if self.body and not self.body.search(body):
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.times -= 1
        return True


@dataclass
class Limits:
    """The counters of one GitHub. A GitHub Enterprise Server has none, unless it is told to."""

    clock: Clock
    strict_spacing: bool = False
    _windows: dict[tuple[str, str], Window] = field(default_factory=dict)
    _content: dict[str, deque[float]] = field(default_factory=dict)

    def window(self, token: Token | None, resource: str = "core") -> Window:
        who = token.value if token else ""
        window = self._windows.get((who, resource))
        if window is None or self.clock.now >= window.reset:
            limit = 5000 if resource == "graphql" else _LIMITS[token.kind] if token else 60
            window = self._windows[who, resource] = Window(limit, self.clock.now + _HOUR)
        return window

    def exhaust(self, token: Token | None, resource: str, seconds: float) -> None:
        window = self.window(token, resource)
        window.used, window.reset = window.limit, self.clock.now + seconds

    def count(self, token: Token | None, resource: str) -> None:
        """Raises Refused when nothing is left."""
        window = self.window(token, resource)
        if not window.remaining:
            raise Refused(403, f"API rate limit exceeded for {_named(token)}.")
        window.used += 1

    def count_content(self, token: Token) -> None:
        """80 pieces of content in a minute, 500 in an hour; a second between them where a test is strict."""
        made, now = self._content.setdefault(token.user.login, deque()), self.clock.now
        while made and made[0] <= now - _HOUR:
            made.popleft()
        recent = sum(at > now - 60 for at in made)
        if recent >= _PER_MINUTE or len(made) >= _PER_HOUR:
            raise Refused(403, TOO_FAST, headers={"retry-after": "60"})
        if self.strict_spacing and made and now - made[-1] < 1:
            raise Refused(403, TOO_FAST)
        made.append(now)


def headers_of(window: Window, resource: str) -> dict[str, str]:
    numbers = {"limit": window.limit, "remaining": window.remaining, "reset": int(window.reset), "used": window.used}
    return {f"x-ratelimit-{name}": str(number) for name, number in numbers.items()} | {"x-ratelimit-resource": resource}


def _named(token: Token | None) -> str:
    if token is None:
        return "127.0.0.1"
    return f"user ID {token.user.id}" if token.kind == "user" else f"installation ID {token.installation}"
