"""What a file is for, by its path: the first rule that fits."""

from __future__ import annotations

import re
from enum import StrEnum


class Role(StrEnum):
    WORKFLOW = "workflow"  # what CI runs
    MIGRATION = "migration"
    TEST = "test"
    DEPENDENCIES = "dependencies"
    BUILD = "build"
    INFRASTRUCTURE = "infrastructure"
    DOCS = "docs"
    SCHEMA = "schema"
    TEMPLATE = "template"
    STYLE = "style"
    SOURCE = "source"
    CONFIGURATION = "configuration"
    DATA = "data"
    OTHER = "other"


def _any(*shapes: str) -> re.Pattern[str]:
    return re.compile("|".join(shapes), re.IGNORECASE)


# In the order in which they are asked.
_RULES = {
    Role.WORKFLOW: _any(
        r"(^|/)\.(github|forgejo|gitea)/(workflows|actions)/.*\.ya?ml$",
        r"(^|/)\.(gitlab/ci|circleci|buildkite|woodpecker)/",
        r"(^|/)(action|\.gitlab-ci|azure-pipelines|bitbucket-pipelines|\.travis|\.drone|appveyor)\.ya?ml$",
        r"(^|/)jenkinsfile$",
    ),
    Role.MIGRATION: _any(
        r"(^|/)(migrations?|migrate|alembic/versions|flyway)/[^.].*\.(py|rb|sql|php|ts|js|cs|go|xml|ya?ml)$",
        r"(^|/)[VU]\d+(_\d+)*__\w+\.sql$",
        r"\.(up|down)\.sql$",
    ),
    Role.TEST: _any(
        r"(^|/)(tests?|__tests__|specs?|testing|testdata|fixtures|e2e|__mocks__|__snapshots__|\w*test/java)/",
        r"(^|/)(test_[^/]+|[^/]+_test|[^/]+_spec|conftest)\.\w+$",
        r"[.-](test|spec|cy|e2e)s?\.\w+$",
        r"(^|/)\w*(?-i:[A-Za-z\d](Test|Tests|Spec)|[a-z\d]IT)\.(java|kt|cs|swift|scala|php|groovy)$",
    ),
    Role.DEPENDENCIES: _any(
        r"(^|/)(requirements[^/]*\.(txt|in)|constraints[^/]*\.txt|requirements/[^/]+\.(txt|in)|pyproject\.toml)$",
        r"(^|/)(setup\.(py|cfg)|pipfile|environment\.ya?ml|conanfile\.(txt|py)|vcpkg\.json|cargo\.toml|go\.(mod|work))$",
        r"(^|/)(pom\.xml|build\.gradle(\.kts)?|libs\.versions\.toml|build\.sbt|gemfile|[^/]+\.gemspec|composer\.json)$",
        r"(^|/)(package\.swift|podfile|package\.json|directory\.packages\.props|packages\.config|[^/]+\.(cs|fs|vb)proj)$",
        r"(^|/)([^/]*\.lock|go\.sum|package-lock\.json|pnpm-lock\.yaml|npm-shrinkwrap\.json)$",
    ),
    Role.INFRASTRUCTURE: _any(
        r"(^|/)(dockerfile|containerfile)[^/]*$",
        r"\.(dockerfile|tf|tfvars|hcl|bicep|service)$",
        r"(^|/)((docker-)?compose[^/]*|chart|kustomization)\.ya?ml$",
        r"(^|/)(k8s|kubernetes|helm|charts|ansible|playbooks|terraform)/.*\.(ya?ml|json|tpl|j2)$",
        r"(^|/)nginx[^/]*\.conf$",
    ),
    Role.BUILD: _any(
        r"(^|/)((gnu)?makefile|cmakelists\.txt|rakefile|justfile|build(\.bazel)?|workspace(\.bazel)?|meson\.build)$",
        r"(^|/)(sconstruct|tox\.ini|noxfile\.py|(gulpfile|gruntfile|(webpack|rollup|vite|babel)\.config)\.\w+)$",
        r"\.(mk|cmake|bzl)$",
    ),
    Role.DOCS: _any(
        r"\.(md|mdx|rst|adoc|asciidoc|textile|tex)$",
        r"(^|/)(readme|changelog|changes|contributing|licen[cs]e|copying|authors|notice|security)(\.txt)?$",
        r"(^|/)(docs?|documentation)/.*\.(txt|html?|png|svg)$",
    ),
    Role.SCHEMA: _any(
        r"\.(proto|graphqls?|gql|avsc|xsd|thrift|prisma|sql)$",
        r"(^|/)(openapi|swagger)[^/]*\.(ya?ml|json)$",
    ),
    Role.TEMPLATE: _any(
        r"\.(html?|jinja2?|j2|erb|haml|slim|ejs|hbs|handlebars|mustache|twig|blade\.php|cshtml|razor|jsp)$",
        r"\.(tmpl|gotmpl|tpl|liquid|pug)$",
    ),
    Role.STYLE: _any(r"\.(css|scss|sass|less)$"),
    Role.SOURCE: _any(
        r"\.(py|pyi|pyw|pyx|js|jsx|mjs|cjs|ts|tsx|mts|cts|vue|svelte|astro|go|rs|java|kt|kts|scala|sc|groovy|clj|cljs)$",
        r"\.(c|h|cc|cpp|cxx|c\+\+|hh|hpp|hxx|inl|ipp|cu|cuh|m|mm|swift|cs|fs|vb|rb|rake|php|phtml|pl|pm|lua|r|jl|d)$",
        r"\.(ex|exs|erl|hs|ml|mli|elm|dart|nim|zig|f|f90|for|pas|ada|adb|asm|s|v|sv|vhd|sol|el|lisp|scm|rkt|tcl|awk)$",
        r"\.(sh|bash|zsh|ksh|fish|ps1|psm1|bat|cmd|cob|cbl|abap|cls|trigger|ipynb)$",
    ),
    Role.CONFIGURATION: _any(
        r"\.(ya?ml|toml|ini|cfg|conf|config|properties|env|editorconfig|plist|xml|json5?|jsonc|rc)$",
        r"(^|/)\.[^/]+(rc|ignore|attributes|config)$",
        r"(^|/)(\.env[^/]*|codeowners)$",
    ),
    Role.DATA: _any(
        r"\.(csv|tsv|jsonl|ndjson|parquet|avro|po|pot|mo|txt|dat|bin|geojson|svg|png|jpe?g|gif|ico|woff2?)$"
    ),
}


def role_of(path: str) -> Role:
    """What the file at `path` is for. Where a path fits several roles, the one that is checked most sharply wins."""
    return next((role for role, shape in _RULES.items() if shape.search(path)), Role.OTHER)
