"""Data sets as arrays: the ones that the field knows by name, and folders of image files."""

from .dataset import Dataset, DatasetError
from .folder import from_folder
from .loading import load

__all__ = ["Dataset", "DatasetError", "from_folder", "load"]
