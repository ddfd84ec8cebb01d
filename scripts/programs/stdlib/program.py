"""A broad sweep through the standard library, which is there on every interpreter."""

import argparse
import asyncio
import concurrent.futures
import configparser
import csv
import ctypes
import dataclasses
import decimal
import difflib
import email.mime.multipart
import fractions
import html.parser
import http.server
import importlib.metadata
import importlib.resources
import ipaddress
import json.tool
import logging.config
import multiprocessing.pool
import pathlib
import pickle
import plistlib
import pprint
import pydoc
import sqlite3
import statistics
import tarfile
import tomllib
import unittest.mock
import urllib.request
import uuid
import venv
import wsgiref.simple_server
import xml.dom.minidom
import xml.etree.ElementTree
import xmlrpc.client
import zipapp
import zoneinfo

from space import inner


@dataclasses.dataclass
class Point:
    x: int = 0


print(inner.VALUE)

# None of these has a line under -v: no module body is run, or it never returns.
exec("print(Point())")
for name in ("no_such_module", "raises"):
    try:
        __import__(name)
    except ImportError as error:
        print(error)

asyncio.run(asyncio.sleep(0))
with concurrent.futures.ThreadPoolExecutor(1) as pool:
    print(pool.submit(__import__, "colorsys").result().__name__)
