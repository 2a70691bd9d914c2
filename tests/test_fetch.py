"""Commits by git over HTTP: what comes, where the token is and isn't, and that a repository's words start nothing."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.errors import BadInput
from bot.fetch import fetch, temporary
from bot.worktree import WorkTree
from tests.example import PAY, commit, git
from tests.fakes.github_server import GitHub
from tests.fakes.http import Connection, HttpRequest, HttpServer

ENVIRONMENT = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "XDG_CONFIG_HOME": "/nonexistent"}


class Elsewhere(HttpServer):
    """A server that is not GitHub. It answers like one that has git repositories, or with `answer`."""

    def __init__(self, answer: tuple[int, dict[str, str]] | None = None) -> None:
        super().__init__()
        self.answer = answer

    async def respond(self, request: HttpRequest, to: Connection) -> None:
        kind = {"content-type": "application/x-git-upload-pack-advertisement"}
        if self.answer:
            to.answer(self.answer[0], b"", self.answer[1])
        elif request.method == "POST":
            kind = {"content-type": "application/x-git-upload-pack-result"}
            to.answer(200, _packets(b"ERR upload-pack: not our ref " + b"f" * 40), kind)
        else:
            lines = (b"version 2\n", b"agent=git/2\n", b"ls-refs\n", b"fetch=shallow\n", b"object-format=sha1\n")
            to.answer(200, b"001e# service=git-upload-pack\n0000" + _packets(*lines) + b"0000", kind)

    @property
    def told(self) -> str:
        return "".join(f"{one.path} {one.headers} {one.body!r}\n" for one in self.received)


def _packets(*lines: bytes) -> bytes:
    return b"".join(b"%04x%s" % (len(line) + 4, line) for line in lines)


class Watching(GitHub):
    """With every request, it looks at what /proc shows of all processes."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.seen: set[str] = set()

    async def respond(self, request: HttpRequest, to: Connection) -> None:
        self._look()
        await super().respond(request, to)

    def _look(self) -> None:
        for file in Path("/proc").glob("[0-9]*/cmdline"):
            with suppress(OSError):  # it has ended
                self.seen.add(file.read_bytes().replace(b"\0", b" ").decode(errors="replace"))


@dataclass
class Server:
    """acme/shop, private, with a branch that nobody's clone has; `token` may read it."""

    hub: Watching
    work: Path
    token: str
    base: str
    head: str

    @property
    def address(self) -> str:
        return f"{self.hub.server_url}/acme/shop.git"

    @property
    def secrets(self) -> tuple[str, str]:
        return self.token, base64.b64encode(f"x-access-token:{self.token}".encode()).decode()


@pytest.fixture
def server(tmp_path: Path, repo: Path) -> Iterator[Server]:
    with Watching(tmp_path) as hub:
        there = hub.repository("acme/shop", source=repo, private=True)
        pushed = tmp_path / "pushed"
        shutil.copytree(repo, pushed)
        head = commit(pushed, {"shop/pay.py": PAY + "# more\n"}, "more")
        there.push("topic", pushed)
        yield Server(hub, repo, hub.token(), git(repo, "rev-parse", "topic"), head)


def tree(path: Path, **environment: str) -> WorkTree:
    return WorkTree(path, ENVIRONMENT | environment)


def settings(repository: Path) -> str:
    return (repository / ".git" / "config").read_text()


@contextmanager
def configured(repository: Path, lines: Sequence[tuple[str, str]]) -> Iterator[None]:
    """The repository's own configuration says this too, for as long as the block runs."""
    before = settings(repository)
    for key, value in lines:
        git(repository, "config", "--add", key, value)
    yield
    (repository / ".git" / "config").write_text(before)


# ---------------------------------------------------------------------------------------------------------- what comes


