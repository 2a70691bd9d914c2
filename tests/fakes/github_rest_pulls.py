"""Pull requests themselves: their ends, files, commits, and what is asked of a new one."""

from __future__ import annotations

from tests.fakes.github_git import EMPTY_TREE
from tests.fakes.github_pull import Pull
from tests.fakes.github_repository import Repository
from tests.fakes.github_router import Answer, Call, Refused, invalid, missing, need_triage, problem, route
from tests.fakes.github_state import ACTIONS_BOT
from tests.fakes.github_text import check_body, check_title

_PULLS = "/repos/{owner}/{repo}/pulls"
_PULL = f"{_PULLS}/{{pull_number}}"
_MOST_LINES, _MOST_FILES, _LISTED_FILES = 20_000, 300, 3_000
_INSTEAD = "Consider using 'List pull requests files' API or locally cloning the repository instead."


@route("GET", _PULLS, needs="pull_requests:read")
def list_pulls(call: Call) -> Answer:
    state, asked = call.query.get("state", "open"), call.query
    found = [pull for pull in call.repo.pulls if state in (pull.state, "all")]
    if ":" in asked.get("head", ""):  # GitHub ignores a head without an owner
        found = [pull for pull in found if pull.head.label.lower() == asked["head"].lower()]
    if asked.get("base"):
        found = [pull for pull in found if pull.base.ref == asked["base"]]
    found.sort(key=lambda pull: pull.updated_at if asked.get("sort") == "updated" else pull.number)
    newest_first = asked.get("direction", "desc" if asked.get("sort", "created") == "created" else "asc") == "desc"
    return call.page(call.hub.seen(found[::-1] if newest_first else found), call.views.simple_pull)


@route("POST", _PULLS, needs="pull_requests:write", creates=True)
def create_pull(call: Call) -> Answer:
    repo, told = call.repo, call.body
    if call.login == ACTIONS_BOT and not repo.actions_may_create_pulls:
        raise Refused(403, "GitHub Actions is not permitted to create or approve pull requests.")
    check_title(told.get("title", ""), "PullRequest")
    check_body(told.get("body"), "PullRequest")
    home, head = _head(repo, told["head"])
    tip = call.hub.read_ref(home, f"refs/heads/{head}") if home else None
    base = repo.bare.refs().get(f"refs/heads/{told['base']}")
    if not tip or not base or home is None:
        field = "head" if base else "base"
        invalid(problem("PullRequest", field, "invalid"))
    _check_new(repo, home, head, told["base"], tip)
    pull = repo.open_pull(
        home, head, told["base"], call.login, told["title"], told.get("body"), draft=told.get("draft", False)
    )
    shown = call.views.pull(pull)
    return Answer(shown, 201, {"location": shown["url"]})


@route("GET", _PULL, needs="pull_requests:read")
def get_pull(call: Call) -> Answer:
    """`mergeable` is null until GitHub had the time to try."""
    pull = pull_of(call)
    for media in ("diff", "patch"):
        if f"vnd.github.{media}" in call.accept or f"vnd.github.v3.{media}" in call.accept:
            return _as_text(pull, media)
    mergeable = pull.mergeable if pull.mergeable_known else None
    pull.mergeable_known = pull.state == "open"
    return Answer(call.views.pull(pull, mergeable=mergeable))


@route("PATCH", _PULL, needs="pull_requests:write")
def update_pull(call: Call) -> Answer:
    pull, told = pull_of(call), call.body or {}
    need_triage(call, pull.author)
    if "title" in told:
        check_title(told["title"], "PullRequest")
        pull.title = told["title"]
    if "body" in told:
        check_body(told["body"], "PullRequest")
        pull.body = told["body"]
    if told.get("base", pull.base.ref) != pull.base.ref:
        tip = call.repo.bare.refs().get(f"refs/heads/{told['base']}") or invalid(
            problem("PullRequest", "base", "invalid")
        )
        pull.base.ref, pull.base.sha = told["base"], tip
        pull.refresh()
    if told.get("state") == "closed":
        pull.close()
    elif told.get("state") == "open" and pull.state == "closed":
        if pull.merged:
            invalid(problem("PullRequest", "state", "invalid", "state cannot be changed. The pull request was merged."))
        pull.reopen()
    pull.touch()
    return Answer(call.views.pull(pull, mergeable=None))


