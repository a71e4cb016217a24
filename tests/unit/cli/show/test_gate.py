"""What a gate says to a build: exit codes, files, and GitHub Actions."""

from pathlib import Path

import pytest

from made.cells import made_cell
from stacklab.analysis.gates.judgement import Answer, judged
from stacklab.analysis.gates.limits import failing
from stacklab.cli.options.gate import Gate
from stacklab.cli.show.gate import exit_code, tell


@pytest.mark.parametrize(
    ("answer", "codes"),
    [(Answer.HOLDS, (0, 0, 0)), (Answer.FAILS, (1, 1, 1)), (Answer.CANNOT_TELL, (4, 0, 1))],
)
def test_three_answers_have_three_codes_and_the_third_may_pass_or_fail(answer: Answer, codes: tuple[int, ...]) -> None:
    assert codes == tuple(exit_code(answer, choice) for choice in ("exit-4", "pass", "fail"))


def test_github_gets_annotations_and_a_summary_after_what_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    found = judged([made_cell("stack", values={"p99": (9.0, 10.0, 11.0)})], [(failing("p99 > 1 ms"), None)])

    code = tell(Gate(junit=str(tmp_path / "gate.xml")), found, "now")

    assert (1, True) == (code, "::error title=" in capsys.readouterr().err)
    assert ("before", True) == (summary.read_text().splitlines()[0], "1 promise: 1 fails" in summary.read_text())
    assert "<failure" in (tmp_path / "gate.xml").read_text()


def test_elsewhere_nothing_is_annotated(capsys: pytest.CaptureFixture[str]) -> None:
    tell(Gate(), judged([made_cell("stack", values={"p99": (9.0, 10.0)})], [(failing("p99 > 1 ms"), None)]), "now")

    assert "" == capsys.readouterr().err
