"""Claims are read strictly: what is wrong with one is said in a sentence that names the file and the key."""

from pathlib import Path
from shutil import copytree

import pytest

from stacklab.catalog import catalogue
from stacklab.catalog.claims import claims as claims_of
from stacklab.catalog.workspace import Workspace, reference
from stacklab.errors import UsageError
from stacklab.model.claims.arm import ProgramArm
from stacklab.model.claims.claim import Claim

ROOT = reference()


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    """The reference workspace, with claims that a test may change."""
    copytree(ROOT / "scenarios", tmp_path / "scenarios")
    return Workspace(targets=ROOT / "targets", scenarios=tmp_path / "scenarios", results=tmp_path)


def read(place: Workspace) -> dict[str, Claim]:
    return dict(claims_of.read(place, catalogue.with_those_of_claims(place, catalogue.read(place))))


def change(place: Workspace, old: str, new: str, *, claim: str = "wellons-flood") -> None:
    path = place.claims / f"{claim}.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_every_claim_of_the_reference_workspace_is_read(place: Workspace) -> None:
    assert "wellons-flood" in read(place)


def test_a_number_of_the_source_is_read_from_its_table(place: Workspace) -> None:
    (original,) = read(place)["wellons-flood"].originals

    assert 1.534 == original.value


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('arm = "flood", formula', 'arm = "flod", formula', "there is no arm 'flod'; there are flood, literal"),
        ('program = "wellons.py"', 'program = "welons.py"', "`arms.flood`: program: there is no "),
        (
            'tolerates = ["host-busy"]',
            'tolerates = ["host-bussy"]',
            "no caveat 'host-bussy'; did you mean 'host-busy'?",
        ),
        ('title = "', 'tittle = "', "unknown key `tittle`; did you mean `title`?"),
        ("item = 3", "item = 9", "has no item 9"),
        ("create_task x200", "create_task x201", "0 rows have {'variant': 'create_task x201'} instead of exactly one"),
        ('column = "delays_s_in_order"', 'column = "delays"', "has no column 'delays'; it has variant, delays_s"),
        ("ours = {", "value = 1.5\nours = {", "remove the key `value`: the number is read from the table"),
        ('program = "wellons.py"', 'digest = "0"\nprogram = "wellons.py"', "remove the key `digest`: it is computed"),
        ('kind = "all"', 'kind = "every"', "`decision.kind`: should be"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(place: Workspace, old: str, new: str, sentence: str) -> None:
    change(place, old, new)

    with pytest.raises(UsageError) as raised:
        read(place)

    assert "wellons-flood.toml" in str(raised.value)
    assert sentence in str(raised.value)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('stack = "claims-uvicorn"', 'stack = "uvicorns"', "`arms.awaiting`: stack: there is no stack 'uvicorns'"),
        ('scenario = "at-once"', 'scenario = "once"', "`arms.awaiting`: scenario: there is no scenario 'once'"),
        ('endpoint = "wait-cooperative"', 'endpoint = "wait"', "endpoint: there is no 'wait' in the contract"),
        ("rate = 5", 'rate = 5\nsettings = { pars = "h11" }', "settings.pars: claims-uvicorn has "),
    ],
)
def test_a_cell_that_names_what_there_is_not_is_refused(place: Workspace, old: str, new: str, sentence: str) -> None:
    change(place, old, new, claim="blocking-in-async")

    with pytest.raises(UsageError, match=r"blocking-in-async\.toml: ") as raised:
        read(place)

    assert sentence in str(raised.value)


def test_an_unknown_name_is_answered_with_the_nearest(place: Workspace) -> None:
    known = read(place)

    with pytest.raises(UsageError, match=r"no claim matches 'wellons-floods'; did you mean 'wellons-flood'\?"):
        claims_of.choose_claims(["wellons-floods"], known)


def test_a_program_is_known_by_its_text_and_by_what_it_imports(place: Workspace) -> None:
    def digests() -> tuple[str | None, str | None]:
        claims = read(place)
        first, other = claims["wellons-flood"].arms["flood"], claims["wellons-runaway"].arms["unbounded"]
        assert isinstance(first, ProgramArm)
        assert isinstance(other, ProgramArm)
        return first.digest, other.digest

    def add_a_line(program: str) -> None:
        path = place.programs / program
        path.write_text(path.read_text(encoding="utf-8") + "# more\n", encoding="utf-8")

    before = digests()
    add_a_line("wellons.py")
    its_own = digests()
    add_a_line("rows.py")
    imported = digests()

    assert (True, False) == (before[0] != its_own[0], before[1] != its_own[1])
    assert (True, True) == (its_own[0] != imported[0], its_own[1] != imported[1])
