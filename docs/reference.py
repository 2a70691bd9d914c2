"""Write into the docs what the code knows: help, configuration, commands, the action. `--check` only compares.

A block stands between `<!-- NAME -->` and `<!-- end of NAME -->`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import click
import yaml

from bot.cli import commands
from bot.config import Settings
from bot.converse.commands import help_text
from bot.review.mutes import Mute
from bot.review.skips import SkipRules

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    stale = [name for name, (path, write) in BLOCKS.items() if not _update(path, name, write())]
    if "--check" in sys.argv and stale:
        sys.stdout.write(f"not up to date: {', '.join(stale)}; run docs/reference.py\n")
        return 1
    return 0


def _update(path: Path, name: str, text: str) -> bool:
    """Whether the block was right already; it is now, unless `--check` was asked for."""
    page = path.read_text("utf-8")
    opening, closing = f"<!-- {name} -->\n", f"<!-- end of {name} -->\n"
    before, _, rest = page.partition(opening)
    after = rest.partition(closing)[2]
    new = f"{before}{opening}{text}{closing}{after}"
    if new != page and "--check" not in sys.argv:
        path.write_text(new, "utf-8")
    return new == page


def _help() -> str:
    parent = click.Context(commands, info_name="patchwright", terminal_width=110, **commands.context_settings)
    told = commands.commands["review"].get_help(click.Context(commands.commands["review"], parent, "review"))
    return f"```text\n{told}\n```\n"


def _configuration() -> str:
    """The keys of the file, with those below `skip` and in each entry of `mute`."""
    rows = ["| key | default | meaning |", "|---|---|---|"]
    for model, prefix in ((Settings, ""), (SkipRules, "skip."), (Mute, "mute[].")):
        for name, field in model.model_fields.items():
            plain = field.default in ("", None, ()) or isinstance(field.default, SkipRules)
            shown = ", ".join(field.default) if isinstance(field.default, tuple) else field.default
            rows.append(f"| `{prefix}{name}` | {'' if plain else f'`{shown}`'} | {field.description} |")
    return "\n".join(rows) + "\n"


def _action(part: str) -> str:
    """The inputs or the outputs of action.yml."""
    told = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))[part]
    rows = [f"| {part[:-1]} | meaning |", "|---|---|"]
    for name, each in told.items():
        default = f" Default: `{each['default']}`." if each.get("default") else ""
        rows.append(f"| `{name}` | {' '.join(each['description'].split())}{default} |")
    return "\n".join(rows) + "\n"


BLOCKS: dict[str, tuple[Path, Callable[[], str]]] = {
    "help": (ROOT / "README.md", _help),
    "configuration": (ROOT / "docs" / "usage.md", _configuration),
    "commands": (ROOT / "docs" / "github.md", help_text),
    "inputs": (ROOT / "docs" / "github.md", lambda: _action("inputs")),
    "outputs": (ROOT / "docs" / "github.md", lambda: _action("outputs")),
}

if __name__ == "__main__":
    sys.exit(main())
