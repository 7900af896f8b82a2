"""`gloo-openai models`: the catalogue."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import click
from rich.table import Table

from .. import GlooOpenAI, MissingCredentialsError
from .options import Connection, connection_options, json_option
from .terminal import console, printable


@click.command()
@click.option("--family", help="Only this family.")
@click.option("--tools", is_flag=True, help="Only models that take tools.")
@json_option
@connection_options
def models(connection: Connection, family: str | None, tools: bool, as_json: bool) -> None:
    """List Gloo's models; prices are in dollars per million tokens."""
    found = sorted(
        (
            model
            for model in _catalogue(connection)
            if (family is None or (model.family or "").lower() == family.lower())
            and (not tools or model.supports_tools)
        ),
        key=lambda model: ((model.family or "").lower(), model.id),
    )
    if as_json:
        click.echo(
            json.dumps([model.to_dict(mode="json", warnings=False) for model in found], indent=2)
        )
    elif found:
        console().print(_table(found))
    else:
        raise click.ClickException("No model is like that: `gloo-openai models` lists them all.")


def _catalogue(connection: Connection) -> list[Any]:
    """The catalogue is public, so it is there without credentials too."""
    try:
        with connection.client() as client:
            return list(client.models.list())
    except MissingCredentialsError:
        url, key = connection.base_url, "no key is needed"
        with GlooOpenAI(api_key=key, base_url=url, env_file=None) as client:
            return list(client.models.list())


def _table(found: list[Any]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("family", "id"):
        table.add_column(name, no_wrap=name == "id", overflow="fold")
    for name in ("context", "tools", "reasoning", "in", "out"):
        table.add_column(name, justify="right", overflow="fold")
    for model in found:
        table.add_row(
            printable(model.family or "-"),
            printable(model.id),
            f"{model.context_window:,}" if isinstance(model.context_window, int) else "-",
            _yes(model.supports_tools),
            _yes(model.supports_reasoning),
            _price(model.pricing.input),
            _price(model.pricing.output),
        )
    return table


def _yes(value: bool | None) -> str:
    return "-" if value is None else "yes" if value else "no"


def _price(price: Decimal | None) -> str:
    return "-" if price is None else f"{price.normalize():f}"
