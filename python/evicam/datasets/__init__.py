"""Data sets as arrays: the ones that the field knows by name, folders of image files, and made ones with known places."""

from .dataset import Dataset, DatasetError
from .folder import from_folder
from .glyphs import glyphs
from .loading import load
from .located import LocatedDataset
from .placed import placed

__all__ = ["Dataset", "DatasetError", "LocatedDataset", "from_folder", "glyphs", "load", "placed"]
