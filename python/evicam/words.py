"""Sentences made from data."""


def with_article(name: str) -> str:
    """A name at the beginning of a sentence: "A 6", "An ankle boot"."""
    return f"{'An' if name[:1].lower() in tuple('aeiou8') else 'A'} {name}"
