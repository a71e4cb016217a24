"""``stacklab verify``: whether a bundle is what it was, and its page what its rows say."""

import tempfile
from pathlib import Path

import click

from stacklab.catalog.workspace import Workspace
from stacklab.cli.options.session import workspace_option
from stacklab.cli.show.rendering import render_page, rendered_with
from stacklab.model.bundle import Manifest
from stacklab.store import bundle
from stacklab.store.session import StoredSession


@click.command("verify")
@click.argument("archive", type=click.Path(path_type=Path, dir_okay=False), metavar="BUNDLE")
@workspace_option
def verb(*, archive: Path, workspace: Workspace) -> int:
    """Check a bundle that `stacklab bundle` wrote.

    The digest of every file is compared with the manifest, and the page is rendered again from the rows; it must be the
    same, byte for byte. A digest proves that nothing was damaged; compare the SHA-256 of the bundle with the published
    one to know that it is the same bundle.

    Exit code 0: the bundle and its page are unchanged. 1: something differs, and every difference is named.
    """
    with tempfile.TemporaryDirectory(prefix="stacklab-bundle-") as folder:
        unpacked = Path(folder)
        manifest = bundle.unpack(archive, unpacked)
        found = list(bundle.faults(unpacked, manifest))
        if not found and not _page_is_the_same(unpacked, manifest, workspace):
            found.append(f"{bundle.PAGE} is not what its rows render to{_why(manifest)}")
    for fault in found:
        click.echo(f"{archive}: {fault}")
    if not found:
        click.echo(f"{archive}: {len(manifest.files)} files are as they were, and the page renders to the same bytes")
    return int(bool(found))


def _page_is_the_same(unpacked: Path, manifest: Manifest, workspace: Workspace) -> bool:
    session = StoredSession.open(unpacked / bundle.SESSION / manifest.session)
    return render_page(session, workspace).encode() == (unpacked / bundle.PAGE).read_bytes()


def _why(manifest: Manifest) -> str:
    """The versions that differ, since another version may draw the same rows with other bytes."""
    here = rendered_with()
    differ = [
        f"{name} {was} there and {here.get(name, 'none')} here"
        for name, was in manifest.rendered_with.items()
        if here.get(name) != was
    ]
    return f"; other versions may be why: {', '.join(differ)}" if differ else ""
