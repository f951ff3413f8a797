"""`vove config`."""

from __future__ import annotations

import typer

from vovecli.cli.group import command_app, session
from vovecli.cli.pages import Ending
from vovecli.core.catalogue import SAMPLE_PATHS
from vovecli.core.endpoints import sample_endpoint
from vovecli.core.masking import mask_likely


def config(ctx: typer.Context) -> None:
    """Show every setting in force and where it comes from.

    Secrets are shown as fingerprints only.

    Examples:
      vove config
      vove config --profile staging --json
    """
    from vovecli.adapters.secret_store import describe_secret
    from vovecli.adapters.setting_keys import SETTING_KEYS
    from vovecli.adapters.settings import Setting

    run = session(ctx)
    found = []
    for name, key in SETTING_KEYS.items():
        setting = run.settings.get_untrusted(name)
        if name == "secret":
            setting = describe_secret(run.settings)
        elif name == "endpoint" and setting.value is None:
            samples = (sample_endpoint(family).url for family in SAMPLE_PATHS)
            setting = Setting(name, " or ".join(samples), setting.origin)
        elif key.secret and setting.value:
            setting = Setting(name, "set (not shown)", setting.origin)
        elif isinstance(setting.value, str):  # a secret may have been put into the wrong place
            setting = setting._replace(value=mask_likely(setting.value))
        found.append((setting, key))
    if run.json:
        for setting, key in found:
            run.emit(
                {
                    "schema": "vove.setting/1",
                    "name": setting.name,
                    "value": setting.value,
                    "origin": setting.origin,
                    "variable": key.variable,
                    "meaning": key.meaning,
                }
            )
        return
    from vovecli.adapters.files import data_folder
    from vovecli.ui.settings import draw_settings

    draw_settings(
        run.terminal, [(each.name, each.value, each.origin, key.meaning) for each, key in found]
    )
    profiles = ", ".join(run.settings.profiles()) or "none"
    run.terminal.line()
    run.terminal.line(f"profiles: {profiles}")
    run.terminal.line(f"your own settings: {run.settings.user_file}")
    run.terminal.line(f"history and development secret: {data_folder()}")


ENDING = Ending(
    exits={
        0: "the settings were printed",
        2: "the command line is wrong",
        3: "the settings cannot be used",
    },
    page="reference/settings.md",
)
app = command_app(config)
