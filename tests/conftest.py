from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.example import example, on_pay
from tests.fakes.model_server import ModelServer


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    return example(tmp_path)


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer(reply=on_pay) as server:
        yield server
