"""What is to be said now, after all that was said before: nothing twice, nothing lost, nobody overruled."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.diff.change import Change, Failed, FileDiff, Hunk, Line, Side, Skipped, Status
from bot.diff.place import Place
from bot.pulls.anchors import Anchor, Grid, grid_of
from bot.pulls.markers import mark
from bot.pulls.plan import Inline, Plan, Row, keyed, moved_to_summary, plan
from bot.review.findings import Category, Cost, Coverage, Finding, Review, Severity, Suggestion
from bot.review.forge import Listing
from bot.review.mutes import Mute
from bot.review.threads import Comment, Thread
from tests.odd_repository import file_of, unhurried

ME = "patchwright[bot]"


def hunks(shift: int = 0) -> tuple[Hunk, ...]:
    """Lines 1 to 40 and 60 to 80, all new."""
    parts = [[Line(None, at + shift, f"line {at}") for at in lines] for lines in (range(1, 41), range(60, 81))]
    return tuple(Hunk(index, "", tuple(lines)) for index, lines in enumerate(parts))


FILES = (file_of(hunks()), file_of(hunks(), "g.py"))
GRID = grid_of(Listing(FILES))
SHIFTED = grid_of(Listing((file_of(hunks(500)), file_of(hunks(500), "g.py"))))
FINDING = Finding(
    path="f.py",
    place=Place(Side.RIGHT, 10, 12),
    severity=Severity.MEDIUM,
    category=Category.BUG,
    confidence=0.9,
    title="It breaks",
    body="It breaks here.",
    quote="line 10",
)


def at(start: int, end: int | None = None, **others: object) -> Finding:
    quote = f"line {start}"
    return (
        replace(FINDING, place=Place(Side.RIGHT, start, end or start), quote=quote)
        if not others
        else replace(
            replace(FINDING, place=Place(Side.RIGHT, start, end or start), quote=quote),
            **others,  # type: ignore[arg-type]
        )
    )


def review(
    *findings: Finding, shown: int = 99, skipped: tuple[Skipped, ...] = (), failed: tuple[Failed, ...] = ()
) -> Review:
    return Review(
        change=Change("b" * 40, "h" * 40, FILES),
        coverage=Coverage(2, 4, skipped, failed),
        findings=tuple(one for one in findings if one.place),
        unplaced=tuple(one for one in findings if not one.place),
        shown=min(shown, sum(bool(one.place) for one in findings)),
        summary="",
        cost=Cost("tiny", "vllm", 1, 1, 0, 1, 1.0),
    )


def said(finding: Finding, *, key: str = "", node: str = "", **others: object) -> Thread:
    """The Thread that a comment on `finding` has become."""
    key = key or finding.fingerprint
    told = {"key": key, "severity": finding.severity, "category": finding.category, "title": finding.title}
    place = finding.place or Place(Side.RIGHT, 1, 1)
    node = node or f"T-{key}"
    first = Comment(1, f"C-{node}", f"Words.\n\n{mark('finding', told)}", ME, own=True, url=f"https://x.example/{node}")
    start = place.start if place.start < place.end else None
    thread = Thread(node, finding.path, place.side, start, place.end, False, "", False, (first,))
    return replace(thread, **others)  # type: ignore[arg-type]


def outdated(finding: Finding, **others: object) -> Thread:
    return said(finding, start=None, line=None, outdated=True, **others)


def titles(rows: tuple[Row, ...] | tuple[Inline, ...]) -> list[str]:
    return [row.title if isinstance(row, Row) else row.row.title for row in rows]


# ------------------------------------------------------------------------------------- what a finding becomes


def test_news_on_lines_that_github_shows_is_a_line_comment():
    (one,) = plan(review(FINDING), (), GRID).inline
    assert (one.anchor, one.finding, one.clickable) == (Anchor(Side.RIGHT, 10, 12), FINDING, False)
    assert (one.row.key, one.row.title, one.row.path) == (FINDING.fingerprint, "It breaks", "f.py")


def test_what_the_configuration_mutes_is_counted_and_not_said():
    mutes = [Mute(path="g.py"), Mute(category=Category.BUG, reason="we know")]
    current = plan(review(FINDING, at(20, category=Category.DOCS)), (), GRID, mutes=mutes)
    assert [(one.row.category, one.reason) for one in current.silenced] == [("bug", "we know")]
    assert len(current.inline) == 1
    muted = plan(review(FINDING), [said(FINDING)], GRID, mutes=[Mute(fingerprint=FINDING.fingerprint)])
    assert [one.reason for one in muted.silenced] == ["muted by the configuration"]
    assert (muted.kept, muted.resolve) == ((), ())


def test_what_an_open_thread_holds_is_kept_as_a_row_that_leads_there():
    current = plan(review(FINDING), [said(FINDING)], GRID)
    assert current.inline == current.told == ()
    assert [row.url for row in current.kept] == [said(FINDING).first.url]


def test_what_a_person_resolved_isnt_said_again():
    current = plan(review(FINDING), [said(FINDING, resolved=True, resolved_by="maria")], GRID, viewer=ME)
    assert [one.reason for one in current.silenced] == ["resolved before"]
    assert current.standing == ()


def test_what_somebody_silenced_isnt_said_again():
    thread = said(FINDING)
    current = plan(review(FINDING), [thread], GRID, silent={thread.node})
    assert [one.reason for one in current.silenced] == ["silenced in its thread"]
    assert plan(review(), [thread], GRID, silent={thread.node}) == Plan()


@pytest.mark.parametrize("viewer", [ME, "patchwright"])
def test_what_we_resolved_ourselves_is_news_when_it_is_back(viewer: str):
    thread = outdated(FINDING, resolved=True, resolved_by=ME)
    assert titles(plan(review(FINDING), [thread], GRID, viewer=viewer).inline) == ["It breaks"]
    assert plan(review(FINDING), [thread], GRID, viewer="").inline == ()


def test_what_was_silenced_and_resolved_by_us_for_that_isnt_news():
    """That is what `/patchwright ignore` leaves behind."""
    thread = said(FINDING, resolved=True, resolved_by=ME)
    current = plan(review(FINDING), [thread], GRID, silent={thread.node}, viewer=ME)
    assert [one.reason for one in current.silenced] == ["silenced in its thread"]


@pytest.mark.parametrize(
    ("finding", "reason"),
    [
        (replace(FINDING, place=None, evidence=("not placed: no quote",)), "not placed: no quote"),
        (replace(FINDING, place=None), "the quoted code isn't part of the change"),
        (at(50), "its lines aren't in the part of the file that GitHub shows"),
        (replace(FINDING, path="h.py"), "GitHub doesn't count the file to this pull request"),
    ],
)
def test_what_has_no_line_on_github_is_told_in_the_summary_with_the_reason(finding: Finding, reason: str):
    current = plan(review(finding), (), GRID)
    assert [row.reason for row in current.told] == [reason]
    assert current.inline == ()


def test_beyond_the_budget_news_is_told():
    found = [at(line, title=str(line)) for line in (10, 20, 30, 61)]
    current = plan(review(*found, shown=3), (), GRID)
    assert (titles(current.inline), titles(current.told)) == (["10", "20", "30"], ["61"])
    assert current.told[0].reason == "below the comment budget"
    assert plan(review(*found, shown=0), (), GRID).inline == ()


def test_what_stands_already_takes_its_part_of_the_budget():
    """Else every run would bring as many comments again."""
    found = [at(line, title=str(line)) for line in (10, 20, 30, 61)]
    current = plan(review(*found, shown=2), [said(found[0])], GRID)
    assert (titles(current.kept), titles(current.inline), titles(current.told)) == (["10"], ["20"], ["30", "61"])


# --------------------------------------------------------------------------------- what becomes of open threads


def test_an_open_thread_that_nothing_matches_is_kept_while_its_lines_stand():
    current = plan(review(), [said(FINDING)], GRID)
    assert (titles(current.kept), current.resolve) == (["It breaks"], ())
    assert current.kept[0].place == Place(Side.RIGHT, 10, 12)


def test_an_open_thread_whose_lines_changed_is_resolved_once_they_were_read_again():
    thread = outdated(FINDING)
    assert plan(review(), [thread], GRID) == Plan(resolve=(thread,))


@pytest.mark.parametrize(
    "holes",
    [
        {"failed": (Failed("f.py", 1, "no answer"),)},
        {"skipped": (Skipped("f.py", 2, "unchanged since 0123456, which was reviewed"),)},
        {"skipped": (Skipped("f.py", 1, "too long"), Skipped("f.py", 1, "unchanged since 0123456"))},
    ],
)
def test_an_open_thread_is_kept_where_its_file_wasnt_read(holes: dict[str, tuple[Skipped, ...]]):
    current = plan(review(**holes), [outdated(FINDING)], GRID)  # type: ignore[arg-type]
    assert (titles(current.kept), current.resolve) == (["It breaks"], ())
    assert current.kept[0].place is None


def test_an_open_thread_on_a_file_that_is_gone_is_resolved():
    gone: FileDiff = replace(FILES[0], status=Status.DELETED)
    change = Change("b" * 40, "h" * 40, (gone,))
    deleted = replace(review(skipped=(Skipped("f.py", 2, "deleted"),)), change=change)
    assert plan(deleted, [outdated(FINDING)], GRID).resolve == (outdated(FINDING),)
    assert plan(review(), [outdated(replace(FINDING, path="h.py"))], GRID).kept == ()


def test_threads_of_others_and_threads_of_ours_without_a_mark_are_none_of_this():
    first = said(FINDING).first
    foreign = outdated(FINDING, comments=(replace(first, own=False, author="mallory"),))
    talk = outdated(FINDING, node="T2", comments=(replace(first, body="Words."),))
    empty = outdated(FINDING, node="T3", comments=())
    current = plan(review(FINDING), [foreign, talk, empty], GRID)
    assert (len(current.inline), current.kept, current.resolve) == (1, (), ())


def test_a_mark_with_nonsense_in_it_is_a_row_all_the_same():
    body = f"Words.\n\n{mark('finding', {'key': 7, 'severity': [], 'category': 'x', 'title': None})}"
    thread = said(FINDING, comments=(replace(said(FINDING).first, body=body),))
    (row,) = plan(review(), [thread], GRID).kept
    assert (row.severity, row.category) == (Severity.LOW, Category.BUG)


# -------------------------------------------------------------------------------------------- what is the same


def test_the_same_code_on_other_lines_in_other_words_is_the_same():
    moved = replace(FINDING, place=Place(Side.RIGHT, 70, 72), title="Other words", severity=Severity.HIGH)
    current = plan(review(moved), [said(FINDING)], GRID)
    assert (titles(current.kept), current.inline) == (["Other words"], ())


def test_the_same_kind_on_the_same_lines_is_the_same_though_its_quote_differs():
    requoted = replace(FINDING, quote="line 11", place=Place(Side.RIGHT, 12, 14))
    assert plan(review(requoted), [said(FINDING)], GRID).inline == ()


@pytest.mark.parametrize(
    "other",
    [at(13), at(11, category=Category.SECURITY), at(11, path="g.py"), at(11, place=Place(Side.LEFT, 11, 11))],
    ids=["next line", "other kind", "other file", "other side"],
)
def test_what_differs_in_place_or_kind_is_news(other: Finding):
    current = plan(review(other), [said(FINDING)], GRID)
    assert len(current.inline) + len(current.told) == 1


def test_findings_of_one_fingerprint_have_keys_of_their_own():
    twice = [replace(FINDING, place=Place(Side.RIGHT, line, line)) for line in (10, 20, 30)]
    print_ = FINDING.fingerprint
    assert [key for key, _ in keyed(twice)] == [print_, f"{print_}.2", f"{print_}.3"]
    threads = [said(one, key=key) for key, one in keyed(twice)]
    assert len(plan(review(*twice), threads, GRID).kept) == 3


def test_of_two_alike_the_one_that_is_left_keeps_its_own_thread():
    first, second = (replace(FINDING, place=Place(Side.RIGHT, line, line)) for line in (10, 20))
    threads = [outdated(first), said(second, key=f"{FINDING.fingerprint}.2")]
    current = plan(review(second), threads, GRID)
    assert [row.url for row in current.kept] == [threads[1].first.url]
    assert current.resolve == (threads[0],)


def test_one_more_of_a_kind_that_was_resolved_is_news_though_it_stands_above():
    above, settled = (replace(FINDING, place=Place(Side.RIGHT, line, line), title=str(line)) for line in (5, 20))
    current = plan(review(above, settled), [said(settled, resolved=True, resolved_by="maria")], GRID, viewer=ME)
    assert titles(current.inline) == ["5"]
    assert [one.row.title for one in current.silenced] == ["20"]


# ------------------------------------------------------------------------------------------------- suggestions


def suggesting(start: int, end: int, replacement: str = "x", **others: object) -> Finding:
    return at(start, end, suggestion=Suggestion(start, end, replacement), **others)


def test_a_suggestion_that_can_be_committed_stands_on_just_its_lines():
    (one,) = plan(review(replace(FINDING, suggestion=Suggestion(11, 11, "x"))), (), GRID).inline
    assert (one.anchor, one.clickable) == (Anchor(Side.RIGHT, 11, 11), True)


def test_of_suggestions_that_overlap_only_the_first_can_be_committed():
    found = (suggesting(10, 12), suggesting(12, 14), suggesting(15, 15), suggesting(10, 12, path="g.py"))
    assert [one.clickable for one in plan(review(*found), (), GRID).inline] == [True, False, True, True]


def test_a_suggestion_that_changes_nothing_is_a_comment_without_a_button():
    (one,) = plan(review(suggesting(10, 10, "line 10")), (), GRID).inline
    assert (one.anchor, one.clickable) == (Anchor(Side.RIGHT, 10, 10), False)


# ---------------------------------------------------------------------------------------- what is carried along


def test_a_row_of_an_earlier_summary_is_told_again_unless_it_was_found_anew():
    row = Row(
        FINDING.fingerprint, Severity.LOW, Category.BUG, "Earlier", "f.py", None, reason="below the comment budget"
    )
    other = replace(row, key="other")
    assert titles(plan(review(), (), GRID, carried=[row, other]).told) == ["Earlier", "Earlier"]
    for current in (
        plan(review(FINDING), (), GRID, carried=[row]),
        plan(review(), [said(FINDING)], GRID, carried=[row]),
    ):
        assert current.told == ()


def test_a_row_of_an_earlier_summary_is_muted_by_a_rule_that_came_since():
    row = Row(f"{FINDING.fingerprint}.2", Severity.LOW, Category.BUG, "Earlier", "f.py", None)
    for mute in (Mute(path="f.*"), Mute(category=Category.BUG), Mute(fingerprint=FINDING.fingerprint)):
        current = plan(review(), (), GRID, carried=[row], mutes=[mute])
        assert (len(current.silenced), current.told) == (1, ())


def test_what_github_refused_is_told_in_the_summary():
    current = plan(review(at(10), at(20), at(50)), (), GRID)
    moved = moved_to_summary(current, {current.inline[0].row.key: "GitHub takes no comment there"})
    assert [one.row.key for one in moved.inline] == [current.inline[1].row.key]
    assert moved.told[0].reason == "GitHub takes no comment there"
    assert len(moved.standing) == 3


# ---------------------------------------------------------------------------------------------------- always


@st.composite
def findings(draw: st.DrawFn) -> list[Finding]:
    """As a review has them: no two of a kind on the same lines, several of one fingerprint maybe."""
    found: list[Finding] = []
    for line in draw(st.lists(st.integers(1, 80), unique=True, max_size=8)):
        end = line + draw(st.integers(0, 3))
        one = Finding(
            path=draw(st.sampled_from(["f.py", "g.py", "h.py"])),
            place=draw(st.sampled_from([Place(Side.RIGHT, line, end)] * 5 + [None])),
            severity=draw(st.sampled_from(Severity)),
            category=draw(st.sampled_from([Category.BUG, Category.SECURITY])),
            confidence=0.9,
            title=draw(st.sampled_from(["It breaks", "It leaks", ""])),
            body="",
            quote=draw(st.sampled_from(["}", f"line {line}"])),
            suggestion=draw(st.none() | st.just(Suggestion(line, end, "x"))),
        )
        if not any(alike(one, other) for other in found):
            found.append(one)
    return found


def alike(one: Finding, other: Finding) -> bool:
    same = (one.path, one.category) == (other.path, other.category)
    if one.place is None or other.place is None:
        return same and one.place is other.place and one.fingerprint == other.fingerprint
    return same and one.place.start <= other.place.end and other.place.start <= one.place.end


def posted(current: Plan) -> list[Thread]:
    """The Threads that the line comments of a plan become."""
    threads = []
    for item in current.inline:
        spot = Place(item.anchor.side, item.anchor.start, item.anchor.end)
        threads.append(said(replace(item.finding, place=spot), key=item.row.key))
    return threads


@unhurried
@given(findings(), findings(), st.integers(0, 9), st.data())
def test_every_finding_lands_in_just_one_place(
    earlier: list[Finding], found: list[Finding], budget: int, data: st.DataObject
):
    threads = [
        replace(thread, resolved=data.draw(st.booleans()), resolved_by=data.draw(st.sampled_from(["maria", ME])))
        for thread in posted(plan(review(*earlier), (), GRID))
    ]
    silent = {thread.node for thread in threads if data.draw(st.integers(0, 4)) == 0}
    mutes = data.draw(st.sampled_from([[], [Mute(category=Category.SECURITY)], [Mute(path="g.py")]]))
    current = plan(review(*found, shown=budget), threads, GRID, silent=silent, mutes=mutes, viewer=ME)
    landed = Counter(
        [item.row.key for item in current.inline]
        + [row.key for row in current.told]
        + [item.row.key for item in current.silenced]
        + [row.key for row in current.kept if row.key in dict(keyed(found))]
    )
    ordered = [*(one for one in found if one.place), *(one for one in found if not one.place)]
    keys = {key for key, _ in keyed(ordered)}
    assert keys <= landed.keys()
    assert all(landed[row.key] == 1 for row in (*current.told, *(item.row for item in current.silenced)))
    assert len(current.inline) <= budget
    unheard = {thread.node for thread in threads if thread.resolved or thread.node in silent}
    assert not unheard & {thread.node for thread in current.resolve}
    clicked = [(item.row.path, item.finding.suggestion) for item in current.inline if item.clickable]
    lines = [(path, line) for path, one in clicked if one for line in range(one.start, one.end + 1)]
    assert len(lines) == len(set(lines))


@unhurried
@given(findings(), st.integers(0, 9), st.sampled_from(["same", "reworded", "shifted", "outdated"]))
def test_what_was_said_isnt_said_again(found: list[Finding], budget: int, since: str):
    first = plan(review(*found, shown=budget), (), GRID)
    threads = posted(first)
    grid: Grid = GRID
    if since == "reworded":
        found = [replace(one, title="Other words", body="Other.", severity=Severity.LOW) for one in found]
    if since == "shifted":
        found = [
            replace(one, place=one.place and Place(Side.RIGHT, one.place.start + 500, one.place.end + 500))
            for one in found
        ]
        grid = SHIFTED
    if since == "outdated":
        threads = [replace(thread, start=None, line=None, outdated=True) for thread in threads]
    again = plan(review(*found, shown=budget), threads, grid)
    assert again.inline == ()
    assert again.resolve == ()
    assert {row.url for row in again.kept} == {thread.first.url for thread in threads}
    if since == "same":
        assert {row.key for row in again.told} <= {row.key for row in first.told}
        assert len(again.standing) == len(first.standing)


@unhurried
@given(findings(), st.sampled_from(["resolved", "silenced", "both"]))
def test_what_people_settled_is_never_opened_again(found: list[Finding], how: str):
    first = plan(review(*found), (), GRID)
    by = ME if how == "both" else "maria"
    threads = [replace(one, resolved=how != "silenced", resolved_by=by) for one in posted(first)]
    silent = {thread.node for thread in threads} if how != "resolved" else set()
    again = plan(review(*found), threads, GRID, silent=silent, viewer=ME)
    assert (again.inline, again.kept, again.resolve) == ((), (), ())
    assert len(again.silenced) == len(first.inline)
    assert len(again.told) == len(first.told)
