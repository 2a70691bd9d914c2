"""A model server whose speed is set and whose answers are canned: to compare reviewers by what they make it compute.

    python benchmarks/simulated_server.py --port 8000 --prefill 8000 --decode 80 --streams 64

It prints {"base_url": ...} and serves until SIGTERM or Ctrl-C, then prints what all requests cost. `GET /stats` tells
that any time; `POST /reset` starts the count anew with a cold prefix cache, `POST /reset?keep_cache=1` with a warm one.
With `--instant` it takes no time at all, and with `--log FILE` each request it answers is a line of JSON at that
file's end.

It talks as vLLM does and takes its time as tests/fakes/physics.py says, but no GPU is behind it: the figures are tokens
and queues, not qualities. Where a request has a schema the answer keeps to it, about every other one with one item in
its lists, whose quote is the first line that the change adds. Otherwise it is YAML in the form that PR-Agent reads.
"""

from __future__ import annotations

import argparse
import json
import re
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # for tests.fakes, wherever this is started

from tests.fakes.http import Headers, HttpRequest
from tests.fakes.model_server import ChatRequest, ModelServer, Reply
from tests.fakes.physics import Physics, tokens_of

# With or without a line number before the sign: both are in use for showing a change to a model.
_ADDED = re.compile(r"^[ \t]*(\d+)?[ \t]*\+(?!\+\+ )[ \t]?(?=.*[A-Za-z])(.*\S)", re.MULTILINE)
_FILE = re.compile(r"^(?:## )?File: '?([^'\n]+?)'?$", re.MULTILINE)
_SUGGESTIONS = re.compile(r"^Below are (\d+) AI-generated code suggestions", re.MULTILINE)
_WORDS = "This value can be empty when the caller passes no rows, and then the next line fails for every request. "


@dataclass(frozen=True, slots=True)
class Seen:
    """What an answer can refer to: a file, a line that the change adds to it, and its number."""

    path: str
    line: str
    number: int
    defect: bool


class SimulatedServer(ModelServer):
    """A ModelServer that tells and forgets its totals."""

    def answer(self, request: HttpRequest) -> tuple[bytes, Headers]:
        match f"{request.method} {request.path}":
            case "GET /stats":
                return json.dumps(self.stats()).encode(), {"content-type": "application/json"}
            case "POST /reset":
                self.engine.reset(keep_cache="keep_cache=1" in request.query)
                return b"{}", {"content-type": "application/json"}
        return super().answer(request)

    def stats(self) -> dict[str, Any]:
        return asdict(self.totals)


def main(arguments: Sequence[str] | None = None) -> None:
    options = _options(arguments)
    physics = None if options.instant else Physics(options.prefill, options.decode, options.streams, options.block)
    server = SimulatedServer(
        lambda request: logged(reply(request, options.answer_tokens), request, options.log),
        model=options.model,
        any_model=options.any_model,
        context=options.context,
        physics=physics,
        port=options.port,
    )
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    with server:
        print(json.dumps({"base_url": server.base_url, "model": server.model}), flush=True)
        signal.sigwait({signal.SIGTERM, signal.SIGINT})
        print(json.dumps(server.stats()), flush=True)


def logged(said: Reply, request: ChatRequest, log: Path | None) -> Reply:
    """`said`, with the request at the end of `log`."""
    if log:
        with log.open("a", encoding="utf-8") as file:
            file.write(json.dumps(request.body) + "\n")
    return said


def reply(request: ChatRequest, tokens: int) -> Reply:
    """An answer of about that many tokens, which depends on nothing but the request."""
    seen = look(request)
    return instance(request.schema, seen, tokens) if request.schema else prose(request, seen, tokens)


def look(request: ChatRequest) -> Seen:
    """The system prompt is left out, for it may show examples of a change."""
    texts = [str(message.get("content")) for message in request.body["messages"] if message.get("role") == "user"]
    text = "\n".join(texts)
    added, file = _ADDED.search(text), _FILE.search(text)
    line, number = (added[2], int(added[1] or 1)) if added else ("", 1)
    return Seen(file[1] if file else "unknown", line, number, bool(added) and crc32(text.encode()) % 2 == 0)


