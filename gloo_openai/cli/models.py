"""`gloo-openai models`: the catalogue."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from functools import partial
from typing import Any

import click
from rich.table import Table

from .. import GlooOpenAI, MissingCredentialsError
from .options import Connection, connection_options, json_option, timeout_option
from .patience import within
from .terminal import WIDE, console, printable, waiting

GIVEN_UP = ("reasoning", "context", "family")
"""Columns that a narrow terminal does without, the first first."""


@click.command()
@click.option("--family", help="Only this family.")
@click.option("--tools", is_flag=True, help="Only models that take tools.")
@click.option("--all", "deprecated", is_flag=True, help="Deprecated models too.")
@timeout_option(20, "Seconds for the catalogue.")
@json_option
@connection_options
def models(
    *,
    connection: Connection,
    family: str | None,
    tools: bool,
    deprecated: bool,
    timeout: float,
    as_json: bool,
) -> None:
    """List Gloo's models; prices are in dollars per million tokens."""
    with waiting():
        everything = within(timeout, partial(_catalogue, connection, timeout))
    found = sorted(
        (
            model
            for model in everything
            if (family is None or (model.family or "").lower() == family.lower())
            and (not tools or model.supports_tools)
            and (deprecated or not model.is_deprecated)
        ),
        key=lambda model: ((model.family or "").lower(), model.id),
    )
    if as_json:
        click.echo(
            json.dumps([model.to_dict(mode="json", warnings=False) for model in found], indent=2)
        )
    elif found:
        _show(found)
    else:
        raise click.ClickException(
            "No model is like that: `gloo-openai models --all` lists every one."
        )


def _catalogue(connection: Connection, timeout: float) -> list[Any]:
    """The catalogue is public, so it is there without credentials too."""
    quick: Any = {"timeout": timeout, "max_retries": 0}
    try:
        with connection.client(**quick) as client:
            return list(client.models.list())
    except MissingCredentialsError:
        url, key = connection.base_url, "no key is needed"
        with GlooOpenAI(api_key=key, base_url=url, env_file=None, **quick) as client:
            return list(client.models.list())


def _show(found: list[Any]) -> None:
    """Print the table, with as many columns as the terminal is wide enough for.

    An id and its prices are whole, also where the terminal itself has to break their line.
    """
    out = console()
    unbounded = out.options.update(width=WIDE)
    tables = [_table(found, GIVEN_UP[:count]) for count in range(len(GIVEN_UP) + 1)]
    widths = [out.measure(table, options=unbounded).maximum for table in tables]
    fitting = (at for at, width in enumerate(widths) if width <= out.width)
    chosen = next(fitting, len(GIVEN_UP))
    out.width = max(out.width, widths[chosen])
    out.print(tables[chosen])


def _table(found: list[Any], without: Sequence[str]) -> Table:
    columns = [column for column in _columns(found) if column[0] not in without]
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name, _cells in columns:
        right = name not in ("family", "id")
        table.add_column(name, no_wrap=name == "id", justify="right" if right else "left")
    for row in zip(*(cells for _name, cells in columns), strict=True):
        table.add_row(*row)
    return table


def _columns(found: list[Any]) -> list[tuple[str, list[str]]]:
    """Every column: its name, and a cell for each model."""
    return [
        ("family", [printable(model.family or "-") for model in found]),
        ("id", [printable(model.id) for model in found]),
        ("context", [_tokens(model.context_window) for model in found]),
        ("tools", [_yes(model.supports_tools) for model in found]),
        ("reasoning", [_yes(model.supports_reasoning) for model in found]),
        ("in", [_price(model.pricing.input) for model in found]),
        ("out", [_price(model.pricing.output) for model in found]),
    ]


def _tokens(count: object) -> str:
    return f"{count:,}" if isinstance(count, int) else "-"


def _yes(value: bool | None) -> str:
    return "-" if value is None else "yes" if value else "no"


def _price(price: Decimal | None) -> str:
    return "-" if price is None else f"{price.normalize():f}"
