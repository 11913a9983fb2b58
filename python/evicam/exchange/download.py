"""Files of weights, from this machine or from where they were published, compared with their checksums."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ..files import cache_folder, open_regular
from .pickles import WeightsError

# torchvision's file names end in the first digits of their SHA-256: resnet18-f37072fd.pth
_NAMED = re.compile(r"-([0-9a-f]{8,64})\.\w+$")


def is_address(place):
    return isinstance(place, str) and re.match(r"[a-zA-Z][a-zA-Z0-9+.-]+://", place) is not None


def check_place(place, sha256):
    """TypeError or ValueError for a file or address, or a checksum, that cannot be one; None is none."""
    if sha256 is not None and not (isinstance(sha256, str) and re.fullmatch("[0-9a-fA-F]{8,64}", sha256)):
        raise ValueError(f"pretrained_sha256 is {sha256!r}, but must be the file's SHA-256, or its first 8 or more digits")
    if place is None:
        if sha256 is not None:
            raise ValueError("pretrained_sha256 is given without pretrained")
        return
    if not isinstance(place, (str, os.PathLike)):
        raise TypeError(f"pretrained is a {type(place).__name__}, but must be a file, an http(s) address or None")
    if is_address(place):
        if urlsplit(place).scheme not in ("http", "https") or not _name(place):
            raise ValueError(f"pretrained is {place!r}, but an address must be that of a file, by http or https")
        if sha256 is None and not _NAMED.search(_name(place)):
            raise ValueError(
                f"pretrained is {place!r}, whose content nothing vouches for: pass pretrained_sha256, or an address that ends "
                "in its first digits, like resnet18-f37072fd.pth"
            )


def fetch(place, sha256=None):
    """The path of a file, downloaded to the cache if `place` is an address and it is not there yet.

    Raises
    ------
    OSError
        ConnectionError if it could not be downloaded.
    WeightsError
        If the content has another checksum.
    """
    check_place(place, sha256)
    if not is_address(place):
        path = Path(place)
        if sha256 is not None:
            _check(path, sha256.lower(), place)
        return path
    # What the caller says stands above digits in the name, which may be a date.
    digits = _NAMED.search(_name(place))[1] if sha256 is None else sha256.lower()
    path = cache_folder() / "weights" / _name(place)
    if path.exists() and _differs(path, digits) is None:
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        temporary = Path(folder) / path.name
        _download(place, temporary)
        _check(temporary, digits, place)
        os.replace(temporary, path)
    return path


def _name(address):
    """The last part of an address's path, as a file name."""
    return re.sub(r"[^\w.-]", "_", unquote(urlsplit(address).path).rsplit("/", 1)[-1])


def _download(address, path):
    import pooch

    try:
        pooch.HTTPDownloader(progressbar=False)(address, str(path), None)
    except (OSError, ValueError) as error:  # requests' errors are OSErrors
        raise ConnectionError(f"{address} could not be downloaded ({error})") from error


def _differs(path, digits):
    """The file's SHA-256 if it does not begin with `digits`, else None."""
    with open_regular(path) as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return None if digest.startswith(digits) else digest


def _check(path, digits, place):
    if digest := _differs(path, digits):
        raise WeightsError(f"{place} has the SHA-256 {digest}, but it must begin with {digits}: another file, or a damaged one")
