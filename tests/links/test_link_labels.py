"""Every column of the link tables has a name in both languages."""

import pytest

from hqd_index.links.link_labels import LABELS
from hqd_index.tables import TABLES


@pytest.mark.parametrize("table", list(LABELS))
def test_every_published_column_is_named(table):
    missing = set(TABLES[table].columns) - set(LABELS[table])
    assert not missing
    assert all(zh and en and zh != en for zh, en, _ in LABELS[table].values())
