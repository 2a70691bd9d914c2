"""Who asks, who may, what is left: users, Apps, rate limits, and the repository itself."""

from __future__ import annotations

import secrets
from typing import Any

import jwt

from tests.fakes.github_contract import document
from tests.fakes.github_limits import Window
from tests.fakes.github_router import Answer, Call, Refused, missing, route
from tests.fakes.github_state import RANKS, Token

_REPO = "/repos/{owner}/{repo}"
_ROOT = {"current_user_url": "/user", "repository_url": "/repos/{owner}/{repo}", "user_url": "/users/{user}"}
_FUTURE = "a numeric value representing the future time at which the assertion expires"
_PAST = "an Integer representing the time that the assertion was issued"
_NAMED = {"maintain": "write", "triage": "read"}


@route("GET", "/")
def root(call: Call) -> Answer:
    names = document()["components"]["schemas"]["root"]["required"]
    return Answer({name: call.views.api + _ROOT.get(name, f"/{name.removesuffix('_url')}") for name in names})


@route("GET", "/meta")
def meta(call: Call) -> Answer:
    told: dict[str, Any] = {"verifiable_password_authentication": call.flavour == "ghes"}
    return Answer(told | ({"installed_version": "3.19.0"} if call.flavour == "ghes" else {}))


@route("GET", "/rate_limit")
def rate_limit(call: Call) -> Answer:
    """Free of charge."""
    if call.flavour == "ghes":
        raise Refused(404, "Rate limiting is not enabled.")
    limits = call.hub.limits  # type: ignore[attr-defined]
    core, graphql = _shown(limits.window(call.token)), _shown(limits.window(call.token, "graphql"))
    search = {"limit": 30, "used": 0, "remaining": 30, "reset": int(call.hub.clock.now) + 60}
    return Answer({"resources": {"core": core, "graphql": graphql, "search": search}, "rate": core})


@route("GET", "/user")
def get_authenticated(call: Call) -> Answer:
    """An installation is no user."""
    if call.token is None:
        raise Refused(401, "Requires authentication")
    if call.token.kind != "user":
        raise Refused(403, "Resource not accessible by integration")
    private = ("private_gists", "total_private_repos", "owned_private_repos", "disk_usage", "collaborators")
    more = dict.fromkeys(private, 0) | {"two_factor_authentication": True}
    return Answer(call.views.profile(call.token.user) | more)


@route("GET", "/users/{username}")
def get_user(call: Call) -> Answer:
    user = call.hub.users.get(call.params["username"].lower()) or missing()
    return Answer(call.views.profile(user))


@route("GET", _REPO)
def get_repository(call: Call) -> Answer:
    return Answer(call.views.full_repository(call.repo))


@route("GET", f"{_REPO}/collaborators/{{username}}/permission")
def get_permission(call: Call) -> Answer:
    """Everybody can read what is public."""
    if call.token is None:
        raise Refused(401, "Requires authentication")
    user = call.hub.users.get(call.params["username"].lower())
    if user is None:
        raise Refused(404, f"{call.params['username']} is not a user")
    role = "admin" if user.login == call.repo.owner else user.permission
    if role == "none" and not call.repo.private:
        role = "read"
    names = {"pull": "read", "triage": "triage", "push": "write", "maintain": "maintain", "admin": "admin"}
    may = {name: RANKS.index(role) >= RANKS.index(rank) for name, rank in names.items()}
    shown = call.views.user(user) | {"permissions": may, "role_name": role}
    return Answer({"permission": _NAMED.get(role, role), "user": shown, "role_name": role})


@route("GET", "/app", needs="app")
def get_app(call: Call) -> Answer:
    app = app_of(call)
    return Answer(call.views.app(app.id, app.slug) | {"permissions": app.permissions, "installations_count": 1})


@route("GET", f"{_REPO}/installation", needs="app")
def get_repository_installation(call: Call) -> Answer:
    return Answer(_installation(call, app_of(call)))


@route("GET", "/app/installations/{installation_id}", needs="app")
def get_installation(call: Call) -> Answer:
    app = app_of(call)
    return Answer(_installation(call, app)) if app.installation == call.number("installation_id") else missing()


@route("POST", "/app/installations/{installation_id}/access_tokens", needs="app")
def create_access_token(call: Call) -> Answer:
    """Good for an hour. It may have less than the App, never more."""
    app, told = app_of(call), call.body or {}
    if app.installation != call.number("installation_id"):
        missing()
    asked = told.get("permissions") or app.permissions
    for name, level in asked.items():
        if RANKS.index(app.permissions.get(name, "none")) < RANKS.index(level):
            says = "The permissions requested are not granted to this installation."
            raise Refused(422, says)
    names = tuple(
        f"{repo.owner}/{repo.name}"
        for repo in call.hub.repositories.values()
        if repo.name in told.get("repositories", ())
    )
    if len(names) < len(told.get("repositories", ())):
        raise Refused(
            422, "There is at least one repository that does not exist or is not accessible to the parent installation."
        )
    value, expires = f"ghs_{secrets.token_hex(18)}", call.hub.clock.now + 3600
    token = Token(
        value,
        call.hub.person(f"{app.slug}[bot]"),
        "app",
        {"metadata": "read"} | asked,
        expires,
        names or None,
        app.installation,
    )
    call.hub.tokens[value] = token
    shown = {"token": value, "expires_at": call.hub.clock.stamp(3600), "permissions": token.permissions}
    return Answer(shown | {"repository_selection": "selected" if names else "all"}, 201)


def app_of(call: Call) -> Any:
    """The App whose key signed the JWT. It must be fresh: at most ten minutes long, and not from the future."""
    value = call.headers.get("authorization", "").partition(" ")[2]
    try:
        claims = jwt.decode(value, options={"verify_signature": False})
        app = call.hub.apps[int(claims["iss"])]
        jwt.decode(value, app.key, algorithms=["RS256"], options={"verify_exp": False, "verify_iat": False})
    except (jwt.PyJWTError, KeyError, ValueError):
        raise Refused(401, "A JSON web token could not be decoded") from None
    now = call.hub.clock.now
    if claims["exp"] <= now:
        raise Refused(401, f"'Expiration time' claim ('exp') must be {_FUTURE}")
    if claims["exp"] - now > 600:
        raise Refused(401, "'Expiration time' claim ('exp') is too far in the future")
    if claims["iat"] > now + 60:
        raise Refused(401, f"'Issued at' claim ('iat') must be {_PAST}")
    return app


def _installation(call: Call, app: Any) -> dict[str, Any]:
    url = f"{call.views.api}/app/installations/{app.installation}"
    owner = (
        call.hub.person(call.repo.owner) if call.repo else next(iter(call.hub.repositories.values())).hub.person("acme")
    )
    return {
        "id": app.installation,
        "account": call.views.user(owner),
        "repository_selection": "all",
        "access_tokens_url": f"{url}/access_tokens",
        "repositories_url": f"{call.views.api}/installation/repositories",
        "html_url": f"{call.views.web}/organizations/{owner.login}/settings/installations/{app.installation}",
        "app_id": app.id,
        "app_slug": app.slug,
        "target_id": owner.id,
        "target_type": owner.kind,
        "permissions": app.permissions,
        "events": ["pull_request"],
        "created_at": "2026-01-01T00:00:00Z",
        "updated_at": "2026-01-01T00:00:00Z",
        "single_file_name": None,
        "suspended_by": None,
        "suspended_at": None,
    }


def _shown(window: Window) -> dict[str, int]:
    return {"limit": window.limit, "used": window.used, "remaining": window.remaining, "reset": int(window.reset)}
