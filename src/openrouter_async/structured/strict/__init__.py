"""Schemas in the subset that strict modes accept, and the way back for the values.

Providers accept only a small subset under `strict`: closed objects whose properties are all required, arrays of one
kind of item, scalars, enums of scalars, `anyOf`, `$ref` to definitions; no bounds, formats, defaults, tuples or free
JSON. A richer schema is translated, and the reply is translated back before it is validated:

    maps                      lists of {"key", "value"}
    tuples                    objects of numbered items
    properties with defaults  nullable; null means the default
    absent or null            null, or {"value": ...}, where the two differ
    arms that look alike      {"kind", "value"}
    any JSON                  a string that contains JSON
    bounds, patterns, formats words in the description
"""
