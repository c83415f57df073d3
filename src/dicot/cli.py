"""The `dicot` command: reads options, starts what they ask for. No logic of its own.

Imports stand where they are used, so that each command starts as fast as it can.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from dicot.config import Config


LEVELS = click.Choice(["debug", "info", "warning", "error"])


@contextmanager
def _plainly() -> Iterator[None]:
    """Tell in one line what an administrator can mend: a port in use, a cluster that refuses or is not there."""
    from dicot.kube.errors import KubeError

    try:
        yield
    except (KubeError, OSError) as error:
        raise click.ClickException(str(error)) from error


def _settings(path: str | None) -> Config:
    from dicot.config import load

    try:
        return load(path)
    except ValueError as error:
        raise click.ClickException(str(error)) from error


@click.group()
@click.version_option(package_name="dicot")
def main() -> None:
    """OpenStack's public REST APIs on Kubernetes and KubeVirt."""


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8774, show_default=True, help="Port to listen on; 0 takes a free one.")
@click.option("--config", type=click.Path(exists=True, dir_okay=False), help="TOML file; DICOT_* variables win.")
@click.option("--log-level", type=LEVELS, default="info", show_default=True)
def serve(host: str, port: int, config: str | None, log_level: str) -> None:
    """Serve the cluster that a kubeconfig, or this pod's ServiceAccount, names."""
    from dicot import app, logs, serving

    logs.configure(log_level)
    settings = _settings(config)
    with _plainly():
        serving.run(serving.until_stopped(app.build(settings), host, port))


@main.command()
@click.option(
    "--state",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(".dicot"),
    show_default=True,
    help="Folder that keeps the objects, clouds.yaml, openrc and kubeconfig.",
)
@click.option("--port", default=8774, show_default=True, help="Port of the OpenStack APIs; 0 takes a free one.")
@click.option("--kube-port", default=8775, show_default=True, help="Port of the Kubernetes API; 0 takes a free one.")
@click.option("--log-level", type=LEVELS, default="warning", show_default=True)
def dev(state: Path, port: int, kube_port: int, log_level: str) -> None:
    """Serve Dicot in front of a small development cluster, both in this process."""
    from dicot import logs, serving
    from dicot.development import Development

    logs.configure(log_level)
    settings = _settings(None)

    async def session() -> None:
        development = Development(state, port=port, kube_port=kube_port, config=settings)
        try:
            await development.start()
            click.echo(development.greeting())
            await serving.stopped()
        finally:
            await development.stop()

    with _plainly():
        serving.run(session())


@main.command()
@click.option(
    "--state",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(".dicot"),
    show_default=True,
    help="Folder that keeps the objects and both kubeconfigs.",
)
@click.option("--port", default=8775, show_default=True, help="Port of the Kubernetes API; 0 takes a free one.")
@click.option("--https-port", default=0, show_default=True, help="The same over HTTPS; 0 takes a free one.")
@click.option("--log-level", type=LEVELS, default="warning", show_default=True)
def devcluster(state: Path, port: int, https_port: int, log_level: str) -> None:
    """Run a small development cluster by itself, for `dicot serve` processes in front of it."""
    from dicot import logs, serving
    from dicot.standalone import Standalone

    logs.configure(log_level)

    async def session() -> None:
        standalone = Standalone(state, port=port, https_port=https_port)
        try:
            await standalone.start()
            click.echo(standalone.greeting())
            await serving.stopped()
        finally:
            await standalone.stop()

    with _plainly():
        serving.run(session())


@main.command()
@click.option("--config", type=click.Path(exists=True, dir_okay=False), help="TOML file; DICOT_* variables win.")
@click.option("--admin-password", envvar="DICOT_ADMIN_PASSWORD", help="Password of the first administrator.")
def bootstrap(config: str | None, admin_password: str | None) -> None:
    """Install Dicot's definitions and roles in a cluster, and make the first administrator. Safe to repeat."""
    from dicot.bootstrap import run
    from dicot.kube.client import Client
    from dicot.kube.credentials import discover

    settings = _settings(config)

    async def session() -> None:
        client = Client.connect(discover(settings.kubeconfig or None, settings.kube_context or None))
        try:
            done = await run(client, settings, admin_password=admin_password, demo=False)
        finally:
            await client.close()
        click.echo(done.summary())

    with _plainly():
        asyncio.run(session())


@main.command()
@click.option("--config", type=click.Path(exists=True, dir_okay=False), help="TOML file; DICOT_* variables win.")
@click.pass_context
def doctor(context: click.Context, config: str | None) -> None:
    """Look at a cluster and say what works, and what to do about what does not. Exits with 1 if Dicot cannot work."""
    from dicot import logs
    from dicot.doctor import examine
    from dicot.doctor.finding import BAD
    from dicot.kube.client import Client
    from dicot.kube.credentials import discover

    logs.configure("warning")
    settings = _settings(config)

    async def session() -> bool:
        client = Client.connect(discover(settings.kubeconfig or None, settings.kube_context or None))
        healthy = True
        try:
            async for finding in examine(client, settings):
                click.echo(finding.line())
                healthy &= finding.grade != BAD
        finally:
            await client.close()
        return healthy

    with _plainly():
        context.exit(0 if asyncio.run(session()) else 1)


@main.command()
@click.option("--cloud", help="Cloud of clouds.yaml; else OS_CLOUD, else the OS_* variables.")
@click.option("--lifetime", type=click.IntRange(600), help="Seconds it is to last; the cloud knows the most.")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File to write, which only you may read; else standard output.",
)
def kubeconfig(cloud: str | None, lifetime: int | None, output: Path | None) -> None:
    """Exchange an OpenStack login for a kubeconfig of the same project, so that kubectl can go on."""
    import yaml

    from dicot import kubeconfig as exchange

    try:
        found = asyncio.run(exchange.fetch(exchange.settings(cloud), lifetime))
    except exchange.LoginError as error:
        raise click.ClickException(str(error)) from error
    text = yaml.safe_dump(found, sort_keys=False)
    if output is None:
        click.echo(text, nl=False)
    else:
        output.touch(mode=0o600)
        output.chmod(0o600)
        output.write_text(text)


if __name__ == "__main__":
    main()
