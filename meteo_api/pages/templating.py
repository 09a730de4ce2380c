"""The template engine: where templates are, and what they may use beside their view."""

from collections.abc import Callable
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, pass_eval_context
from jinja2.nodes import EvalContext
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.template import TemplateConfig
from markupsafe import Markup

from meteo_api.language import texts
from meteo_api.language.spoken import Language, spoken
from meteo_api.pages import words
from meteo_api.pages.static import StaticFiles
from meteo_core.stations import stations


def templating(static: StaticFiles) -> TemplateConfig[JinjaTemplateEngine]:
    """Templates of `meteo_api/templates`: everything is escaped, and a name that is not there is an error."""
    environment = Environment(
        loader=PackageLoader("meteo_api", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    # Texts in the style that Jinja calls new: values are put in, escaped, after the translation.
    environment.newstyle_gettext = True  # pyright: ignore[reportAttributeAccessIssue] (the extension makes it)
    environment.policies["ext.i18n.trimmed"] = True
    environment.filters.update(words.FILTERS)
    environment.filters.update(told=texts.told, english=texts.english)
    for language in Language:  # now, and not while the first who speaks it waits
        texts.catalog_of(language)
    said = _in_templates(texts.plain)
    environment.globals.update(
        _=said,
        gettext=said,
        pgettext=_in_templates(texts.plain_in_context),
        ngettext=_counted,
        static=static.address,
        levels=words.levels(),
        station_count=lambda: len(stations()),
        language=spoken,
        languages=tuple(Language),
    )
    return TemplateConfig(instance=JinjaTemplateEngine.from_environment(environment))


def _in_templates(look_up: Callable[..., str]) -> Callable[..., str]:
    """A text of a catalog is trusted as the template itself is; the values put into it are not."""

    @pass_eval_context
    def said(context: EvalContext, *message: str, **values: Any) -> str:
        text = look_up(*message)
        return (Markup(text) if context.autoescape else text) % values  # noqa: S704 (our own)  # nosec B704

    return said


@pass_eval_context
def _counted(context: EvalContext, one: str, many: str, number: int, **values: Any) -> str:
    text = texts.plain_plural(one, many, number)
    values = {"num": words.whole(number), **values}
    return (Markup(text) if context.autoescape else text) % values  # noqa: S704 (our own)  # nosec B704
