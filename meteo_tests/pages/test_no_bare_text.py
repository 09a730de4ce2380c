"""No template holds a text that is outside the catalogs, so that no language misses one."""

from collections.abc import Iterator
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

TEMPLATES = Path(str(files("meteo_api") / "templates"))
NAMES = {"Meteo", "Dagster", "MLflow", "Grafana", "/api/v1/login", "UTC"}
"""Written alike in every language."""
SPOKEN = {"aria-label", "alt", "title", "placeholder"}
"""Attributes that people read or hear."""
LOOK_UPS = {"_", "gettext", "ngettext", "pgettext"}


def is_words(text: str) -> bool:
    return any(sign.isalpha() for sign in text) and text.strip(" .,:;()·…") not in NAMES


def shown(node: nodes.Node) -> str:
    """The words that a node puts on the page by itself; what a catalog or a view puts there is left out."""
    match node:
        case nodes.TemplateData(data=text):
            return text
        case nodes.Const(value=str(text)):
            return text
        case nodes.Call(node=nodes.Name(name=name)) if name in LOOK_UPS:
            return ""
        case nodes.Call() | nodes.Test() | nodes.Getattr() | nodes.Getitem() | nodes.Compare():
            return ""
        case nodes.Block(name="width"):  # a class of the style sheet
            return ""
        case nodes.With(body=body):
            return "".join(map(shown, body))
        case nodes.Filter(node=filtered):
            return shown(filtered) if filtered is not None else ""
        case nodes.CondExpr(expr1=yes, expr2=no):
            return shown(yes) + (shown(no) if no is not None else "")
        case nodes.Assign() | nodes.Import() | nodes.FromImport() | nodes.Include() | nodes.Extends():
            return ""
        case nodes.If(body=body, elif_=others, else_=otherwise):
            return "".join(map(shown, (*body, *others, *otherwise)))
        case nodes.For(body=body, else_=otherwise):
            return "".join(map(shown, (*body, *otherwise)))
        case nodes.Macro(body=body) | nodes.CallBlock(body=body):
            return "".join(map(shown, body))
    return "".join(map(shown, node.iter_child_nodes()))


class Reader(HTMLParser):
    """What a person would read or hear."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def handle_data(self, data: str) -> None:
        self.said.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.said += [value for name, value in attrs if name in SPOKEN and value]


def bare(source: str) -> Iterator[str]:
    """Texts of a template that come from no catalog."""
    environment = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
    environment.newstyle_gettext = True
    parsed = environment.parse(source)
    reader = Reader()
    reader.feed(shown(parsed))
    reader.close()
    yield from (text.strip() for text in reader.said if is_words(text))
    # What is given to a macro is shown by it: words there are told from names by a space or a capital.
    for call in parsed.find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name not in LOOK_UPS:
            for text in map(shown, call.args):
                if is_words(text) and (" " in text.strip() or text[0].isupper()):
                    yield text


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: path.name)
def test_a_template_holds_no_text_outside_the_catalogs(path: Path):
    assert list(bare(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("<p>Rain</p>", ["Rain"]),
        ('<p aria-label="Rain">{{ _("x") }}</p>', ["Rain"]),
        ("<p>{% if a %}{{ 'wet' if b else c }}{% endif %}</p>", ["wet"]),
        ("{{ table('Rain at all') }}", ["Rain at all"]),
        ("<p class=\"{{ 'wet' }}\">{% trans %}Rain{% endtrans %} {{ a | round }} Meteo</p>", []),
    ],
)
def test_a_bare_text_is_found(source: str, found: list[str]):
    assert list(bare(source)) == found
