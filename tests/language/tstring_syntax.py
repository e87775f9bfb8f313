"""t-strings: text of interpolations, and errors."""
value = x = 42
d = {"a#b": 42}

EXPRESSIONS = [
    (t"{x}", "x"), (t"{x }", "x "), (t"{ x}", " x"), (t"{ x }", " x "), (t"{ x !r}", " x "),
    (t"{ x :.2f}", " x "), (t"{ x = }", " x "), (t"{ x = !r}", " x "), (t"{x == 42 = }", "x == 42 "),
    (t"""{
  x
}""", "\n  x\n"),
    (t'{"""a" # inside"""}', '"""a" # inside"""'),
    (t'{"""a""""#" # outside
}', '"""a""""#" \n'),
    (t'{x != value # outside
}', "x != value \n"),
    (t'''{f"{d["a#b"]}"}''', 'f"{d["a#b"]}"'),
]

PARTS = [
    (t"Value: {value=}", ("Value: value=", ""), ("r", "")),
    (t"Value: {value=:.2f}", ("Value: value=", ""), (None, ".2f")),
    (t"Value: {value = !s}", ("Value: value = ", ""), ("s", "")),
    (t"a{{{x:{x}}}}" t"b", ("a{", "}b"), (None, "42")),
    (rt"{value:{f'\xFF'}}\n", ("", "\\n"), (None, "\xff")),
    (t"{value:{rf'\xFF'}}\n", ("", "\n"), (None, "\\xFF")),
]

ERRORS = [
    ("t'", "unterminated t-string literal (detected at line 1)"),
    ("t'''", "unterminated triple-quoted t-string literal (detected at line 1)"),
    ("t''''", "unterminated triple-quoted t-string literal (detected at line 1)"),
    ("t'{", "'{' was never closed"),
    ("t'{'", "t-string: expecting '}'"),
    ("t'{a'", "t-string: expecting '}'"),
    ("t'}'", "t-string: single '}' is not allowed"),
    ("t'{}'", "t-string: valid expression required before '}'"),
    ("t'{=x}'", "t-string: valid expression required before '='"),
    ("t'{!x}'", "t-string: valid expression required before '!'"),
    ("t'{:x}'", "t-string: valid expression required before ':'"),
    ("t'{x;y}'", "t-string: expecting '=', or '!', or ':', or '}'"),
    ("t'{x=y}'", "t-string: expecting '!', or ':', or '}'"),
    ("t'{x!s!}'", "t-string: expecting ':' or '}'"),
    ("t'{x!s:'", "t-string: expecting '}', or format specs"),
    ("t'{x!}'", "t-string: missing conversion character"),
    ("t'{x=!}'", "t-string: missing conversion character"),
    ("t'{x!z}'", "t-string: invalid conversion character 'z': expected 's', 'r', or 'a'"),
    ("f\"{t'{x!z}'}\"", "t-string: invalid conversion character 'z': expected 's', 'r', or 'a'"),
    ("t'{f\"{x!z}\"}'", "f-string: invalid conversion character 'z': expected 's', 'r', or 'a'"),
    ("t'{lambda:1}'", "t-string: lambda expressions are not allowed without parentheses"),
    ("t'{x:{;}}'", "t-string: expecting a valid expression after '{'"),
    ("t'{1:d\n}'", "t-string: newlines are not allowed in format specifiers for single quoted "
                   "t-strings"),
    ("t'a' 'b'", "cannot mix t-string literals with string or bytes literals"),
    ("b'a' t'b'", "cannot mix t-string literals with string or bytes literals"),
    ("f'a' t'b'", "cannot mix t-string literals with string or bytes literals"),
    ("ut'a'", "'u' and 't' prefixes are incompatible"),
    ("bt'a'", "'b' and 't' prefixes are incompatible"),
    ("ft'a'", "'f' and 't' prefixes are incompatible"),
]

for template, expected in EXPRESSIONS:
    assert template.interpolations[0].expression == expected, (template, expected)
for template, strings, (conversion, spec) in PARTS:
    part = template.interpolations[0]
    assert (template.strings, part.conversion, part.format_spec) == (strings, conversion, spec), \
        template
for source, message in ERRORS:
    try:
        eval(source)
    except SyntaxError as error:
        assert error.msg == message, (source, error.msg)
    else:
        raise AssertionError(source)
