"""Of a recorded body no more is kept than is needed to know it again."""

import gzip
import zlib

import pytest

from stacklab.model.fingerprint import fingerprint


def test_a_body_fits_its_own_fingerprint_and_no_other() -> None:
    known = fingerprint(b"one")

    assert (True, False) == (known.fits(b"one"), known.fits(b"two"))


def test_the_body_itself_is_not_kept() -> None:
    assert "secret" not in repr(fingerprint(b"secret"))


@pytest.mark.parametrize("mtime", [0, 1_800_000_000])
def test_when_a_body_was_packed_does_not_matter(mtime: int) -> None:
    known = fingerprint(gzip.compress(b"text", mtime=7), encoding="gzip")

    assert known.fits(gzip.compress(b"text", mtime=mtime), encoding="gzip")
    assert not known.fits(gzip.compress(b"other", mtime=mtime), encoding="gzip")


def test_the_length_is_that_of_the_unpacked_body() -> None:
    assert 1000 == fingerprint(zlib.compress(b"x" * 1000), encoding="deflate").length


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br"])
def test_what_is_not_packed_as_it_says_is_taken_as_it_is(encoding: str) -> None:
    assert fingerprint(b"plain", encoding=encoding).fits(b"plain")


def test_parts_that_may_vary_may(  # and nothing beside them
) -> None:
    known = fingerprint(b'{"id":17,"total":5}', vary=('"id":[^,]*',))

    assert known.fits(b'{"id":4711,"total":5}')
    assert not known.fits(b'{"id":17,"total":6}')