def instance(schema: Mapping[str, Any], seen: Seen, tokens: int) -> Any:
    """A value that is valid against `schema`, if that has no patterns, formats or `not`. An item in each list makes it
    about as long as `tokens`; without, it is shorter, as a real model's answer is."""
    shown = json.dumps(schema)
    strings = max(1, shown.count('"string"') - shown.count('"enum"'))
    return _value(schema, "", schema.get("$defs", {}), seen, _words(tokens // strings))


def _value(schema: Mapping[str, Any], name: str, defs: Mapping[str, Any], seen: Seen, words: str) -> Any:
    if "$ref" in schema:
        schema = defs[schema["$ref"].rsplit("/", 1)[-1]]
    for key in ("anyOf", "oneOf", "allOf"):
        if key in schema:
            schema = {**schema, **schema[key][0]}
            return _value({k: v for k, v in schema.items() if k != key}, name, defs, seen, words)
    if "const" in schema or "enum" in schema:
        return schema["const"] if "const" in schema else schema["enum"][0]
    kind = schema.get("type", "object")
    match kind[0] if isinstance(kind, list) else kind:
        case "object":
            parts = schema.get("properties", {})
            return {part: _value(inner, part, defs, seen, words) for part, inner in parts.items()}
        case "array":
            least, most = schema.get("minItems", 0), schema.get("maxItems", 1)
            count = max(least, min(most, int(seen.defect)))
            return [_value(schema.get("items", {}), name, defs, seen, words) for _ in range(count)]
        case "string":
            return _string(schema, name, seen, words)
        case "integer" | "number":
            wish = seen.number if "line" in name else 1
            return max(schema.get("minimum", wish), min(wish, schema.get("maximum", wish)))
        case "boolean":
            return seen.defect
    return None


def _string(schema: Mapping[str, Any], name: str, seen: Seen, words: str) -> str:
    told = {"quote": seen.line, "path": seen.path, "file": seen.path}
    text = told.get(name, words)[: schema.get("maxLength", 10_000)]
    return text.ljust(schema.get("minLength", 0), ".")


def prose(request: ChatRequest, seen: Seen, tokens: int) -> str:
    """A YAML document in the form that PR-Agent asks for by its name. With a defect it is about as long as `tokens`."""
    frame = _yaml(request.prompt, seen, "")
    return _yaml(request.prompt, seen, _words(tokens - len(tokens_of(frame))))


def _yaml(prompt: str, seen: Seen, words: str) -> str:
    if "$PRCodeSuggestionsFeedback" in prompt:
        lines = _scores(prompt, seen, words)
    elif "$PRCodeSuggestions" in prompt:
        lines = _suggestions(seen, words)
    else:
        lines = _review(seen, words)
    return "\n".join(("```yaml", *lines, "```"))


def _review(seen: Seen, words: str) -> list[str]:
    head = ["review:", "  estimated_effort_to_review_[1-5]: 2", "  relevant_tests: |", "    No"]
    issue = ["  - relevant_file: |", f"      {seen.path}", "    issue_header: |", "      Possible Bug"]
    issue += [
        "    issue_content: |",
        f"      {words}",
        f"    start_line: {seen.number}",
        f"    end_line: {seen.number}",
    ]
    issues = ["  key_issues_to_review:", *issue] if seen.defect else ["  key_issues_to_review: []"]
    return [*head, *issues, "  security_concerns: |", "    No"]


def _suggestions(seen: Seen, words: str) -> list[str]:
    if not seen.defect:
        return ["code_suggestions: []"]
    lines = ["code_suggestions:", "- relevant_file: |", f"    {seen.path}", "  language: |", "    python"]
    lines += ["  existing_code: |", f"    {seen.line}", "  suggestion_content: |", f"    {words}"]
    lines += [
        "  improved_code: |",
        f"    {seen.line}  # checked",
        "  one_sentence_summary: |",
        "    Handle the empty case",
    ]
    return [*lines, "  label: |", "    possible issue"]


def _scores(prompt: str, seen: Seen, words: str) -> list[str]:
    """One for each of the suggestions that it is shown."""
    count = _SUGGESTIONS.search(prompt)
    lines = ["- suggestion_summary: |", "    Handle the empty case", "  relevant_file: |", f"    {seen.path}"]
    lines += [f"  relevant_lines_start: {seen.number}", f"  relevant_lines_end: {seen.number}", "  suggestion_score: 8"]
    return ["code_suggestions:", *[*lines, "  why: |", f"    {words}"] * int(count[1] if count else 1)]


def _words(tokens: int) -> str:
    count = max(8, tokens)
    return "".join(tokens_of(_WORDS * (count // 20 + 1))[:count]).strip()


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    speed = Physics()
    parser = argparse.ArgumentParser(description="A simulated OpenAI-compatible model server.")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--prefill", type=float, default=speed.prefill, help="prompt tokens a second, all together")
    parser.add_argument("--decode", type=float, default=speed.decode, help="output tokens a second, each request")
    parser.add_argument("--streams", type=int, default=speed.streams, help="requests at once")
    parser.add_argument("--block", type=int, default=speed.block, help="tokens in a block of the prefix cache")
    parser.add_argument("--instant", action="store_true", help="take no time, whatever the speeds say")
    parser.add_argument("--context", type=int, default=65_536, help="tokens of prompt and answer")
    parser.add_argument("--answer-tokens", type=int, default=150, help="tokens of an answer, roughly")
    parser.add_argument("--model", default="Qwen/Qwen3-Coder-30B-A3B-Instruct", help="the model's name")
    parser.add_argument("--any-model", action="store_true", help="take every model's name")
    parser.add_argument("--log", type=Path, metavar="FILE", help="append the requests to it")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
