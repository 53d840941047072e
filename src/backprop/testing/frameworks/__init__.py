"""Rules of other frameworks: a file for each, imported when an object of it is verified."""
