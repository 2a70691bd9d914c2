"""Every method of the Forge against a GitHub that behaves like one, also where it fails halfway."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import responses
from cryptography.hazmat.primitives import serialization

from bot.diff.change import Side, Status
from bot.errors import Forbidden, ForgeError, NotFound, RateLimited, Refused
from bot.github.client import Patience
from bot.github.connect import connect
from bot.github.forge import GitHub as Forge
from bot.review.forge import Annotation, LineComment
from bot.review.pull import PullRequest
from bot.review.threads import PostedReview, Thread
from tests.fakes.github_server import GitHub, Pull, Repository
from tests.odd_repository import Entry, git, link, new_repository, program, submodule, write_commits

HASTE = Patience(first_wait=0, pace=0)
US = "github-actions[bot]"
LINES = "".join(f"line {number}\n" for number in range(1, 31))
BEFORE: dict[bytes, Entry | bytes] = {
    b"pay.py": LINES.encode(),
    b"old name.py": b"".join(b"kept %d\n" % number for number in range(20)),
    b"gone.py": b"one\ntwo\n",
    b"run.sh": b"echo hello\n",
    b"logo.png": b"\x89PNG\0\0one",
    b"docs/a#b?.md": b"# A\n",
    b"tool.sh": program(b"echo tool\n"),
    b"link.py": link(b"pay.py"),
    b"vendor": submodule("a" * 40),
    b"big.txt": b"0123456789abcdef\n" * 70_000,
    b"empty.txt": b"",
}
AFTER: dict[bytes, Entry | bytes] = {
    **BEFORE,
    b"pay.py": LINES.replace("line 5\n", "line five\n").replace("line 25\n", "").encode(),
    b"run.sh": program(b"echo hello\n"),
    b"logo.png": b"\x89PNG\0\0two",
    b"vendor": submodule("b" * 40),
    b"new name.py": BEFORE[b"old name.py"],
    b"new.py": b"Subproject commit " + b"c" * 40 + b"\nimport os\n",
    b"nothing.txt": b"",
    b"huge.txt": b"x\n" * 30_000,
    "grüße.py".encode(): b"print()\n",
}
del AFTER[b"old name.py"], AFTER[b"gone.py"]


@dataclass
class Shop:
    """acme/shop with a pull request of the branch topic."""

    hub: GitHub
    repo: Repository
    pull: Pull

    def forge(self, token: str = "", **permissions: Any) -> Forge:
        token = token or self.hub.token(**permissions)
        return connect("acme/shop", api_url=self.hub.api_url, token=token, patience=HASTE)

    def read(self) -> PullRequest:
        return self.forge().pull(self.pull.number)

    def push(self, tree: dict[bytes, Any], branch: str = "topic") -> str:
        """Another commit on the branch."""
        work = Path(self.hub._folder).parent / "work"
        write_commits(work, [("next", tree, branch, "more")])
        sha = git(work, "rev-parse", "next").decode().strip()
        (self.pull.head.repo or self.repo).bare.fetch(work, sha)
        (self.pull.head.repo or self.repo).move(branch, sha)
        return sha

    def asked(self, method: str, path: str) -> int:
        return sum(one.method == method and bool(re.search(path, one.path)) for one in self.hub.requests)


def open_shop(hub: GitHub, folder: Path, before: Any = BEFORE, after: Any = AFTER, **pull: Any) -> Shop:
    work = new_repository(folder / "work")
    write_commits(work, [("main", before, "", "base"), ("topic", after, "main", "topic")])
    git(work, "symbolic-ref", "HEAD", "refs/heads/main")
    hub.user("ann", "read")
    repo = hub.repository("acme/shop", source=work)
    return Shop(hub, repo, repo.pull("topic", **pull))


@pytest.fixture(params=["2026", "ghes"])
def shop(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Shop]:
    with GitHub(tmp_path, flavour=request.param) as hub:
        yield open_shop(hub, tmp_path)


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[GitHub]:
    with GitHub(tmp_path) as hub:
        yield hub


SMALL = {b"pay.py": BEFORE[b"pay.py"], b"tool.sh": BEFORE[b"tool.sh"], b".github/workflows/ci.yml": b"on: push\n"}
SMALLER = {**SMALL, b"pay.py": AFTER[b"pay.py"]}


@pytest.fixture
def small(tmp_path: Path, hub: GitHub) -> Shop:
    """On github.com, with one file changed: lines 2 to 8 and 22 to 28 can be commented on."""
    return open_shop(hub, tmp_path, SMALL, SMALLER)


# ------------------------------------------------------------------------------------------------------ pull requests


def test_a_pull_request_is_read(shop: Shop) -> None:
    shop.pull.label("bug", "help wanted")
    told = shop.read()
    assert (told.repository, told.number, told.title, told.state) == ("acme/shop", shop.pull.number, "A change", "open")
    assert (told.author, told.author_is_bot, told.labels) == ("ann", False, ("bug", "help wanted"))
    assert (told.base_ref, told.head_ref, told.head_repository) == ("main", "topic", "acme/shop")
    assert (told.base_sha, told.head_sha) == (shop.pull.base.sha, shop.pull.head.sha)
    assert (told.draft, told.locked, told.merged) == (False, False, False)
    assert told.files == len(shop.pull.files())
    assert told.url == f"{shop.hub.server_url}/acme/shop/pull/{told.number}"
    assert told.node_id == shop.pull.node_id


def test_a_pull_request_by_a_bot_says_so(small: Shop) -> None:
    small.pull.author = small.hub.person("renovate[bot]").login
    told = small.read()
    assert (told.author, told.author_is_bot) == ("renovate[bot]", True)


def test_a_pull_request_without_a_body_that_is_locked_and_merged(small: Shop) -> None:
    small.pull.body = None
    small.pull.lock()
    small.pull.merge()
    told = small.read()
    assert (told.body, told.locked, told.merged, told.state) == ("", True, True, "closed")


def test_a_fork_that_was_deleted_leaves_no_name(hub: GitHub, tmp_path: Path) -> None:
    shop = open_shop(hub, tmp_path, SMALL, SMALLER, fork="eve", author="eve", draft=True)
    assert (shop.read().head_repository, shop.read().draft) == ("eve/shop", True)
    shop.repo.delete_fork("eve")
    assert shop.read().head_repository == ""
    assert len(shop.forge().files(shop.pull.number).files) == 1


def test_a_pull_request_that_is_not_there_is_not_found(small: Shop) -> None:
    with pytest.raises(NotFound):
        small.forge().pull(404)


def test_a_repository_that_was_renamed_is_told_by_its_new_name(small: Shop) -> None:
    forge = small.forge()
    small.repo.rename("store")
    with pytest.raises(ForgeError, match="acme/shop is called acme/store now"):
        forge.pull(small.pull.number)


def test_the_name_of_a_repository_may_be_written_in_any_case(small: Shop) -> None:
    forge = connect("Acme/SHOP", api_url=small.hub.api_url, token=small.hub.token(), patience=HASTE)
    assert forge.pull(small.pull.number).head_ref == "topic"


def test_a_pull_request_is_found_by_its_head(hub: GitHub, tmp_path: Path) -> None:
    shop = open_shop(hub, tmp_path, SMALL, SMALLER, fork="eve", author="eve")
    forge, sha = shop.forge(), shop.pull.head.sha
    assert forge.pull_of("eve/shop", "topic", sha) == shop.pull.number
    assert forge.pull_of("acme/shop", "topic", sha) is None
    assert forge.pull_of("eve/shop", "other", sha) is None
    assert forge.pull_of("eve/shop", "topic", "a" * 40) is None
    shop.pull.close()
    assert forge.pull_of("eve/shop", "topic", sha) is None


# -------------------------------------------------------------------------------------------------------------- files


def test_every_kind_of_file_is_listed_as_what_it_is(shop: Shop) -> None:
    listing = shop.forge().files(shop.pull.number)
    files = {file.path: file for file in listing.files}
    assert listing.complete
    assert listing.unshown == {"huge.txt"}
    pay = files["pay.py"]
    assert (pay.status, pay.added, pay.removed, pay.hunks) == (Status.MODIFIED, 1, 2, 2)
    assert pay.patch.startswith(b"@@ -2,7 +2,7 @@")
    assert b"\n-line 5\n+line five\n" in pay.patch
    assert pay.patch.endswith(b" line 28\n")
    renamed = files["new name.py"]
    assert (renamed.status, renamed.old_path, renamed.binary, renamed.patch) == (
        Status.RENAMED,
        "old name.py",
        False,
        b"",
    )
    gone = files["gone.py"]
    assert (gone.status, gone.removed, gone.new_blob) == (Status.DELETED, 2, "")
    assert files["logo.png"].binary
    assert (files["nothing.txt"].status, files["nothing.txt"].binary) == (Status.ADDED, False)
    assert (files["run.sh"].hunks, files["run.sh"].problem) == (0, "")
    assert (files["vendor"].new_mode, files["vendor"].hunks) == ("160000", 1)
    assert (files["huge.txt"].added, files["huge.txt"].hunks) == (30_000, 0)
    assert "a checkout of the head brings them" in files["huge.txt"].problem
    assert "grüße.py" in files


def test_a_file_that_begins_like_a_submodule_is_still_read(small: Shop) -> None:
    """Else whoever doesn't want a file reviewed would begin it like this."""
    small.push({**SMALL, b"new.py": AFTER[b"new.py"], b"gone.py": b"Subproject commit of mine\n"})
    files = {file.path: file for file in small.forge().files(small.pull.number).files}
    assert {files[name].new_mode for name in ("new.py", "gone.py")} == {"100644"}


