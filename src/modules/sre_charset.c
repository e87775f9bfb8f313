// Characters as regular expressions see them: categories, sets, case.
#include <ctype.h>

#include "modules/sre_internal.h"
#include "objects/unicode_data.h"

static bool is_ascii_digit(Py_UCS4 ch) { return ch - '0' < 10; }
static bool is_ascii_space(Py_UCS4 ch) { return ch == ' ' || ch - '\t' < 5; }

static bool
is_ascii_word(Py_UCS4 ch)
{
    return ch < 128 && (isalnum((int)ch) || ch == '_');
}

static bool
is_unicode_word(Py_UCS4 ch)
{
    return ch < 128 ? is_ascii_word(ch)
                    : unicode_is_alpha(ch) || unicode_is_decimal(ch) || unicode_is_digit(ch)
                          || unicode_is_numeric(ch);
}

// A category and its opposite, which is the next number.
#define EITHER(category, is) ((uint32_t)((is) ? 1 : 2) << (category))
#define CATEGORIES(digit, ascii_space, space, word, newline, linebreak)                       \
    (EITHER(SRE_CATEGORY_DIGIT, digit) | EITHER(SRE_CATEGORY_UNI_DIGIT, digit) |               \
     EITHER(SRE_CATEGORY_SPACE, ascii_space) | EITHER(SRE_CATEGORY_UNI_SPACE, space) |         \
     EITHER(SRE_CATEGORY_WORD, word) | EITHER(SRE_CATEGORY_UNI_WORD, word) |                   \
     EITHER(SRE_CATEGORY_LINEBREAK, newline) | EITHER(SRE_CATEGORY_UNI_LINEBREAK, linebreak))
#define OTHER CATEGORIES(0, 0, 0, 0, 0, 0)
#define LETTER CATEGORIES(0, 0, 0, 1, 0, 0)

const uint32_t sre_ascii_categories[128] = {
    [0 ... 8] = OTHER,
    ['\t'] = CATEGORIES(0, 1, 1, 0, 0, 0),
    ['\n'] = CATEGORIES(0, 1, 1, 0, 1, 1),
    ['\v' ... '\r'] = CATEGORIES(0, 1, 1, 0, 0, 1),
    [14 ... 27] = OTHER,
    [28 ... 30] = CATEGORIES(0, 0, 1, 0, 0, 1),
    [31] = CATEGORIES(0, 0, 1, 0, 0, 0),
    [' '] = CATEGORIES(0, 1, 1, 0, 0, 0),
    ['!' ... '/'] = OTHER,
    ['0' ... '9'] = CATEGORIES(1, 0, 0, 1, 0, 0),
    [':' ... '@'] = OTHER,
    ['A' ... 'Z'] = LETTER,
    ['[' ... '^'] = OTHER,
    ['_'] = LETTER,
    ['`'] = OTHER,
    ['a' ... 'z'] = LETTER,
    ['{' ... 127] = OTHER,
};

bool
sre_category_general(uint32_t category, Py_UCS4 ch)
{
    switch (category) {
        case SRE_CATEGORY_DIGIT: return is_ascii_digit(ch);
        case SRE_CATEGORY_NOT_DIGIT: return !is_ascii_digit(ch);
        case SRE_CATEGORY_SPACE: return is_ascii_space(ch);
        case SRE_CATEGORY_NOT_SPACE: return !is_ascii_space(ch);
        case SRE_CATEGORY_WORD: return is_ascii_word(ch);
        case SRE_CATEGORY_NOT_WORD: return !is_ascii_word(ch);
        case SRE_CATEGORY_LINEBREAK: return ch == '\n';
        case SRE_CATEGORY_NOT_LINEBREAK: return ch != '\n';
        case SRE_CATEGORY_LOC_WORD: return ch < 256 && (isalnum((int)ch) || ch == '_');
        case SRE_CATEGORY_LOC_NOT_WORD: return !(ch < 256 && (isalnum((int)ch) || ch == '_'));
        case SRE_CATEGORY_UNI_DIGIT: return unicode_is_decimal(ch);
        case SRE_CATEGORY_UNI_NOT_DIGIT: return !unicode_is_decimal(ch);
        case SRE_CATEGORY_UNI_SPACE: return unicode_is_space(ch);
        case SRE_CATEGORY_UNI_NOT_SPACE: return !unicode_is_space(ch);
        case SRE_CATEGORY_UNI_WORD: return is_unicode_word(ch);
        case SRE_CATEGORY_UNI_NOT_WORD: return !is_unicode_word(ch);
        case SRE_CATEGORY_UNI_LINEBREAK: return unicode_is_linebreak(ch);
        case SRE_CATEGORY_UNI_NOT_LINEBREAK: return !unicode_is_linebreak(ch);
        default: return false;
    }
}

Py_UCS4
sre_lower_ascii(Py_UCS4 ch)
{
    return ch - 'A' < 26 ? ch + 32 : ch;
}

Py_UCS4
sre_lower_unicode(Py_UCS4 ch)
{
    return unicode_to_lower(ch);
}

Py_UCS4
sre_upper_unicode(Py_UCS4 ch)
{
    return unicode_to_upper(ch);
}

static bool
bit_is_set(const uint32_t *bits, Py_UCS4 index)
{
    return bits[index >> 5] & (uint32_t)1 << (index & 31);
}

// The set is a list of tests that ends with FAILURE; NEGATE turns the answers around.
bool
sre_charset_contains(const uint32_t *set, Py_UCS4 ch)
{
    bool found = true;
    for (;;) {
        switch (*set++) {
            case SRE_FAILURE:
                return !found;
            case SRE_LITERAL:
                if (ch == set[0]) {
                    return found;
                }
                set++;
                break;
            case SRE_CATEGORY:
                if (sre_category(set[0], ch)) {
                    return found;
                }
                set++;
                break;
            case SRE_CHARSET:
                if (sre_bitmap_contains(set, ch)) {
                    return found;
                }
                set += 8;
                break;
            case SRE_RANGE:
                if (set[0] <= ch && ch <= set[1]) {
                    return found;
                }
                set += 2;
                break;
            case SRE_RANGE_UNI_IGNORE: {
                // ch is lower case already
                Py_UCS4 upper = sre_upper_unicode(ch);
                if ((set[0] <= ch && ch <= set[1]) || (set[0] <= upper && upper <= set[1])) {
                    return found;
                }
                set += 2;
                break;
            }
            case SRE_NEGATE:
                found = !found;
                break;
            case SRE_BIGCHARSET: {
                uint32_t blocks = *set++;
                if (ch < 65536) {
                    uint32_t block = ((const unsigned char *)set)[ch >> 8];
                    if (bit_is_set(set + 64 + block * 8, ch & 255)) {
                        return found;
                    }
                }
                set += 64 + blocks * 8;
                break;
            }
            default:
                return false;
        }
    }
}

bool
sre_char_loc_ignore(uint32_t pattern_char, Py_UCS4 ch)
{
    return ch == pattern_char
           || (ch < 256 && ((uint32_t)tolower((int)ch) == pattern_char
                            || (uint32_t)toupper((int)ch) == pattern_char));
}

bool
sre_charset_contains_loc_ignore(const uint32_t *set, Py_UCS4 ch)
{
    Py_UCS4 low = ch < 256 ? (Py_UCS4)tolower((int)ch) : ch;
    Py_UCS4 up = ch < 256 ? (Py_UCS4)toupper((int)ch) : ch;
    return sre_charset_contains(set, low) || (up != low && sre_charset_contains(set, up));
}
