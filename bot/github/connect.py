"""Credentials -> a Session. A token, or a GitHub App's key, which makes itself tokens for one repository."""

from __future__ import annotations

from collections.abc import Callable

import github

from bot.errors import BadInput, Forbidden, ForgeError
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
    auth = _auth(repository, api_url or API, token, app_id, app_key, patience)
    wire: Wire = Session(api_url or API, auth, patience)
    return GitHub(DryRun(wire, dry_run) if dry_run else wire, repository)


def _auth(
    repository: str, api_url: str, token: str, app_id: str, app_key: str, patience: Patience | None
) -> github.Auth.Auth:
    if app_id and app_key:
        app = github.Auth.AppAuth(app_id, app_key)
        try:
            data = Session(api_url, app, patience).get(f"/repos/{repository}/installation")
        except ForgeError as error:
            raise Forbidden(f"the GitHub App {app_id} can't be used in {repository}: {error}", error.hint) from None
        except (ValueError, TypeError) as error:  # from the library that signs, whose text doesn't hold the key
            raise BadInput(f"the key of the GitHub App {app_id} can't be read: {type(error).__name__}") from None
        return github.Auth.AppInstallationAuth(app, int(data["id"]))
    if token:
        return github.Auth.Token(token)
    raise BadInput("there is no token for GitHub", "Set GITHUB_TOKEN, or an App's id and key.")