def test_files_come_over_several_pages(hub: GitHub, tmp_path: Path) -> None:
    many = {b"%03d.py" % number: b"%d\n" % number for number in range(120)}
    shop = open_shop(hub, tmp_path, SMALL, {**SMALL, **many})
    listing = shop.forge().files(shop.pull.number)
    assert [file.path for file in listing.files] == sorted(path.decode() for path in many)
    assert (listing.complete, shop.asked("GET", "/files$")) == (True, 2)


def test_more_files_than_github_lists_are_told_as_incomplete(hub: GitHub, tmp_path: Path) -> None:
    many = {b"d/%04d.py" % number: b"%d\n" % number for number in range(3_001)}
    shop = open_shop(hub, tmp_path, SMALL, {**SMALL, **many})
    listing = shop.forge().files(shop.pull.number)
    assert (len(listing.files), listing.complete) == (3_000, False)


# -------------------------------------------------------------------------------------------------- comparing, contents


def test_two_commits_are_compared(small: Shop) -> None:
    forge, base, head = small.forge(), small.pull.base.sha, small.pull.head.sha
    ahead = forge.compare(base, head)
    assert (ahead.merge_base, ahead.ahead, [file.path for file in ahead.listing.files]) == (base, True, ["pay.py"])
    same = forge.compare(head, head)
    assert (same.merge_base, same.ahead, same.listing.files) == (head, True, ())
    assert not forge.compare(head, base).ahead
    main = small.push({**SMALL, b"other.py": b"1\n"}, "main")
    diverged = forge.compare(main, head)
    assert (diverged.merge_base, diverged.ahead) == (base, False)
    with pytest.raises(NotFound):
        forge.compare("f" * 40, head)