def test_a_full_clone_gets_the_commit_with_its_history_and_nothing_else(server: Server) -> None:
    before = git(server.work, "for-each-ref"), settings(server.work), git(server.work, "status", "--porcelain")
    fetch(tree(server.work), server.address, [server.base, server.head], server.token)
    assert tree(server.work).has(server.head)
    assert tree(server.work).merge_base(server.base, server.head) == server.base
    assert (
        git(server.work, "for-each-ref"),
        settings(server.work),
        git(server.work, "status", "--porcelain"),
    ) == before
    assert not (server.work / ".git" / "FETCH_HEAD").exists()
    assert not (server.work / ".git" / "shallow").exists()


def test_a_shallow_clone_gets_the_commits_and_keeps_the_history_that_it_has(server: Server, tmp_path: Path) -> None:
    for number in range(4):
        commit(server.work, {"greet.py": f"# {number}\n"}, str(number))
    shallow = tmp_path / "shallow"
    git(tmp_path, "clone", "--quiet", "--depth=3", f"file://{server.work}", str(shallow))
    had = git(shallow, "rev-list", "HEAD")
    fetch(tree(shallow), server.address, [server.base, server.head], server.token)
    assert tree(shallow).has(server.base, server.head)
    assert [file.path for file in tree(shallow).between(server.base, server.head).files] == ["shop/pay.py"]
    assert git(shallow, "rev-list", "HEAD") == had
    git(shallow, "fsck", "--connectivity-only")


def test_a_temporary_repository_has_just_the_commits_and_is_gone_afterwards(server: Server) -> None:
    with temporary(ENVIRONMENT, server.address, [server.base, server.head], server.token) as made:
        assert made.has(server.base, server.head)
        assert made.file_at(server.head, "shop/pay.py") == (PAY + "# more\n").encode()
        assert made.git("rev-list", server.head).split() == [server.head.encode()]
        folder = made.root
    assert not folder.exists()


def test_a_commit_that_the_server_has_not_is_a_sentence(repo: Path) -> None:
    with Elsewhere() as server, pytest.raises(BadInput) as caught:
        fetch(tree(repo), f"{server.root}/acme/shop", ["f" * 40], "")
    why = f"remote error: upload-pack: not our ref {'f' * 40}"
    assert str(caught.value) == f"nothing can be fetched from {server.root}/acme/shop: {why}"
    assert caught.value.hint == "May the token read it?"


@pytest.mark.parametrize("commit", ["main", "+refs/heads/topic:refs/heads/main", "--upload-pack=touch x", "", "f" * 39])
def test_only_whole_commit_ids_are_fetched(server: Server, commit: str) -> None:
    with pytest.raises(BadInput, match="by their whole ids"):
        fetch(tree(server.work), server.address, [commit], server.token)
    assert not server.hub.requests


@pytest.mark.parametrize(
    "address",
    ["ext::sh -c 'touch x'", "file:///tmp", "/tmp", "git@github.com:a/b", "https://me:pw@github.com/a/b", "ssh://x/y"],
)
def test_only_http_without_a_user_is_fetched_from(server: Server, address: str) -> None:
    with pytest.raises(BadInput, match="the server's address must be https://HOST") as caught:
        fetch(tree(server.work), address, [server.head], server.token)
    assert "pw" not in str(caught.value)


# ----------------------------------------------------------------------------------------------------------- the token


@pytest.mark.parametrize("token", ["ghs_wrong", ""])
def test_a_wrong_token_is_one_sentence_without_it(server: Server, token: str) -> None:
    with pytest.raises(BadInput, match=r"^nothing can be fetched from http://") as caught:
        fetch(tree(server.work), server.address, [server.head], token)
    told = f"{caught.value} {caught.value!r} {caught.value.__cause__!r}"
    assert "\n" not in str(caught.value)
    assert "ghs_wrong" not in told
    assert base64.b64encode(b"x-access-token:ghs_wrong").decode() not in told