@route("GET", f"{_PULL}/files", needs="pull_requests:read")
def list_files(call: Call) -> Answer:
    pull = pull_of(call)
    home = pull.head.repo or pull.repo
    return call.page(call.views.files(home, pull.files()[:_LISTED_FILES], pull.head.sha), lambda row: row)


@route("GET", f"{_PULL}/commits", needs="pull_requests:read")
def list_commits(call: Call) -> Answer:
    pull = pull_of(call)
    return call.page(pull.commits[:250], lambda sha: call.views.commit(pull.repo, pull.repo.bare.commit(sha)))


@route("POST", f"{_PULL}/requested_reviewers", needs="pull_requests:write")
def request_reviewers(call: Call) -> Answer:
    pull = pull_of(call)
    need_triage(call)
    for login in (call.body or {}).get("reviewers", ()):
        user = call.hub.users.get(login.lower())
        if user is None or not (user.at_least("read") or user.login == call.repo.owner):
            says = "Reviews may only be requested from collaborators. One or more of the users or teams you specified"
            raise Refused(422, f"{says} is not a collaborator of the {call.repo.full_name} repository.")
        if login == pull.author:
            raise Refused(422, "Review cannot be requested from pull request author.")
        if user.login not in pull.requested:
            pull.requested.append(user.login)
    return Answer(call.views.simple_pull(pull), 201)


def pull_of(call: Call) -> Pull:
    found = call.repo.issues.get(call.number("pull_number"))
    return found if isinstance(found, Pull) else missing()


def _head(repo: Repository, head: str) -> tuple[Repository | None, str]:
    owner, colon, branch = head.partition(":")
    if not colon:
        return repo, head
    if owner.lower() == repo.owner.lower():
        return repo, branch
    return next((fork for name, fork in repo.forks.items() if name.lower() == owner.lower()), None), branch


def _check_new(repo: Repository, home: Repository, head: str, base: str, tip: str) -> None:
    for pull in repo.pulls:
        if (pull.state, pull.head.repo, pull.head.ref, pull.base.ref) == ("open", home, head, base):
            says = f"A pull request already exists for {home.owner}:{head}."
            invalid(problem("PullRequest", None, "custom", says))
    if home is not repo:
        repo.bare.fetch(home.bare.path, tip)
    below = repo.bare.refs()[f"refs/heads/{base}"]
    if repo.bare.merge_base(below, tip) is None:
        says = f"The {head} branch has no history in common with {base}"
        invalid(problem("PullRequest", None, "custom", says))
    if not repo.bare.count(below, tip):
        says = f"No commits between {base if home is repo else f'{repo.owner}:{base}'} and "
        invalid(problem("PullRequest", None, "custom", says + (head if home is repo else f"{home.owner}:{head}")))


def _as_text(pull: Pull, media: str) -> Answer:
    bare, base = pull.repo.bare, pull.merge_base or EMPTY_TREE
    if len(pull.files()) > _MOST_FILES:
        _too_large(f"files ({_MOST_FILES})")
    text = bare.diff(base, pull.head.sha)
    if text.count(b"\n") > _MOST_LINES:
        _too_large(f"lines ({_MOST_LINES})")
    if media == "patch":
        text = bare.raw("format-patch", "--stdout", f"{base}..{pull.head.sha}")
    return Answer(text, headers={"content-type": f"application/vnd.github.{media}; charset=utf-8"})


def _too_large(what: str) -> None:
    says = f"Sorry, the diff exceeded the maximum number of {what}."
    if what.startswith("files"):
        says = f"{says} {_INSTEAD}"
    elif what.startswith("lines"):
        says = says.removesuffix(".")
    raise Refused(406, says, [{"resource": "PullRequest", "field": "diff", "code": "too_large"}])
