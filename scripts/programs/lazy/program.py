"""Explicit lazy imports (PEP 810, Python 3.15): a body runs at the first use of its name."""

lazy import json
lazy import late.never
lazy from late import early
lazy from xml.etree import ElementTree

print("nothing ran yet")
print(json.dumps({"early": early.VALUE}))
print(ElementTree.fromstring("<a/>").tag)