def test_the_token_is_in_no_argument_and_in_one_variable(server: Server, tmp_path: Path) -> None:
    """A `git` before git on the PATH writes down what it is started with."""
    (tmp_path / "bin").mkdir()
    script = tmp_path / "bin" / "git"
    script.write_text(f'#!/bin/sh\n(echo "argv: $*"; env) >> {tmp_path}/log\nexec {shutil.which("git")} "$@"\n')
    script.chmod(0o755)
    fetch(tree(server.work, PATH=f"{tmp_path}/bin:{os.environ['PATH']}"), server.address, [server.head], server.token)
    lines = (tmp_path / "log").read_text().splitlines()
    holding = [line for line in lines if any(secret in line for secret in server.secrets)]
    assert [line.partition("=")[0] for line in holding] == ["GIT_CONFIG_VALUE_4"]
    assert any(line.startswith("argv: ") and " fetch " in line for line in lines)


def test_the_token_is_in_no_argument_of_what_git_starts(server: Server) -> None:
    fetch(tree(server.work), server.address, [server.head], server.token)
    assert any("remote-http" in line for line in server.hub.seen)
    assert not [line for line in server.hub.seen if any(secret in line for secret in server.secrets)]


def test_the_token_stays_in_no_file(server: Server) -> None:
    fetch(tree(server.work), server.address, [server.head], server.token)
    for file in (server.work / ".git").rglob("*"):
        if file.is_file():
            assert not any(secret.encode() in file.read_bytes() for secret in server.secrets), file


@pytest.mark.parametrize("where", ["http.extraheader", "http.{root}/.extraheader", "http.{address}.extraheader"])
def test_a_header_that_checkout_left_behind_is_not_sent_with_ours(server: Server, where: str) -> None:
    old = base64.b64encode(b"x-access-token:ghs_old").decode()
    key = where.format(root=server.hub.server_url, address=server.address)
    git(server.work, "config", key, f"AUTHORIZATION: basic {old}")
    fetch(tree(server.work), server.address, [server.head], server.token)
    told = [one.headers for one in server.hub.received]
    assert {one["authorization"] for one in told} == {f"Basic {server.secrets[1]}"}
    assert old not in str(told)


def test_without_a_token_what_checkout_left_behind_is_used(server: Server) -> None:
    git(
        server.work, "config", f"http.{server.hub.server_url}/.extraheader", f"AUTHORIZATION: basic {server.secrets[1]}"
    )
    fetch(tree(server.work), server.address, [server.head], "")
    assert tree(server.work).has(server.head)


# --------------------------------------------------------------------------------------- where the token doesn't go


@pytest.mark.parametrize("status", [301, 302, 307])
def test_a_redirect_to_another_server_is_not_followed(server: Server, status: int) -> None:
    """git would ask there without the token first, and then with it."""
    with Elsewhere() as other:
        where = f"{other.root}/acme/shop.git/info/refs?service=git-upload-pack"
        with Elsewhere((status, {"location": where})) as first, pytest.raises(BadInput):
            fetch(tree(server.work), f"{first.root}/acme/shop.git", [server.head], server.token)
    assert first.received
    assert not other.received


def test_a_configuration_that_points_elsewhere_brings_the_token_nowhere(server: Server) -> None:
    with Elsewhere() as other:
        partial = [("core.repositoryFormatVersion", "1"), ("extensions.partialClone", "origin")]
        elsewhere = {
            "an address in place of another": [(f"url.{other.root}/.insteadOf", f"{server.hub.server_url}/")],
            "a remote of this name": [(f"remote.{server.address}.url", f"{other.root}/acme/shop.git")],
            "a promisor": [*partial, ("remote.origin.url", f"{other.root}/x"), ("remote.origin.promisor", "true")],
        }
        for lines in elsewhere.values():
            with configured(server.work, lines), suppress(BadInput):
                fetch(tree(server.work), server.address, [server.head], server.token)
        assert other.received
    assert not any(secret in other.told for secret in server.secrets)


# ---------------------------------------------------------------------------------------------- nothing is executed


