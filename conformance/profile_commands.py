"""What can be typed about profiles and the catalogue, with nobody to judge? `explain`, `serve`, `init` and `lint`."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

import uvicorn
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from conformance import draft as drafts
from conformance.catalogue import Invariant, catalogue
from conformance.errors import InputError, nearest
from conformance.fakes import asgi
from conformance.fakes.faults import all_faults
from conformance.options import added, check_folder, profile_argument, whole_number, write_text
from conformance.profile_file import built_in, load, values_from
from conformance.reports import bindings
from conformance.run import server_of


def add(commands: Any) -> None:
    """Add them."""
    _add_explain(commands)
    _add_serve(commands)
    _add_init(commands)
    _add_lint(commands)


def _add_explain(commands: Any) -> None:
    parser = added(commands, "explain", _explain, "Print a requirement, its source, and the faults that break it.")
    parser.add_argument("id", nargs="?", help="an invariant's id, or a chapter; without it, all are listed")


def _add_serve(commands: Any) -> None:
    parser = added(commands, "serve", _serve, "Serve a profile's fake on loopback, until it is interrupted.")
    profile_argument(parser)
    parser.add_argument("--port", type=whole_number, default=8080, metavar="P", help="the port (8080)")
    parser.add_argument("--fault", metavar="NAME", help="serve it with a defect, or several: NAME,NAME")


def _add_init(commands: Any) -> None:
    parser = added(commands, "init", _init, "Draft a profile from an OpenAPI document; gaps are marked with TODO.")
    parser.add_argument("openapi", help="the document: a path, or a URL such as a live server's /openapi.json")
    parser.add_argument("-o", "--output", metavar="FILE", help="the profile to write; without it, it is printed")
    parser.add_argument("--force", action="store_true", help="overwrite what is there")


def _add_lint(commands: Any) -> None:
    parser = added(commands, "lint", _lint, "Check a profile against its spec, and print how each role is bound.")
    profile_argument(parser)


def _explain(options: argparse.Namespace, console: Console) -> int:
    wanted = options.id
    if wanted is None:
        table = Table(box=None, show_header=False)
        for each in catalogue(None):
            table.add_row(each.id, f"[dim]{each.level}[/]", escape(each.title))
        console.print(table)
        return 0
    found = [each for each in catalogue(None) if wanted in (each.id, each.chapter)]
    if not found:
        valid = [each.id for each in catalogue(None)]
        raise InputError(f"there is no invariant {wanted!r}", place="explain", remedy=nearest(wanted, valid))
    for each in found:
        _print_invariant(each, console)
    return 0


def _print_invariant(each: Invariant, console: Console) -> None:
    console.print(f"[bold]{each.id}[/]  {each.level}")
    console.print(f"  {escape(each.title)}")
    console.print(f"  [italic]{escape(' '.join(each.why.split()))}[/]")
    needs = f"; needs: {', '.join(sorted(each.needs))}" if each.needs else ""
    looks = sorted(each.on) if each.judges is None else [f"what was asked: {', '.join(sorted(each.verbs))}"]
    console.print(f"  looks at: {', '.join(looks)}{needs}")
    if each.source:
        console.print(f"  source: {escape(each.source)}")
    for name in built_in():
        documented = load(name).sources.get(each.id)
        if documented:
            console.print(f"  source ({name}): {escape(documented)}")
    for fault in all_faults():
        if each.id in fault.breaks:
            console.print(f"  broken by [bold]{fault.name}[/]: {escape(fault.title)}")
    console.print()


def _serve(options: argparse.Namespace, console: Console) -> int:
    profile = load(options.profile, values_from(options.set))
    server = server_of(profile, 0, options.fault)
    base = profile.spec.base_path
    console.print(f"{escape(profile.title)}: a fake on http://127.0.0.1:{options.port}{base} (Ctrl-C ends it)")
    made_up = [name for name in profile.credentials.variables() if name not in os.environ]
    if profile.credentials.required and made_up:
        secret = server.profile.credentials.value()
        told = f"{', '.join(made_up)} is not set: it takes the {profile.credentials.place} {profile.credentials.name}"
        console.print(escape(f"{told}: {secret}"), soft_wrap=True)
    try:
        app = asgi.based(base, asgi.app(server))
        uvicorn.run(app, host="127.0.0.1", port=options.port, log_level="warning", access_log=False)
    except SystemExit as error:
        raise InputError(f"port {options.port} cannot be used", place="--port", remedy="choose another one") from error
    return 0


def _init(options: argparse.Namespace, console: Console) -> int:
    output = Path(options.output) if options.output else None
    if output is not None:
        check_folder(output, "-o")
        _absent(output, options.force)
    source = drafts.fetch(options.openapi)
    if output is None:
        gap = "save the document beside this file" if source.file is None else ""
        console.file.write(drafts.render(drafts.made(source).beside(source.seen_from(Path()), gap), source.origin))
        return 0
    kept = output.parent / source.name
    if source.file is None:
        _absent(kept, options.force)
    draft = drafts.made(source).beside(source.seen_from(output.parent))
    if source.file is None:
        write_text(kept, source.text)
    write_text(output, drafts.render(draft, source.origin))
    gaps = f"{draft.gaps} gap{'' if draft.gaps == 1 else 's'} to fill" if draft.gaps else "no gap to fill"
    told = f"{output} is written: {gaps}, marked with TODO" if draft.gaps else f"{output} is written: {gaps}"
    console.print(escape(f"{told}\nthen: conformance lint {output}, and conformance run {output}"), soft_wrap=True)
    return 0


def _absent(path: Path, force: bool) -> None:
    """Nothing is overwritten unasked."""
    if path.exists() and not force:
        raise InputError("is there already", place=str(path), remedy="name another file, or overwrite it with --force")


def _lint(options: argparse.Namespace, console: Console) -> int:
    profile = load(options.profile, values_from(options.set))
    wide = console if console.is_terminal else Console(highlight=False, width=120)
    wide.print(bindings.render(profile, drafts.doubts(profile)))
    return 0
