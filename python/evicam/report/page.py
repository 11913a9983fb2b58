"""The frame of a report: one HTML file that needs nothing else, for a phone as for a desk, in light and dark."""

from __future__ import annotations

import base64
import re
from html import escape

# The colours, as variables of the style sheet.
LIGHT = """--ink: #1f2430; --soft: #5b6472; --paper: #ffffff; --card: #f5f6f8; --line: #e1e4ea;
  --evidential: #0072b2; --softmax: #b84d00;"""
DARK = """--ink: #e8eaf0; --soft: #a7afbd; --paper: #14171d; --card: #1e222b; --line: #333945;
  --evidential: #5bb6ee; --softmax: #ff9248;"""

STYLE = (
    f"""
:root {{ color-scheme: light dark; {LIGHT} }}
@media (prefers-color-scheme: dark) {{ :root {{ {DARK} }} }}
"""
    + """* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1.0625rem/1.55 system-ui, sans-serif;
  -webkit-text-size-adjust: 100%; }
main { max-width: 44rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .5rem; text-wrap: balance; }
h2 { font-size: 1.25rem; line-height: 1.3; margin: 2.75rem 0 .6rem; text-wrap: balance; }
p { margin: .6rem 0; }
.lead { color: var(--soft); }
.numbers { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: .75rem; margin: 1.5rem 0; }
.numbers div { background: var(--card); border-radius: .75rem; padding: .8rem .9rem; }
.numbers b { display: block; font-size: 1.55rem; line-height: 1.2; font-variant-numeric: tabular-nums; }
.numbers span { color: var(--soft); font-size: .875rem; line-height: 1.35; display: block; margin-top: .2rem; }
.evidential { color: var(--evidential); } .softmax { color: var(--softmax); }
.scroll { overflow-x: auto; margin: 1rem 0; }
table { border-collapse: collapse; width: 100%; font-size: .95rem; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .45rem .6rem .45rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { font-weight: 600; }
td.number, th.number { text-align: right; white-space: nowrap; }
td span, h1 span { white-space: nowrap; }
figure { margin: 1rem 0 0; }
figure img { display: block; width: 100%; height: auto; background: #fff; border: 1px solid var(--line);
  border-radius: .75rem; padding: .5rem; }
figcaption { margin-top: .6rem; }
pre { background: var(--card); border-radius: .75rem; padding: .8rem .9rem; overflow-x: auto; font-size: .875rem;
  white-space: pre-wrap; overflow-wrap: anywhere; }
details { margin: 1rem 0; } summary { cursor: pointer; font-weight: 600; }
footer { margin-top: 3rem; color: var(--soft); font-size: .875rem; border-top: 1px solid var(--line); padding-top: 1rem; }
@media print { main { max-width: none; } figure, .numbers { break-inside: avoid; } }
"""
)


def page(title: str, body: list[str]) -> str:
    """A whole HTML document; `title` is text, `body` is HTML."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(body)
        + "\n</main>\n</body>\n</html>\n"
    )


def title(text: str, name: str) -> str:
    """Text as the page's title, escaped; `name`, which stands in it, is kept on one line."""
    return f"<h1>{escape(text).replace(escape(name), f'<span>{escape(name)}</span>')}</h1>"


def paragraph(text: str, kind: str = "") -> str:
    """Text as a paragraph, escaped."""
    return f'<p class="{kind}">{_set(text)}</p>' if kind else f"<p>{_set(text)}</p>"


def heading(text: str) -> str:
    """Text as a section's heading, escaped."""
    return f"<h2>{_set(text)}</h2>"


def _set(text: str) -> str:
    """Text as HTML, escaped; negative numbers with a minus, at which no line breaks, for the hyphen."""
    return re.sub(r"(?<![\w.)])-(?=\d)", "\N{MINUS SIGN}", escape(text))


def numbers(items) -> str:
    """A row of large numbers: (value, what it is, "evidential", "softmax" or "") each."""
    cells = (f'<div><b class="{kind}">{escape(value)}</b><span>{escape(what)}</span></div>' for value, what, kind in items)
    return f'<div class="numbers">{"".join(cells)}</div>'


def table(head, rows, numeric=()) -> str:
    """A table of texts; columns whose position is in `numeric` are set flush right. An interval at a cell's end is not broken."""

    def row(cells, tag):
        marked = (
            f'<{tag} class="number">{_set(cell)}</{tag}>' if index in numeric else f"<{tag}>{_whole_interval(_set(cell))}</{tag}>"
            for index, cell in enumerate(cells)
        )
        return f"<tr>{''.join(marked)}</tr>"

    body = "".join(row(cells, "td") for cells in rows)
    return f'<div class="scroll"><table><thead>{row(head, "th")}</thead><tbody>{body}</tbody></table></div>'


def _whole_interval(cell: str) -> str:
    return re.sub(r"(\([^()]* to [^()]*\))$", r"<span>\1</span>", cell)


def figure(png: bytes, description: str, caption: str) -> str:
    """A picture held in the page itself, its description for those who cannot see it, and a caption."""
    data = base64.b64encode(png).decode("ascii")
    return (
        f'<figure><img src="data:image/png;base64,{data}" alt="{escape(description)}">'
        f"<figcaption>{_set(caption)}</figcaption></figure>"
    )


def code(text: str) -> str:
    """A command, escaped."""
    return f"<pre><code>{escape(text)}</code></pre>"


def folded(summary: str, content: str) -> str:
    """HTML `content` that opens at a touch of `summary`."""
    return f"<details><summary>{escape(summary)}</summary>{content}</details>"