def traps(server: Server, mark: Path) -> dict[str, list[tuple[str, str]]]:
    script = mark.with_name("trap.sh")
    script.write_text(f"#!/bin/sh\ntouch {mark}\necho trap\n")
    script.chmod(0o755)
    for name in ("reference-transaction", "post-checkout", "pre-auto-gc", "post-rewrite", "fsmonitor-watchman"):
        shutil.copy(script, server.work / ".git" / "hooks" / name)
    hooks = mark.with_name("hooks")
    shutil.copytree(server.work / ".git" / "hooks", hooks)
    ext = f"ext::sh -c touch% {mark}"
    partial = [
        ("core.repositoryFormatVersion", "1"),
        ("extensions.partialClone", "origin"),
        ("remote.origin.promisor", "true"),
    ]
    return {
        "hooks": [("core.hooksPath", str(hooks))],
        "a credential helper": [("credential.helper", f"!{script}")],
        "a credential helper for the server": [(f"credential.{server.hub.server_url}.helper", f"!{script}")],
        "a credential helper for the address": [(f"credential.{server.address}.helper", f"!{script}")],
        "a question for the password": [("core.askPass", str(script))],
        "an address in place of another": [(f"url.{ext}.insteadOf", server.address)],
        "a remote helper": [(f"remote.{server.address}.vcs", "ext"), (f"remote.{server.address}.url", ext)],
        "a remote of this name": [(f"remote.{server.address}.url", ext)],
        "a promisor": [*partial, ("remote.origin.url", ext)],
        "a promisor over ssh": [*partial, ("remote.origin.url", "ssh://x/y"), ("core.sshCommand", str(script))],
        "a proxy command": [("core.gitProxy", str(script))],
        "a monitor": [("core.fsmonitor", str(script))],
        "a pager and an editor": [("core.pager", str(script)), ("core.editor", str(script))],
        "upload-pack": [(f"remote.{server.address}.uploadpack", str(script))],
        "an alternate's command": [("core.alternateRefsCommand", str(script))],
        "submodules": [("fetch.recurseSubmodules", "true"), ("submodule.x.update", f"!{script}")],
    }


@pytest.mark.parametrize("token", ["right", "wrong"])
def test_what_the_configuration_of_a_repository_names_is_not_started(
    server: Server, tmp_path: Path, token: str
) -> None:
    mark = tmp_path / "mark"
    for name, lines in traps(server, mark).items():
        with configured(server.work, lines), suppress(BadInput):
            fetch(tree(server.work), server.address, [server.head], server.token if token == "right" else "ghs_wrong")
        assert not mark.exists(), name


def test_git_as_it_is_starts_them(server: Server, tmp_path: Path) -> None:
    """Else the test above would look at nothing."""
    mark = tmp_path / "mark"
    found = traps(server, mark)
    header = f"http.extraHeader=Authorization: Basic {server.secrets[1]}"
    for name, options in (
        ("hooks", ["-c", header]),
        ("a credential helper", []),
        ("a question for the password", []),
        ("an address in place of another", ["-c", "protocol.ext.allow=always"]),
    ):
        with configured(server.work, found[name]):
            asked = ["git", *options, "fetch", "--quiet", server.address, "main:refs/heads/new"]
            quiet = ENVIRONMENT | {"GIT_TERMINAL_PROMPT": "0"}
            subprocess.run(asked, cwd=server.work, env=quiet, capture_output=True, check=False)
        assert mark.exists(), name
        mark.unlink()


# ------------------------------------------------------------------------------------------------------------ networks


def test_the_proxy_of_the_environment_is_used(server: Server) -> None:
    with Elsewhere((502, {})) as proxy, pytest.raises(BadInput):
        fetch(tree(server.work, http_proxy=proxy.root), server.address, [server.head], server.token)
    assert proxy.received


def test_no_variable_of_git_points_the_fetch_elsewhere(server: Server, tmp_path: Path) -> None:
    odd = {
        "GIT_DIR": str(tmp_path / "nowhere"),
        "GIT_SSH_COMMAND": "false",
        "GIT_CONFIG_COUNT": "99",
        "GIT_ASKPASS": "false",
    }
    fetch(tree(server.work, **odd), server.address, [server.head], server.token)
    assert tree(server.work).has(server.head)
