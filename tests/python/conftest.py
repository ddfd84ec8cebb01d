"""The plugins of the tests."""

pytest_plugins = ["pytester"]