def test_a_comparison_of_too_many_files_is_incomplete(hub: GitHub, tmp_path: Path) -> None:
    shop = open_shop(
        hub, tmp_path, SMALL, {**SMALL, **{b"%03d.py" % number: b"%d\n" % number for number in range(301)}}
    )
    listing = shop.forge().compare(shop.pull.base.sha, shop.pull.head.sha).listing
    assert (len(listing.files), listing.complete) == (300, False)


def test_a_file_is_read_at_a_commit(shop: Shop) -> None:
    forge, base, head = shop.forge(), shop.pull.base.sha, shop.pull.head.sha
    assert forge.content("pay.py", base) == LINES.encode()
    assert forge.content("pay.py", head) == AFTER[b"pay.py"]
    assert forge.content("./docs/../pay.py", base) == LINES.encode()
    assert forge.content("docs/a#b?.md", base) == b"# A\n"
    assert forge.content("grüße.py", head) == b"print()\n"
    assert forge.content("tool.sh", head) == b"echo tool\n"
    assert forge.content("empty.txt", head) == b""


def test_a_file_above_one_megabyte_is_read_from_its_blob(shop: Shop) -> None:
    assert shop.forge().content("big.txt", shop.pull.head.sha) == BEFORE[b"big.txt"]


def test_what_is_no_regular_file_has_no_content(shop: Shop) -> None:
    for path in ("docs", "", ".", "nope.py", "docs/nope", "link.py", "logo.png/x", "caf\udce9"):
        assert shop.forge().content(path, shop.pull.head.sha) is None, path


def test_a_submodule_has_no_content() -> None:
    with responses.RequestsMock() as hub:
        told = {"type": "submodule", "path": "vendor", "sha": "b" * 40, "submodule_git_url": "https://github.com/a/b"}
        hub.get("https://api.github.com:443/repos/acme/shop/contents/vendor", json=told)
        assert connect("acme/shop", api_url="", token="ghs_x", patience=HASTE).content("vendor", "main") is None


def test_a_path_that_leads_out_is_not_asked_for(small: Shop) -> None:
    for path in ("../../shop/contents/pay.py", "/pay.py", "docs/../../x", ".."):
        assert small.forge().content(path, small.pull.head.sha) is None, path
    assert not small.hub.requests


# ------------------------------------------------------------------------------------------------------- conversation


def comment(line: int = 5, body: str = "why?", **more: Any) -> LineComment:
    return LineComment(**{"path": "pay.py", "side": Side.RIGHT, "start": None, "line": line, "body": body} | more)


def post(
    shop: Shop, *comments: LineComment, body: str = "Findings.\n\n<!-- run=1 -->", event: Any = "COMMENT"
) -> PostedReview:
    return shop.forge().post_review(shop.pull.number, shop.pull.head.sha, body, comments, event)


def threads(shop: Shop) -> tuple[Thread, ...]:
    return shop.forge().conversation(shop.pull.number).threads


def test_all_of_a_long_conversation_is_there_and_in_its_order(shop: Shop) -> None:
    for number in range(150):
        shop.pull.comment(f"comment {number}", by="ann")
    post(shop, *[comment(body=f"thread {number}") for number in range(60)])
    for number in range(40):
        shop.pull.threads[7].reply(f"reply {number}", by="maria")
    for number in range(170):
        shop.pull.threads[8].reply(f"reply {number}", by="maria")
    said = shop.forge().conversation(shop.pull.number)
    assert [one.body for one in said.comments] == [f"comment {number}" for number in range(150)]
    assert [thread.first.body for thread in said.threads] == [f"thread {number}" for number in range(60)]
    assert [one.body for one in said.threads[7].comments] == ["thread 7", *[f"reply {number}" for number in range(40)]]
    assert [one.body for one in said.threads[8].comments] == ["thread 8", *[f"reply {number}" for number in range(170)]]
    assert len(said.reviews) == 1 + 40 + 170
    assert (said.viewer, said.head) == (US, shop.pull.head.sha)


