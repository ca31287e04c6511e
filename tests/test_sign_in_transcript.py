"""The transcript of a new user's way is what the program prints."""

from __future__ import annotations

import runpy

from doc_pages import ROOT


async def test_the_page_shows_what_the_program_prints() -> None:
    tool = runpy.run_path(str(ROOT / "tools/sign_in_transcript.py"))
    assert tool["PAGE"].read_text() == await tool["transcript"](), "run tools/sign_in_transcript.py"
