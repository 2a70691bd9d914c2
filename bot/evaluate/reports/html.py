"""The Evaluation as one HTML page that stands alone: it loads nothing and runs nothing, and draws its charts as SVG."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot import __version__
from bot.evaluate.evaluation import Evaluation
from bot.evaluate.reports.charts import charts
from bot.evaluate.reports.tables import opening, tables


def as_html(evaluation: Evaluation) -> str:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["digest"] = _digest
    page = environment.get_template("page.html.jinja")
    return page.render(
        opening=opening(evaluation), charts=charts(evaluation), tables=tables(evaluation), version=__version__
    )


def _digest(text: str) -> str:
    """How a Content-Security-Policy names the style sheet that it allows."""
    return f"sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