def test_a_conversation_tells_who_said_it_and_what_came_of_it(small: Shop) -> None:
    post(small, comment(body="ours"), comment(7, "a range", start=4), comment(25, "of old", side=Side.LEFT))
    first, second, _ = small.pull.threads
    first.comments[0].react("-1", by="maria")
    first.comments[0].react("-1", by="ann")
    first.comments[0].react("+1", by="bea")
    first.reply("no!", by="maria")
    second.resolve(by="maria")
    small.pull.comment("hello", by="renovate[bot]")
    said = small.forge().conversation(small.pull.number)
    one, two, three = said.threads
    assert (one.first.own, one.first.bot, one.first.author, one.own) == (True, True, "github-actions", True)
    assert (set(one.first.against), one.comments[1].own, one.comments[1].author) == ({"maria", "ann"}, False, "maria")
    assert (one.first.id, one.first.node) == (first.comments[0].id, first.comments[0].node_id)
    assert one.first.url.endswith(f"#discussion_r{first.comments[0].id}")
    assert (one.resolved, two.resolved, two.resolved_by) == (False, True, "maria")
    assert (two.start, two.line, two.side, two.outdated) == (4, 7, Side.RIGHT, False)
    assert (three.start, three.line, three.side) == (None, 25, Side.LEFT)
    assert (said.comments[0].bot, said.comments[0].own, said.comments[0].author) == (True, False, "renovate")
    assert (said.reviews[0].own, said.reviews[0].state, said.reviews[0].commit) == (
        True,
        "COMMENTED",
        small.pull.head.sha,
    )


def test_what_is_outdated_keeps_only_where_it_was(small: Shop) -> None:
    post(small, comment(7, start=4))
    small.push({**SMALL, b"pay.py": LINES.replace("line 5\n", "line 5!\n").replace("line 6\n", "line 6!\n").encode()})
    (thread,) = threads(small)
    assert (thread.outdated, thread.start, thread.line) == (True, None, None)
    assert (thread.original_start, thread.original_line) == (4, 7)


def test_our_pending_review_is_seen_and_others_are_not(small: Shop) -> None:
    small.pull.add_review("ours", US, small.pull.head.sha, "PENDING")
    small.pull.add_review("theirs", "maria", small.pull.head.sha, "PENDING")
    said = small.forge().conversation(small.pull.number)
    assert [(one.state, one.body, one.own) for one in said.reviews] == [("PENDING", "ours", True)]


def test_ids_beyond_32_bits_are_told_whole(small: Shop) -> None:
    """Those of comments are, on github.com; GraphQL's `databaseId` can't hold them."""
    small.hub._last_id = 3_500_000_000
    small.pull.comment("hello", by="ann")
    post(small, comment())
    said = small.forge().conversation(small.pull.number)
    assert said.comments[0].id == small.pull.comments[0].id > 2**31
    assert said.threads[0].first.id == small.pull.threads[0].comments[0].id > 2**31
    assert said.reviews[0].id == small.pull.reviews[0].id > 2**31


def test_a_conversation_that_is_not_there_is_not_found(small: Shop) -> None:
    with pytest.raises(NotFound):
        small.forge().conversation(404)


def test_a_conversation_is_asked_for_again_when_github_fails(small: Shop) -> None:
    small.hub.fail("POST", "/graphql", status=502, times=2)
    assert small.forge().conversation(small.pull.number).viewer == US


# --------------------------------------------------------------------------------------------------------- permission


def test_a_role_is_what_the_api_says(shop: Shop) -> None:
    shop.repo.private = True
    for role in ("admin", "maintain", "write", "triage", "read", "none"):
        shop.hub.user("bea", role)
        assert shop.forge().permission("bea") == role


def test_who_is_unknown_or_not_shown_may_nothing(small: Shop) -> None:
    forge = small.forge()
    assert forge.permission("nobody-at-all") == "none"
    small.hub.user("bea", "admin")
    small.hub.fail("GET", "/collaborators/bea/", status=403)
    assert forge.permission("bea") == "none"


def test_a_bots_name_can_be_asked_for(shop: Shop) -> None:
    shop.hub.user("renovate[bot]", "write")
    assert shop.forge().permission("renovate[bot]") == "write"


def test_a_name_that_leads_elsewhere_is_only_a_name(small: Shop) -> None:
    small.hub.user("maria", "admin")
    assert small.forge().permission("eve/../maria") == "none"
    assert small.forge().permission("maria/permission?x=") == "none"


def test_a_role_is_asked_for_once(small: Shop) -> None:
    forge = small.forge()
    assert [forge.permission("maria"), forge.permission("maria")] == ["write", "write"]
    assert small.asked("GET", "/permission$") == 1


def test_a_role_that_can_not_be_had_is_an_error_and_not_a_no(small: Shop) -> None:
    small.hub.fail("GET", "/permission$", status=502, times=9)
    with pytest.raises(ForgeError, match="502"):
        small.forge().permission("maria")


# ------------------------------------------------------------------------------------------------------------ reviews


def test_a_review_is_posted_with_its_comments(shop: Shop) -> None:
    posted = post(shop, comment(5), comment(7, "three lines", start=5), comment(25, "this was right", side=Side.LEFT))
    (review,) = shop.pull.reviews
    assert (posted.id, posted.node, posted.state, posted.own) == (review.id, review.node_id, "COMMENTED", True)
    assert (posted.commit, posted.body) == (shop.pull.head.sha, "Findings.\n\n<!-- run=1 -->")
    assert posted.url.endswith(f"#pullrequestreview-{review.id}")
    assert [(one.side, one.start_line, one.line) for one in shop.pull.threads] == [
        ("RIGHT", None, 5),
        ("RIGHT", 5, 7),
        ("LEFT", None, 25),
    ]


