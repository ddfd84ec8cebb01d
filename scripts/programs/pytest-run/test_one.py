import helpers


def test_one():
    assert helpers.VALUE == 1
