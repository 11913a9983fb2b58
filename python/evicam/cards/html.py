"""A card as a piece of HTML: its own style, its pictures inside, no script, for a notebook or a page."""

from __future__ import annotations

import base64
import io
from html import escape

import numpy as np

from ..plot.pictures import as_rgb, blend
from ..report.page import DARK, LIGHT

STYLE = (
    f"""
.evicam-card {{ color-scheme: light dark; {LIGHT} }}
@media (prefers-color-scheme: dark) {{ .evicam-card {{ {DARK} }} }}
"""
    + """
.evicam-card, .evicam-card * { box-sizing: border-box; }
.evicam-card { max-width: 44rem; margin: 0; padding: 1rem; background: var(--paper); color: var(--ink);
  border: 1px solid var(--line); border-radius: .75rem; font: 1rem/1.5 system-ui, sans-serif; text-align: left; }
.evicam-card h3 { font-size: 1.25rem; line-height: 1.3; margin: 0 0 .75rem; text-wrap: balance; color: inherit;
  overflow-wrap: anywhere; }
.evicam-card p { margin: .6rem 0 0; font-size: .875rem; line-height: 1.4; color: var(--soft); }
.evicam-card dl { display: grid; grid-template-columns: fit-content(40%) 1fr 3rem; gap: .3rem .75rem; margin: 0;
  align-items: center; font-variant-numeric: tabular-nums; }
.evicam-card dt { font-weight: 400; overflow-wrap: anywhere; } .evicam-card dd { margin: 0; }
.evicam-card dd + dd { text-align: right; }
.evicam-card i { display: block; height: .7rem; border-radius: .2rem; background: var(--evidential); }
.evicam-card i.doubt { background: repeating-linear-gradient(135deg, var(--soft) 0 2px, transparent 2px 6px);
  border: 1px solid var(--soft); }
.evicam-card div { display: grid; grid-template-columns: repeat(auto-fill, minmax(7rem, 1fr)); gap: .75rem; margin: 1rem 0 0; }
.evicam-card figure { margin: 0; }
.evicam-card img { display: block; width: 100%; height: auto; margin: 0; padding: 0; border: 0; border-radius: .4rem;
  image-rendering: pixelated; }
.evicam-card figcaption { margin: .3rem 0 0; font-size: .875rem; line-height: 1.35; overflow-wrap: anywhere; }
"""
)


def as_html(card) -> str:
    """The card as a ``<section>``; every text in it is escaped."""
    shown = len(card.classes)
    bars = [_bar(name, belief) for name, belief in zip(card.names[:shown], card.beliefs)]
    rows = [*bars, _bar("uncertainty", card.uncertainty, "doubt"), _bar("dissonance", card.dissonance, "doubt")]
    pictures = [_picture(as_rgb(card.image), "the image", "the image")]
    for what, heatmap, empty in card.maps:
        caption = f"for {what}{': empty map' * bool(empty)}"
        pictures.append(_picture(blend(card.image, heatmap), f"what of the image speaks {caption}", caption))
    return (
        f'<section class="evicam-card"><style>{STYLE}</style><h3>{escape(card.judgement.words)}</h3>'
        f"<dl>{''.join(rows)}</dl><div>{''.join(pictures)}</div>"
        + "".join(f"<p>{escape(text)}</p>" for text in [card.resolution + ".", *card.reservations])
        + "</section>"
    )


def _bar(name, value, kind="") -> str:
    width = f"width:{100 * min(1.0, max(0.0, float(value))):.1f}%"
    return f'<dt>{escape(name)}</dt><dd><i class="{kind}" style="{width}"></i></dd><dd>{value:.3f}</dd>'


def _picture(rgb, description, caption) -> str:
    """An image (H, W, 3), 0..1, pixel for pixel as a PNG in the page."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray((255 * rgb).round().astype(np.uint8)).save(buffer, "PNG")
    data = base64.b64encode(buffer.getvalue()).decode("ascii")
    return (
        f'<figure><img src="data:image/png;base64,{data}" alt="{escape(description)}">'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )
