// Character properties: readers of the tables that scripts/gen_unicode.py makes.
//
// Every property is a number per code point in a two-level table (blocks that are equal are
// stored once); the number indexes a list of the distinct combinations of properties.
// Decompositions index a pool: a word with the length (low byte) and the tag, then the characters.
//
// Threading: constant data.
#include "objects/unicode_data.h"

#include <stdint.h>

typedef struct {
    uint16_t flags;             // TYPE_*
    int8_t decimal, digit;      // -1: none
    int32_t lower, upper, title; // simple mappings, as distances
    uint16_t special;           // with TYPE_SPECIAL: where special_case has the full mappings
} TypeRecord;

typedef struct {
    uint8_t category, bidirectional, width, combining, mirrored, quick;
} DataRecord;

typedef struct {
    Py_UCS4 ch;
    double value;
} NumericRow;

typedef struct {
    Py_UCS4 first, second, composed;
} CompositionRow;

typedef struct {
    uint8_t category, bidirectional, width, mirrored;
    int8_t decimal;
} OldRecord;

#include "unicode_tables.inc"

#define TREE(NAME, UPPER, ch)                                                              \
    NAME##_leaf[((size_t)NAME##_index[(ch) >> UPPER##_SHIFT] << UPPER##_SHIFT) +           \
                ((ch) & ((1u << UPPER##_SHIFT) - 1))]

#define CODE_LIMIT 0x110000u

static inline const TypeRecord *
type_record(Py_UCS4 ch)
{
    return &type_records[ch < CODE_LIMIT ? TREE(type, TYPE, ch) : TREE(type, TYPE, 0xffffu)];
}

static inline const DataRecord *
data_record(Py_UCS4 ch)
{
    return &data_records[ch < CODE_LIMIT ? TREE(data, DATA, ch) : TREE(data, DATA, 0xffffu)];
}

#define PREDICATE(NAME, FLAG)                                                              \
    bool unicode_is_##NAME(Py_UCS4 ch) { return (type_record(ch)->flags & TYPE_##FLAG) != 0; }
PREDICATE(alpha, ALPHA)
PREDICATE(decimal, DECIMAL)
PREDICATE(digit, DIGIT)
PREDICATE(numeric, NUMERIC)
PREDICATE(lower, LOWER)
PREDICATE(upper, UPPER)
PREDICATE(title, TITLE)
PREDICATE(space, SPACE)
PREDICATE(linebreak, LINEBREAK)
PREDICATE(printable, PRINTABLE)
PREDICATE(xid_start, XID_START)
PREDICATE(xid_continue, XID_CONTINUE)
PREDICATE(cased, CASED)
PREDICATE(case_ignorable, CASE_IGNORABLE)

Py_UCS4 unicode_to_lower(Py_UCS4 ch) { return (Py_UCS4)((int32_t)ch + type_record(ch)->lower); }
Py_UCS4 unicode_to_upper(Py_UCS4 ch) { return (Py_UCS4)((int32_t)ch + type_record(ch)->upper); }
Py_UCS4 unicode_to_title(Py_UCS4 ch) { return (Py_UCS4)((int32_t)ch + type_record(ch)->title); }

// The sequence number `which` (0 lower, 1 title, 2 upper, 3 fold) of a special record.
static int
special_mapping(const TypeRecord *record, int which, Py_UCS4 out[3])
{
    const uint32_t *p = &special_case[record->special];
    uint32_t lengths = *p++;
    for (; which > 0; which--, lengths >>= 4) {
        p += lengths & 15;
    }
    int n = (int)(lengths & 15);
    for (int i = 0; i < n; i++) {
        out[i] = p[i];
    }
    return n;
}

static int
full_mapping(Py_UCS4 ch, int which, int32_t simple, const TypeRecord *record, Py_UCS4 out[3])
{
    if ((record->flags & TYPE_SPECIAL) != 0) {
        return special_mapping(record, which, out);
    }
    out[0] = (Py_UCS4)((int32_t)ch + simple);
    return 1;
}

int
unicode_to_lower_full(Py_UCS4 ch, Py_UCS4 out[3])
{
    const TypeRecord *record = type_record(ch);
    return full_mapping(ch, 0, record->lower, record, out);
}

int
unicode_to_title_full(Py_UCS4 ch, Py_UCS4 out[3])
{
    const TypeRecord *record = type_record(ch);
    return full_mapping(ch, 1, record->title, record, out);
}

int
unicode_to_upper_full(Py_UCS4 ch, Py_UCS4 out[3])
{
    const TypeRecord *record = type_record(ch);
    return full_mapping(ch, 2, record->upper, record, out);
}

// Where the folding is not the simple lower case, the record is special.
int
unicode_to_folded_full(Py_UCS4 ch, Py_UCS4 out[3])
{
    const TypeRecord *record = type_record(ch);
    return full_mapping(ch, 3, record->lower, record, out);
}

int unicode_to_decimal(Py_UCS4 ch) { return type_record(ch)->decimal; }
int unicode_to_digit(Py_UCS4 ch) { return type_record(ch)->digit; }

double
unicode_to_numeric(Py_UCS4 ch)
{
    size_t low = 0, high = sizeof numeric_rows / sizeof numeric_rows[0];
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (numeric_rows[middle].ch < ch) {
            low = middle + 1;
        }
        else {
            high = middle;
        }
    }
    bool found = low < sizeof numeric_rows / sizeof numeric_rows[0] && numeric_rows[low].ch == ch;
    return found ? numeric_rows[low].value : -1.0;
}

const char *unicode_category(Py_UCS4 ch) { return category_names[data_record(ch)->category]; }
const char *
unicode_bidirectional(Py_UCS4 ch)
{
    return bidirectional_names[data_record(ch)->bidirectional];
}
const char *unicode_east_asian_width(Py_UCS4 ch) { return width_names[data_record(ch)->width]; }
int unicode_combining(Py_UCS4 ch) { return data_record(ch)->combining; }
bool unicode_is_mirrored(Py_UCS4 ch) { return data_record(ch)->mirrored != 0; }

char
unicode_quick_check(Py_UCS4 ch, int form)
{
    return "YNM"[data_record(ch)->quick >> (2 * form) & 3];
}

int
unicode_decomposition(Py_UCS4 ch, const Py_UCS4 **out, const char **tag)
{
    uint32_t at = ch < CODE_LIMIT ? TREE(decomposition, DECOMPOSITION, ch) : 0;
    if (at == 0) {
        return 0;
    }
    *tag = decomposition_tags[decomposition_pool[at] >> 8];
    *out = &decomposition_pool[at + 1];
    return (int)(decomposition_pool[at] & 0xff);
}

Py_UCS4
unicode_compose(Py_UCS4 first, Py_UCS4 second)
{
    size_t low = 0, high = sizeof composition_rows / sizeof composition_rows[0];
    while (low < high) {
        size_t middle = (low + high) / 2;
        const CompositionRow *row = &composition_rows[middle];
        if (row->first == first && row->second == second) {
            return row->composed;
        }
        if (row->first < first || (row->first == first && row->second < second)) {
            low = middle + 1;
        }
        else {
            high = middle;
        }
    }
    return 0;
}

// ---- version 3.2 ----

bool
unicode_old_is_assigned(Py_UCS4 ch)
{
    return ch < CODE_LIMIT && TREE(old, OLD, ch) != 0;
}

UnicodeOldProperties
unicode_old_properties(Py_UCS4 ch)
{
    const OldRecord *record = &old_records[ch < CODE_LIMIT ? TREE(old, OLD, ch) : 0];
    bool assigned = record != &old_records[0];
    return (UnicodeOldProperties){
        .assigned = assigned,
        .category = category_names[record->category],
        .bidirectional = bidirectional_names[record->bidirectional],
        .east_asian_width = assigned || data_record(ch)->category != 0
                                ? width_names[record->width]
                                : unicode_east_asian_width(ch),
        .mirrored = record->mirrored != 0,
        .decimal = record->decimal,
    };
}

Py_UCS4
unicode_old_mapping(Py_UCS4 ch)
{
    for (size_t i = 0; i < sizeof old_mappings / sizeof old_mappings[0]; i++) {
        if (old_mappings[i][0] == ch) {
            return old_mappings[i][1];
        }
    }
    return 0;
}
