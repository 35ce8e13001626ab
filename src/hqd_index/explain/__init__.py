"""A published score taken apart: shares and children down the tree, each indicator down to raw files and rows."""

from .account import Account, Child, Leaf, Node, account
from .account_lines import lines
from .account_rows import frame
from .published import Published, published, same_study

__all__ = ["Account", "Child", "Leaf", "Node", "Published", "account", "frame", "lines", "published", "same_study"]
