"""A gate as JUnit XML, which GitLab, Jenkins and others show beside the tests of a project.

A promise that fails is a failure, and one that cannot be told is skipped: that format has no third answer.
"""

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from stacklab.analysis.gates.judgement import Answer, Judgement
from stacklab.model.names import shown
from stacklab.report.gates.words import found, promise, subject


def render(judgements: Sequence[Judgement], *, session: str) -> str:
    """One suite of the session, one case for each condition and cell; the owner is a property of the case."""
    counts = {answer: str(sum(one.answer is answer for one in judgements)) for answer in Answer}
    numbers = {
        "tests": str(len(judgements)),
        "failures": counts[Answer.FAILS],
        "skipped": counts[Answer.CANNOT_TELL],
        "errors": "0",
    }
    suites = ET.Element("testsuites", {"name": "stacklab", **numbers})
    suite = ET.SubElement(suites, "testsuite", {"name": shown(session), **numbers})
    for one in judgements:
        _add(suite, one)
    ET.indent(suites)
    return ET.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


def _add(suite: ET.Element, one: Judgement) -> None:
    named = one.promise.name if one.promise is not None and one.promise.name else ""
    name = f"{named}: {promise(one)}" if named else promise(one)
    case = ET.SubElement(suite, "testcase", classname=shown(subject(one)), name=shown(name))
    if one.promise is not None and one.promise.owner:
        properties = ET.SubElement(case, "properties")
        ET.SubElement(properties, "property", name="owner", value=shown(one.promise.owner))
    if one.answer is Answer.FAILS:
        ET.SubElement(case, "failure", message=shown(found(one)), type="promise")
    elif one.answer is Answer.CANNOT_TELL:
        ET.SubElement(case, "skipped", message=shown(f"cannot tell: {found(one)}"))
    else:
        ET.SubElement(case, "system-out").text = shown(found(one))
