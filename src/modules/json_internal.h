// What the files of _json share.
#ifndef TYPHON_MODULES_JSON_INTERNAL_H
#define TYPHON_MODULES_JSON_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "abi/object.h"
#include "objects/str_writer.h"

extern PyTypeObject json_scanner_type;
extern PyTypeObject json_encoder_type;

// scanstring(string, end, strict=True) -> (str, end)
PyObject *json_scanstring(PyObject *module, PyObject *const *args, Py_ssize_t nargs);

// encode_basestring and encode_basestring_ascii.
PyObject *json_encode_basestring(PyObject *module, PyObject *text);
PyObject *json_encode_basestring_ascii(PyObject *module, PyObject *text);

// Writes a str as a JSON string, with quotes.
int json_write_string(StrWriter *w, PyObject *text, bool ascii_only);

// ---- eight bytes at a time ----

#define JSON_ONES 0x0101010101010101u
#define JSON_HIGHS 0x8080808080808080u

// Whether a byte of the word is a quote, a backslash or below 0x20. (Borrows can mark a byte too many,
// never one too few: what is found is looked at again.)
static inline bool
json_word_is_special(uint64_t word)
{
    uint64_t quote = word ^ JSON_ONES * '"';
    uint64_t backslash = word ^ JSON_ONES * '\\';
    return ((((quote - JSON_ONES) & ~quote) | ((backslash - JSON_ONES) & ~backslash)
             | ((word - JSON_ONES * 0x20) & ~word)) & JSON_HIGHS) != 0;
}

static inline uint64_t
json_load_word(const void *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof word);
    return word;
}

#endif
