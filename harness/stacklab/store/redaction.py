"""Takes the folders of this machine, and so the name of its user, out of what is kept: people mail these files."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from stacklab.model.measured.counting import Count
from stacklab.model.measured.profile import Profile
from stacklab.model.measured.record import Completed, Failed, Run

KEPT_TEXTS: Final = ("*.log", "speedscope.json", "samples-*.json")
"""Files of a run that programs wrote, with the paths they saw."""

MOST_LETTERS: Final = 500
"""That are kept of the body of a failed response."""


def redacted(text: str, redactions: Mapping[str, str]) -> str:
    """Write a word for each place (``{"/home/me/env": "<environment>"}``) instead of its path; inner folders first."""
    for path in sorted(redactions, key=len, reverse=True):
        text = text.replace(path, redactions[path])
    return text


def clean_texts(folder: Path, redactions: Mapping[str, str]) -> None:
    """Rewrite the logs and samples of one run."""
    for pattern in KEPT_TEXTS:
        for path in folder.glob(pattern):
            text = path.read_text(encoding="utf-8", errors="replace")
            clean = redacted(text, redactions)
            if clean != text:
                path.write_text(clean, encoding="utf-8")


def clean_run(run: Run, redactions: Mapping[str, str]) -> Run:
    """The same run, without places in what a failed one or a failed response says."""
    if isinstance(run, Completed):
        failures = tuple(
            replace(one, body=redacted(one.body, redactions)[:MOST_LETTERS]) for one in run.driver.failures
        )
        return replace(run, driver=replace(run.driver, failures=failures))
    if not isinstance(run, Failed):
        return run
    tail = tuple(redacted(line, redactions) for line in run.log_tail)
    return replace(run, reason=redacted(run.reason, redactions), log_tail=tail)


def clean_profile(profile: Profile, redactions: Mapping[str, str]) -> Profile:
    """The same profile, without places in the reason why there is none."""
    return profile if profile.failed is None else replace(profile, failed=redacted(profile.failed, redactions))


def clean_count(count: Count, redactions: Mapping[str, str]) -> Count:
    """The same count, without places in the reason why there is none."""
    return count if count.failed is None else replace(count, failed=redacted(count.failed, redactions))
