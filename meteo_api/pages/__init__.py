"""Pages for people: made on the server, alive with HTMX, usable without any script.

To add a page:

1. A module here, one for each page: frozen dataclasses that say what is shown, already in words, and plain
   functions that make them from what the services answer. Decide in Python, display in Jinja. Numbers become
   words with `words` (`percent`, `window`, `moment`, `age`), also at hand as Jinja filters.
2. A `Controller` with `include_in_schema = False` whose handlers end in
   `pages.show(request, "drift/page.html", title="Drift", section="drift", view=view)`, where `pages` is a
   `NamedDependency[Pages]`. List it in `PAGES` of `meteo_api.app`. `section` marks the entry of navigation.
3. `templates/drift/page.html` that extends `base.html` (its head says which blocks and parts there are). It
   sees `view`, and `page` (`shell.Shell`: title, account, age of the data).
4. Own style goes into `static/meteo.css`; nothing inline, neither style nor script: the policy forbids it.
5. A fragment for HTMX: ask for the same address and take a part of it with `hx-select`, or
   `pages.fragment("drift/_table.html", view=view)`.

An error that a handler raises becomes a page by itself (`problems`).
"""
