"""The language of the pages: which one, and every text in it.

English is the language of the source; `meteo_api/locale` holds a catalog for each other one, which
`make texts` brings up to date. To write a text that people see:

- in a template `{% trans %}... {{ name }} ...{% endtrans %}` or `_("...")`, and
  `ngettext("%(num)s day", "%(num)s days", n)` where something is counted;
- in Python `_("%(who)s was here", who=name)` from `texts`; `N_("...")` marks a text of a table that `_` is
  given later. A percent sign is written twice;
- where an error is raised, far from any page: `raise UnknownUser(Sentence("...", name=name))`;
- numbers, days and windows with `pages.words`.

Then `make texts`, and the translation goes into the catalog. Tests fail where a text is in no catalog or has
no translation. What programs read (the API, alerts by mail, logs) is English.
"""
