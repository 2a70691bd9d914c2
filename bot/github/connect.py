"""Credentials -> a Session. A token, or a GitHub App's key, which makes tokens where the App is installed."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

import github
from jwt import PyJWTError

from bot.errors import BadInput, Forbidden, NotFound
from bot.github import payloads
from bot.github.client import Patience, Session, Wire
from bot.github.forge import DryRun, GitHub

API = "https://api.github.com"


def connect(
    repository: str,
    *,
    api_url: str,
    token: str = "",
    app_id: str = "",
    app_key: str = "",
    patience: Patience | None = None,
    dry_run: Callable[[str], None] | None = None,
) -> GitHub:
    """A `Forge` for one repository. With `dry_run`, writes are told to it and not sent."""
    address = _checked(api_url or API)
    wire: Wire = Session(address, _auth(repository, address, token.strip(), app_id, app_key, patience), patience)
    return GitHub(DryRun(wire, dry_run) if dry_run else wire, repository)


def _checked(address: str) -> str:
    try:
        parts = urlsplit(address)
        sound = parts.scheme in ("https", "http") and parts.hostname and (parts.port is None or parts.port)
    except ValueError:  # a port that is no number
        sound = False
    if not sound or "@" in parts.netloc or parts.query or parts.fragment:
        raise BadInput("the API's address must be https://HOST or https://HOST/api/v3", "Look at GITHUB_API_URL.")
    return address


def _auth(
    repository: str, api_url: str, token: str, app_id: str, app_key: str, patience: Patience | None
) -> github.Auth.Auth:
    if app_id and app_key:
        app = github.Auth.AppAuth(app_id, app_key)
        try:
            data = Session(api_url, app, patience).get(f"/repos/{repository}/installation")
        except (Forbidden, NotFound) as error:
            raise Forbidden(f"the GitHub App {app_id} can't be used in {repository}: {error}", error.hint) from None
        except (PyJWTError, ValueError, TypeError) as error:  # from what signs: the text doesn't hold the key
            raise BadInput(f"the key of the GitHub App {app_id} can't be read: {type(error).__name__}") from None
        return github.Auth.AppInstallationAuth(app, payloads.read(payloads.Installation, data).id)
    if token:
        if not token.isascii() or not token.isprintable() or " " in token:  # an error about the header would show it
            raise BadInput("the token for GitHub has characters that no token has", "Look at GITHUB_TOKEN.")
        return github.Auth.Token(token)
    raise BadInput("there is no token for GitHub", "Set GITHUB_TOKEN, or an App's id and key.")
