"""What a file is for, by its path."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.context.roles import Role, role_of


@pytest.mark.parametrize(
    ("role", "paths"),
    [
        (Role.SOURCE, "bank/account.py src/Latest.java latest.php cmd/main.go run.sh x/contest.py"),
        (Role.TEST, "tests/conftest.py bank/test_account.py a_test.go web/a.spec.ts src/test/java/A.java ATest.java"),
        (Role.MIGRATION, "app/migrations/0002_name.py db/migrate/2024_x.rb sql/V1_2__users.sql m/003.up.sql"),
        (Role.WORKFLOW, ".github/workflows/ci.yml action.yml .gitlab-ci.yml Jenkinsfile .circleci/config.yml"),
        (Role.DEPENDENCIES, "pyproject.toml requirements/dev.txt web/package.json Cargo.toml go.mod pom.xml A.csproj"),
        (Role.INFRASTRUCTURE, "Dockerfile deploy/Dockerfile.web compose.yaml infra/main.tf k8s/web.yaml"),
        (Role.BUILD, "Makefile CMakeLists.txt web/vite.config.ts tox.ini"),
        (Role.DOCS, "README.md docs/index.rst LICENSE docs/notes.txt"),
        (Role.SCHEMA, "api/bank.proto schema.graphql openapi.yaml"),
        (Role.TEMPLATE, "bank/templates/a.html views/a.erb page.html.jinja"),
        (Role.STYLE, "web/a.scss"),
        (Role.CONFIGURATION, "settings.toml .eslintrc .env .gitignore config/app.yml CODEOWNERS"),
        (Role.DATA, "rates.csv locale/de.po logo.png"),
        (Role.OTHER, "bin/patch x.unheard"),
    ],
)  # fmt: skip
def test_a_path_says_what_a_file_is_for(role: Role, paths: str):
    assert {path: role_of(path) for path in paths.split()} == dict.fromkeys(paths.split(), role)


@given(st.text())
def test_every_path_has_a_role(path: str):
    assert role_of(path) in Role
