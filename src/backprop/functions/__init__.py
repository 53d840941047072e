"""The derivative rules, one family a file, one small class a rule."""