@pytest.mark.parametrize(
    ("event", "state"), [("APPROVE", "APPROVED"), ("REQUEST_CHANGES", "CHANGES_REQUESTED"), (None, "PENDING")]
)
def test_a_review_has_the_state_of_its_event(small: Shop, event: Any, state: str) -> None:
    assert post(small, comment(), event=event).state == state
    assert [review.state for review in small.pull.reviews] == [state]


def test_one_comment_outside_the_diff_refuses_all_of_them(shop: Shop) -> None:
    with pytest.raises(Refused) as caught:
        post(shop, comment(5), comment(15), comment(5, path="nope.py"))
    assert len(caught.value.problems) == 1
    assert (shop.pull.reviews, shop.pull.threads) == ([], [])


def test_ones_own_pull_request_is_not_approved(small: Shop) -> None:
    small.pull.author = US
    with pytest.raises(Refused) as caught:
        post(small, event="APPROVE")
    assert caught.value.problems == ("Can not approve your own pull request",)


def test_the_token_of_a_fork_may_not(small: Shop) -> None:
    with pytest.raises(Forbidden, match="Resource not accessible by integration"):
        small.forge(read_only=True).post_review(small.pull.number, small.pull.head.sha, "x", [], "COMMENT")


FAULTS: list[dict[str, Any]] = [{"status": 502}, {"status": 502, "html": False}, {"status": 503}, {"drop": True}]


@pytest.mark.parametrize("fault", FAULTS, ids=["HTML", "JSON", "503", "drop"])
@pytest.mark.parametrize("after", [True, False], ids=["done", "not done"])
@pytest.mark.parametrize("event", ["COMMENT", None])
def test_a_review_that_github_fails_at_is_there_once(
    small: Shop, fault: dict[str, Any], after: bool, event: Any
) -> None:
    small.hub.fail("POST", "/reviews$", after=after, **fault)
    posted = post(small, comment(), comment(6), event=event)
    (review,) = small.pull.reviews
    assert (posted.id, len(small.pull.threads)) == (review.id, 2)


def test_a_review_that_github_fails_at_every_time_is_there_at_most_once(small: Shop) -> None:
    small.hub.fail("POST", "/reviews$", status=502, times=9)
    with pytest.raises(ForgeError, match="502"):
        post(small, comment())
    assert small.pull.reviews == []


def test_a_review_is_not_taken_for_another_one(small: Shop) -> None:
    """Neither for one of an earlier run, nor for one without a body."""
    post(small, comment(), body="Findings.\n\n<!-- run=0 -->")
    small.pull.add_review("", "maria", small.pull.head.sha, "APPROVED")
    small.hub.fail("POST", "/reviews$", status=502, times=1)
    post(small, comment(6))
    small.hub.fail("POST", "/reviews$", status=502, times=1)
    post(small, comment(7), body="")
    assert [review.state for review in small.pull.reviews] == ["COMMENTED", "APPROVED", "COMMENTED", "COMMENTED"]
    assert [thread.line for thread in small.pull.threads] == [5, 6, 7]


def test_what_is_left_of_a_review_that_broke_off_is_removed_first(small: Shop) -> None:
    small.pull.add_review("half of it", US, small.pull.head.sha, "PENDING")
    small.pull.add_review("theirs", "maria", small.pull.head.sha, "PENDING")
    small.hub.fail("POST", "/reviews$", status=502)
    post(small, comment())
    assert [(review.author, review.state) for review in small.pull.reviews] == [("maria", "PENDING"), (US, "COMMENTED")]


def test_a_review_that_lost_its_comments_is_not_taken_for_whole(small: Shop) -> None:
    small.pull.add_review("Findings.\n\n<!-- run=1 -->", US, small.pull.head.sha, "COMMENTED")
    small.hub.fail("POST", "/reviews$", status=502)
    with pytest.raises(Refused, match="a part of the review only"):
        post(small, comment())


def test_a_list_that_lags_behind_does_not_make_a_second_review(small: Shop) -> None:
    small.hub.stale(1)
    small.hub.fail("POST", "/reviews$", status=502, after=True)
    post(small, comment())
    assert len(small.pull.reviews) == 1


def test_a_review_whose_comments_stay_hidden_is_not_made_a_second_time(small: Shop) -> None:
    small.hub.stale(2)
    small.hub.fail("POST", "/reviews$", status=502, after=True)
    with pytest.raises(Refused, match="a part of the review only"):
        post(small, comment())
    assert len(small.pull.reviews) == 1


def test_a_pending_review_is_dropped_and_one_that_is_gone_is_no_error(shop: Shop) -> None:
    pending = post(shop, comment(), event=None)
    forge = shop.forge()
    forge.drop_pending(shop.pull.number, pending)
    forge.drop_pending(shop.pull.number, pending)
    assert (shop.pull.reviews, shop.pull.threads) == ([], [])


def test_dropping_a_pending_review_survives_a_failure(small: Shop) -> None:
    pending = post(small, comment(), event=None)
    small.hub.fail("DELETE", "/reviews/", status=502, after=True)
    small.forge().drop_pending(small.pull.number, pending)
    assert small.pull.reviews == []


