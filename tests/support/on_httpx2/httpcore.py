"""Stands for httpcore where its folder is first on the path: whoever imports httpx or httpcore gets the second one."""

import sys

import httpx2

del sys.modules[__name__]
httpx2.alias_httpx()
