"""The template engine: where templates are, and what they may use beside their view."""

from jinja2 import Environment, PackageLoader, StrictUndefined
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.template import TemplateConfig

from meteo_api.pages import words
from meteo_api.pages.static import StaticFiles
from meteo_core.parameters import PARAMETERS

LABELS = {name: parameter.label for name, parameter in PARAMETERS.items()}
"""What people call each parameter."""


def templating(static: StaticFiles) -> TemplateConfig[JinjaTemplateEngine]:
    """Templates of `meteo_api/templates`: everything is escaped, and a name that is not there is an error."""
    environment = Environment(
        loader=PackageLoader("meteo_api", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters.update(words.FILTERS)
    environment.globals.update(static=static.address, levels=words.levels(), labels=LABELS)
    return TemplateConfig(instance=JinjaTemplateEngine.from_environment(environment))
