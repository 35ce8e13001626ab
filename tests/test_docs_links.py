"""Every link, anchor and picture of the pages leads somewhere, as the pages are committed; every block says what it is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from .doc_pages import LANGUAGES_OF_BLOCKS, blocks, exists, pages, prose
from .small import ROOT

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
NOTED = re.compile(r"^<!-- not run:", re.MULTILINE)


def anchors(path: Path) -> set[str]:
    """The anchors of a page: those written, and those that a code host makes of its headings."""
    text = pages()[path.relative_to(ROOT).as_posix()]
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    slugs = {re.sub(r"[^\w\- ]", "", re.sub(r"<.*?>", "", heading).strip().lower()).replace(" ", "-") for heading in headings}
    return slugs | set(re.findall(r'<a id="([^"]+)"></a>', text))


@pytest.mark.parametrize("page", pages())
def test_every_link_leads_to_a_file_and_an_anchor(page: str) -> None:
    for target in LINK.findall(prose(page)):
        if target.startswith(("https://", "http://")):
            continue
        name, _, anchor = target.partition("#")
        path = exists(page, name)
        assert path is not None, f"{page}: {target} leads nowhere"
        assert not anchor or anchor in anchors(path), f"{page}: {target} has no such anchor"


@pytest.mark.parametrize("page", pages())
def test_every_anchor_is_written_once_and_as_a_code_host_reads_it(page: str) -> None:
    ids = re.findall(r'<a id="([^"]+)"></a>', pages()[page])
    assert len(ids) == len(set(ids))
    assert "{ #" not in prose(page), f'{page}: write <a id="name"></a> at the end of the heading'


@pytest.mark.parametrize("page", pages())
def test_every_block_says_what_it_is_and_why_it_is_not_run(page: str) -> None:
    found = blocks(page)
    for block in found:
        assert block.language in LANGUAGES_OF_BLOCKS, f"{page}: {block.body[:60]!r} is {block.language or 'nothing'}"
        assert block.language != "yaml" or block.title, f"{page}: which file is {block.body[:60]!r}?"
    assert len(NOTED.findall(pages()[page])) == sum(bool(block.reason) for block in found)
    assert pages()[page].count("\n```") == 2 * len(found)


def test_every_picture_of_the_documentation_is_shown_somewhere() -> None:
    text = "".join(pages().values())
    assert not [path.name for path in (ROOT / "docs" / "img").iterdir() if f"{path.name})" not in text]