def test_a_review_that_was_submitted_is_not_dropped(small: Shop) -> None:
    with pytest.raises(Refused):
        small.forge().drop_pending(small.pull.number, post(small, comment()))
    assert len(small.pull.reviews) == 1


# ----------------------------------------------------------------------------------------- comments, reactions, threads


@pytest.mark.parametrize("after", [True, False])
def test_a_comment_is_said_once(small: Shop, after: bool) -> None:
    small.hub.fail("POST", "/comments$", status=502, after=after)
    said = small.forge().say(small.pull.number, "hello\r\nyou \n")
    assert [one.body for one in small.pull.comments] == ["hello\r\nyou \n"]
    assert (said.id, said.node, said.own, said.bot) == (
        small.pull.comments[0].id,
        small.pull.comments[0].node_id,
        True,
        True,
    )


def test_a_comment_is_said_once_although_the_list_lags_behind(small: Shop) -> None:
    small.hub.stale(2)
    small.hub.fail("POST", "/comments$", drop=True, after=True)
    small.forge().say(small.pull.number, "hello")
    assert len(small.pull.comments) == 1


def test_a_comment_too_long_is_refused_with_githubs_words(shop: Shop) -> None:
    with pytest.raises(Refused, match="maximum is 65536 characters"):
        shop.forge().say(shop.pull.number, "x" * 65_537)


def test_a_comment_is_edited_where_it_stands(shop: Shop) -> None:
    forge = shop.forge()
    forge.say(shop.pull.number, "one")
    post(shop, comment())
    said = forge.conversation(shop.pull.number)
    shop.hub.fail("PATCH", "/comments/", status=502, after=True, times=1)
    assert forge.edit(said.comments[0], "two").body == "two"
    assert forge.edit(said.threads[0].first, "three", "thread").body == "three"
    assert (shop.pull.comments[0].body, shop.pull.threads[0].comments[0].body) == ("two", "three")


@pytest.mark.parametrize(
    "fault", [None, {"status": 502, "after": True}, {"status": 502}, {"drop": True, "after": True}]
)
def test_a_reply_is_given_once_and_in_its_thread(small: Shop, fault: dict[str, Any] | None) -> None:
    post(small, comment(), comment(6))
    small.pull.threads[0].reply("fixed", by="ann")
    first, second = threads(small)
    if fault:
        small.hub.fail("POST", "/replies$", **fault)
    made = small.forge().reply(small.pull.number, second, "Thanks.")
    assert [one.body for one in small.pull.threads[1].comments] == ["why?", "Thanks."]
    assert [one.body for one in small.pull.threads[0].comments] == ["why?", "fixed"]
    assert made.id == small.pull.threads[1].comments[1].id
    assert first.node == small.pull.threads[0].node_id


def test_a_reaction_given_twice_is_there_once(shop: Shop) -> None:
    forge = shop.forge()
    said = forge.say(shop.pull.number, "hello")
    post(shop, comment())
    (thread,) = threads(shop)
    shop.hub.fail("POST", "/reactions$", status=502, after=True, times=1)
    for _ in range(2):
        forge.react(said.id, "comment", "eyes")
        forge.react(thread.first.id, "thread", "+1")
    assert [one.content for one in shop.pull.comments[0].reactions] == ["eyes"]
    assert [one.content for one in shop.pull.threads[0].comments[0].reactions] == ["+1"]


def test_a_thread_is_resolved_with_contents_write_and_else_forbidden(shop: Shop) -> None:
    post(shop, comment())
    (thread,) = threads(shop)
    with pytest.raises(Forbidden):
        shop.forge().resolve(thread)
    assert not shop.pull.threads[0].is_resolved
    shop.hub.fail("POST", "/graphql$", status=502, after=True, body="resolveReviewThread")
    shop.forge(contents="write").resolve(thread)
    assert shop.pull.threads[0].is_resolved


def test_a_thread_that_is_gone_is_not_found(small: Shop) -> None:
    post(small, comment())
    (thread,) = threads(small)
    small.pull.threads.clear()
    small.hub.nodes.pop(thread.node)
    with pytest.raises(NotFound):
        small.forge(contents="write").resolve(thread)


def test_a_locked_conversation_is_forbidden(small: Shop) -> None:
    small.pull.lock()
    with pytest.raises(Forbidden):
        small.forge(read_only=True).say(small.pull.number, "hello")


# ------------------------------------------------------------------------------------------------------------- checks


def notes(count: int) -> list[Annotation]:
    return [Annotation("pay.py", at, at, "warning", f"Finding {at}", "It breaks.") for at in range(1, count + 1)]


def check(shop: Shop, count: int = 120) -> str:
    return shop.forge().check(shop.pull.head.sha, "failure", "3 findings", "A summary.", notes(count))


@pytest.mark.parametrize("count", [0, 1, 50, 51, 120])
def test_a_check_run_gets_all_of_its_annotations(small: Shop, count: int) -> None:
    address = check(small, count)
    (run,) = small.pull.check_runs
    assert [one["title"] for one in run.annotations] == [f"Finding {at}" for at in range(1, count + 1)]
    assert (run.name, run.status, run.conclusion, run.title) == ("Patchwright", "completed", "failure", "3 findings")
    assert address.startswith(small.hub.server_url)


