"""The part of the package that stands behind a web application, over real sockets."""
