from xml import sax


def test_two():
    assert sax.__name__ == "xml.sax"
