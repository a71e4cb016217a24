"""What a failed response says is kept without the places of this machine, without secrets, and cut short."""

from dataclasses import replace

from made.evidence import GOOD
from stacklab.model.measured.record import Completed, FailedResponse, Outcome
from stacklab.model.secrets import worth_hiding
from stacklab.store.redaction import MOST_LETTERS, clean_run


def kept(body: str, redactions: dict[str, str]) -> str:
    failure = FailedResponse(endpoint="json", outcome=Outcome.STATUS, status=500, body=body)
    run = clean_run(replace(GOOD.run, driver=replace(GOOD.run.driver, failures=(failure,))), redactions)
    assert isinstance(run, Completed)
    (told,) = run.driver.failures
    return told.body


def test_places_and_secrets_of_a_body_are_words() -> None:
    assert "no <withheld-1> in <home>" == kept(
        "no s3cr3t in /home/me", {"/home/me": "<home>", "s3cr3t": "<withheld-1>"}
    )


def test_a_body_is_cut_after_its_secrets_became_words() -> None:
    secret = "k" * 100
    body = kept("x" * (MOST_LETTERS - 50) + secret, {secret: "<w>"})

    assert "x" * (MOST_LETTERS - 50) + "<w>" == body
    assert MOST_LETTERS == len(kept("x" * 5000, {}))


def test_a_secret_that_stands_in_any_text_is_not_looked_for() -> None:
    assert {"long enough": "<b>"} == worth_hiding({"<a>": "1", "<b>": "long enough"})