@pytest.mark.parametrize("after", [True, False])
@pytest.mark.parametrize(("method", "skip"), [("POST", 0), ("PATCH", 0), ("PATCH", 1)])
@pytest.mark.parametrize("fault", [{"status": 502}, {"drop": True}])
def test_no_annotation_is_lost_or_there_twice(small: Shop, method: str, skip: int, after: bool, fault: Any) -> None:
    small.hub.fail(method, "/check-runs", skip=skip, after=after, **fault)
    check(small)
    (run,) = small.pull.check_runs
    assert [one["title"] for one in run.annotations] == [f"Finding {at}" for at in range(1, 121)]


def test_a_check_run_is_not_taken_for_that_of_another_run(small: Shop) -> None:
    """Two jobs at once: the newer run hides the older one of its name from a list of the latest."""
    check(small, 1)
    small.hub.fail("POST", "/check-runs$", status=502, after=True)
    check(small, 2)
    assert [len(run.annotations) for run in small.pull.check_runs] == [1, 2]


def test_a_check_run_needs_its_permission(small: Shop) -> None:
    with pytest.raises(Forbidden):
        small.forge(checks="read").check(small.pull.head.sha, "success", "t", "s", [])
    with pytest.raises(Forbidden):
        small.forge(kind="user", login="maria").check(small.pull.head.sha, "success", "t", "s", [])


# ------------------------------------------------------------------------------------------------------------ commits


def commit(shop: Shop, files: dict[str, bytes], read: PullRequest | None = None, **more: str) -> str:
    forge = shop.forge(**{"contents": "write"} | more)
    return forge.commit(read or shop.read(), files, "Fix the guard", "Suggested in a review.")


def test_a_commit_is_made_on_the_head(shop: Shop) -> None:
    before = shop.pull.head.sha
    sha = commit(shop, {"pay.py": b"fixed\r\n\xff"})
    assert shop.pull.head.sha == sha
    assert shop.repo.bare.content(sha, "pay.py") == b"fixed\r\n\xff"
    made = shop.repo.bare.commit(sha)
    assert (made.parents, made.message) == ((before,), "Fix the guard\n\nSuggested in a review.")
    assert sha in shop.repo.verified


def test_a_commit_that_github_failed_at_is_made_once(small: Shop) -> None:
    before = small.pull.head.sha
    for fault in ({"status": 502}, {"drop": True}):
        small.hub.fail("POST", "/graphql$", after=True, body="createCommitOnBranch", **fault)
        sha = commit(small, {"pay.py": f"fixed {fault}\n".encode()})
        assert small.pull.head.sha == sha
    assert small.repo.bare.count(before, sha) == 2


def test_a_commit_is_made_once_although_the_branch_lags_behind(small: Shop) -> None:
    """GitHub refuses the second one, as the branch has moved: by the first."""
    before, small_read = small.pull.head.sha, small.read()
    small.hub.stale(4)
    small.hub.fail("POST", "/graphql$", after=True, body="createCommitOnBranch", status=502)
    sha = commit(small, {"pay.py": b"fixed\n"}, small_read)
    assert (small.pull.head.sha, small.repo.bare.count(before, sha)) == (sha, 1)


def test_a_head_that_has_moved_refuses_the_commit(shop: Shop) -> None:
    read = shop.read()
    moved = shop.push({**AFTER, b"more.py": b"1\n"})
    with pytest.raises(Refused, match="Expected branch to point to"):
        commit(shop, {"pay.py": b"fixed\n"}, read)
    assert shop.pull.head.sha == moved


def test_a_commit_of_somebody_else_is_not_taken_for_ours(small: Shop) -> None:
    read = small.read()
    small.hub.fail("POST", "/graphql$", body="createCommitOnBranch", status=502)
    moved = small.push({**SMALLER, b"more.py": b"1\n"})
    with pytest.raises(Refused):
        commit(small, {"pay.py": b"fixed\n"}, read)
    assert small.pull.head.sha == moved


def test_only_an_ordinary_file_that_is_there_is_committed_to(shop: Shop) -> None:
    before = shop.pull.head.sha
    for path in ("tool.sh", "link.py", "vendor", "docs", "nope.py", "../pay.py"):
        with pytest.raises(Refused, match="isn't an ordinary file"):
            commit(shop, {"pay.py": b"fixed\n", path: b"fixed\n"})
    assert shop.pull.head.sha == before


def test_a_commit_needs_contents_write_and_never_touches_a_workflow(small: Shop) -> None:
    with pytest.raises(Forbidden):
        commit(small, {"pay.py": b"fixed\n"}, contents="read")
    with pytest.raises(ForgeError, match="workflow"):
        commit(small, {".github/workflows/ci.yml": b"on: pull_request_target\n"})


def test_a_commit_to_a_fork_is_not_ours_to_make(hub: GitHub, tmp_path: Path) -> None:
    shop = open_shop(hub, tmp_path, SMALL, SMALLER, fork="eve", author="eve")
    with pytest.raises(ForgeError):
        commit(shop, {"pay.py": b"fixed\n"})


