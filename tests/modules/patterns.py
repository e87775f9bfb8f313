# re: conditional parts, marks left by lookahead, case without a one-character partner.
import re

for pattern, text, groups in [
    (r"^(\()?([^()]+)(?(1)\))$", "a", (None, "a")),
    (r"^(\()?([^()]+)(?(1)\))$", "(a)", ("(", "a")),
    (r"^(\()?([^()]+)(?(1)\))$", "(a", None),
    (r"^(\()?([^()]+)(?(1)\))$", "a)", None),
    (r"^(?:(a)|c)((?(1)b))$", "ab", ("a", "b")),
    (r"^(?:(a)|c)((?(1)b))$", "c", (None, "")),
    (r"^(?:(a)|c)((?(1)|d))$", "a", ("a", "")),
    (r"^(?:(a)|c)((?(1)|d))$", "cd", (None, "d")),
    (r"(?:(a)|(x))b(?=(?(2)x|c))c", "abc", ("a", None)),
    (r"(?:(a)|(x))b(?<=(?(2)x|c))c", "abc", None),
    (r"\b(?=(\t)|(x))x", "a\tx", (None, "x")),
    (r"(?:(?=(a))a|b)c", "abc", (None,)),
]:
    match = re.search(pattern, text)
    assert (match.groups() if match else None) == groups, (pattern, text, match)

assert re.match("\ufb05", "\ufb06", re.I) and re.match("[\ufb04-\ufb05]", "\ufb06", re.I)
assert re.match("\u1e9e", "\xdf", re.I) and not re.match("\xdf", "SS", re.I)
