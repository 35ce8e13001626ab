"""A published score taken apart: shares and children down the tree, each indicator down to raw files and rows."""

from .account import Account, Child, Leaf, Node, account
from .lines import lines
from .published import Published, published, same_study
from .rows import frame

__all__ = ["Account", "Child", "Leaf", "Node", "Published", "account", "frame", "lines", "published", "same_study"]