def test_a_file_that_a_cut_listing_leaves_out_is_not_called_odd(small: Shop) -> None:
    read = small.read()
    forge = connect("acme/shop", api_url="", token="ghs_x", patience=HASTE)
    with responses.RequestsMock() as hub:
        address = f"https://api.github.com:443/repos/acme/shop/git/trees/{read.head_sha}"
        hub.get(address, json={"sha": read.head_sha, "tree": [], "truncated": True})
        with pytest.raises(Refused, match="GitHub lists only a part of so large a repository"):
            forge.commit(read, {"pay.py": b"fixed\n"}, "Fix", "")


# ------------------------------------------------------------------------------------------------------------ dry runs


def test_a_dry_run_reads_and_tells_what_it_would_send(small: Shop) -> None:
    told: list[str] = []
    token = small.hub.token(contents="write")
    forge = connect("acme/shop", api_url=small.hub.api_url, token=token, patience=HASTE, dry_run=told.append)
    number, head = small.pull.number, small.pull.head.sha
    post(small, comment())
    said = forge.conversation(number)
    small.hub.requests.clear()
    forge.post_review(number, head, "Findings.", [comment(7, start=6)], "COMMENT")
    made = forge.say(number, "hello")
    forge.edit(made, "bye")
    forge.reply(number, said.threads[0], "Thanks.")
    forge.react(made.id, "comment", "eyes")
    forge.resolve(said.threads[0])
    forge.drop_pending(number, said.reviews[0])
    assert forge.check(head, "success", "t", "s", notes(60)) == ""
    assert forge.commit(forge.pull(number), {"pay.py": b"fixed\n"}, "Fix", "") == ""
    assert small.hub.writes == []
    assert told[0] == (
        f"POST /repos/acme/shop/pulls/{number}/reviews\n"
        "{\n"
        f'  "commit_id": "{head}",\n'
        '  "body": "Findings.",\n'
        '  "event": "COMMENT",\n'
        '  "comments": [\n'
        "    {\n"
        '      "path": "pay.py",\n'
        '      "body": "why?",\n'
        '      "line": 7,\n'
        '      "side": "RIGHT",\n'
        '      "start_line": 6,\n'
        '      "start_side": "RIGHT"\n'
        "    }\n"
        "  ]\n"
        "}"
    )
    assert [one.partition("\n")[0] for one in told[1:]] == [
        f"POST /repos/acme/shop/issues/{number}/comments",
        "PATCH /repos/acme/shop/issues/comments/0",
        f"POST /repos/acme/shop/pulls/{number}/comments/{said.threads[0].first.id}/replies",
        "POST /repos/acme/shop/issues/comments/0/reactions",
        "POST /graphql",
        f"DELETE /repos/acme/shop/pulls/{number}/reviews/{said.reviews[0].id}",
        "POST /repos/acme/shop/check-runs",
        "PATCH /repos/acme/shop/check-runs/0",
        "POST /graphql",
    ]
    assert base64.b64encode(b"fixed\n").decode() in told[-1]
    assert all(token not in one for one in told)


# ---------------------------------------------------------------------------------------------------------------- Apps


def test_an_app_signs_in_with_its_key(shop: Shop, app_key: str) -> None:
    private = serialization.load_pem_private_key(app_key.encode(), None)
    public = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    app = shop.hub.app("patchwright", key=public.decode(), permissions={"pull_requests": "write", "contents": "read"})
    forge = connect("acme/shop", api_url=shop.hub.api_url, app_id=str(app.id), app_key=app_key, patience=HASTE)
    forge.say(shop.pull.number, "hello")
    assert shop.pull.comments[0].author == "patchwright[bot]"
    said = forge.conversation(shop.pull.number)
    assert (said.viewer, said.comments[0].own) == ("patchwright[bot]", True)
    assert shop.asked("POST", "/access_tokens$") == 1
    with pytest.raises(Forbidden, match="can't be used in acme/shop"):
        connect("acme/shop", api_url=shop.hub.api_url, app_id="12", app_key=app_key, patience=HASTE)


# -------------------------------------------------------------------------------------------------------------- limits


def test_an_exhausted_quota_is_told_and_not_waited_for(small: Shop) -> None:
    small.hub.fail("POST", "/comments$", primary=1800)
    with pytest.raises(RateLimited) as caught:
        small.forge().say(small.pull.number, "hello")
    assert caught.value.seconds == pytest.approx(1800, abs=5)
    assert (small.pull.comments, small.asked("POST", "/comments$")) == ([], 1)


def test_a_write_too_soon_is_made_a_little_later(small: Shop) -> None:
    small.hub.fail("POST", "/comments$", secondary=True, retry_after=0)
    small.forge().say(small.pull.number, "hello")
    assert len(small.pull.comments) == 1


def test_a_token_that_expired_is_a_sentence(small: Shop) -> None:
    token = small.hub.token(expires_in=60)
    forge = small.forge(token)
    forge.say(small.pull.number, "one")
    small.hub.clock.advance(120)
    with pytest.raises(Forbidden, match="GitHub refuses the token"):
        forge.say(small.pull.number, "two")


def test_a_second_read_costs_nothing(small: Shop) -> None:
    forge = small.forge()
    forge.pull(small.pull.number)
    forge.pull(small.pull.number)
    forge.pull(small.pull.number)
    assert [one.status for one in small.hub.requests][-1] == 304
