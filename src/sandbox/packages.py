"""Installs packages from PyPI into a folder: `python packages.py FOLDER REQUIREMENT…`."""

import glob
import os
import re
import subprocess
import sys
import sysconfig

folders = (
    os.path.join(sysconfig.get_path("stdlib"), "ensurepip", "_bundled"),
    os.path.join(sys.base_prefix, "share", "python-wheels"),
    "/usr/share/python-wheels",
)
wheels = [wheel for folder in folders for wheel in glob.glob(os.path.join(folder, "pip-*.whl"))]
if not wheels:
    sys.exit("this Python came without pip: there is no pip wheel in " + ", ".join(folders))
# The newest, since an old one may not know a new Python.
wheel = max(wheels, key=lambda it: [int(n) for n in re.findall(r"\d+", os.path.basename(it))])
folder, *requirements = sys.argv[1:]
options = ["--only-binary=:all:", "--disable-pip-version-check", "--no-input", "--quiet"]
command = [sys.executable, wheel + "/pip", "install", *options, "--target", folder, *requirements]
sys.exit(subprocess.call(command, stdin=subprocess.DEVNULL))
