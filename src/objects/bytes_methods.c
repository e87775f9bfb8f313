// Methods that bytes and bytearray share: search, split, strip, join, replace, translate, padding.
//
// See bytes_internal.h: arguments first, self's data last.
#include <limits.h>
#include <string.h>

#include "base/checked.h"
#include "memory/alloc.h"
#include "memory/refcount.h"
#include "objects/args.h"
#include "objects/bool.h"
#include "objects/buffer.h"
#include "objects/bytes_internal.h"
#include "objects/error.h"
#include "objects/int.h"
#include "objects/list.h"
#include "objects/number.h"
#include "objects/object.h"
#include "objects/sequence.h"
#include "objects/tuple.h"
#include "thread/critical_section.h"

// ---- search ----

// What is sought: bytes-like, or one byte given as an int.
typedef struct {
    BytesArg arg;
    char byte;
} Sought;

// A bytes-like argument, whose __buffer__ must not change the size of self.
static int
arg_get_holding(PyObject *self, PyObject *op, BytesArg *arg)
{
    bytes_like_hold(self);
    int result = bytes_arg_get(op, arg);
    bytes_like_release(self);
    return result;
}

static int
sought_get(PyObject *op, Sought *s)
{
    s->arg.view.obj = NULL;
    if (buffer_check(op)) {
        return bytes_arg_get(op, &s->arg);
    }
    if (!index_check(op)) {
        error_format(PyExc_TypeError,
                     "argument should be integer or bytes-like object, not '%.200s'",
                     type_of(op)->tp_name);
        return -1;
    }
    unsigned char byte;
    if (byte_argument(op, &byte) < 0) {
        return -1;
    }
    s->byte = (char)byte;
    s->arg.data = &s->byte;
    s->arg.size = 1;
    return 0;
}

// Index in self, -1 when absent, -2 with an exception.
static Py_ssize_t
search(const char *name, PyObject *self, PyObject *const *args, Py_ssize_t nargs, int direction)
{
    Py_ssize_t start, end;
    Sought sought;
    bytes_like_hold(self);
    int failed = find_arguments(name, args, nargs, &start, &end) < 0 ||
                 sought_get(args[0], &sought) < 0;
    bytes_like_release(self);
    if (failed) {
        return -2;
    }
    const char *data = bytes_like_data(self);
    clip_indices(&start, &end, size_of(self));
    Py_ssize_t n = end - start, found = -1;
    if (n >= sought.arg.size) {
        found = direction > 0
                    ? chars_find(1, data + start, n, 1, sought.arg.data, sought.arg.size)
                    : chars_rfind(1, data + start, n, 1, sought.arg.data, sought.arg.size);
    }
    bytes_arg_release(&sought.arg);
    return found < 0 ? -1 : found + start;
}

static PyObject *
found_or_minus_one(Py_ssize_t found)
{
    return found == -2 ? NULL : int_from_ssize(found);
}

static PyObject *
found_or_error(Py_ssize_t found)
{
    if (found == -1) {
        return error_set(PyExc_ValueError, "subsection not found");
    }
    return found_or_minus_one(found);
}

PyObject *
bytes_method_find(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    return found_or_minus_one(search("find", self, args, nargs, 1));
}

PyObject *
bytes_method_rfind(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    return found_or_minus_one(search("rfind", self, args, nargs, -1));
}

PyObject *
bytes_method_index(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    return found_or_error(search("index", self, args, nargs, 1));
}

PyObject *
bytes_method_rindex(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    return found_or_error(search("rindex", self, args, nargs, -1));
}

PyObject *
bytes_method_count(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t start, end;
    Sought sought;
    bytes_like_hold(self);
    int failed = find_arguments("count", args, nargs, &start, &end) < 0 ||
                 sought_get(args[0], &sought) < 0;
    bytes_like_release(self);
    if (failed) {
        return NULL;
    }
    const char *data = bytes_like_data(self);
    clip_indices(&start, &end, size_of(self));
    Py_ssize_t n = end - start, count = 0;
    if (n >= sought.arg.size && n >= 0) {
        count = sought.arg.size == 0 ? n + 1
                                     : chars_count(1, data + start, n, 1, sought.arg.data,
                                                   sought.arg.size, PY_SSIZE_T_MAX);
    }
    bytes_arg_release(&sought.arg);
    return int_from_ssize(count);
}

int
bytes_like_contains(PyObject *self, PyObject *arg)
{
    unsigned char byte;
    BytesArg sub;
    bool is_index = index_check(arg);
    bytes_like_hold(self);
    int failed = is_index ? byte_argument(arg, &byte) : bytes_arg_get(arg, &sub);
    bytes_like_release(self);
    if (failed < 0) {
        return -1;
    }
    if (is_index) {
        return chars_find_char(1, bytes_like_data(self), size_of(self), byte) >= 0;
    }
    Py_ssize_t found = chars_find(1, bytes_like_data(self), size_of(self), 1, sub.data, sub.size);
    bytes_arg_release(&sub);
    return found >= 0;
}

// 1, 0 or -1.
static int
tail_match(PyObject *self, PyObject *part, Py_ssize_t start, Py_ssize_t end, int direction)
{
    BytesArg arg;
    if (arg_get_holding(self, part, &arg) < 0) {
        return -1;
    }
    clip_indices(&start, &end, size_of(self));
    bool match = false;
    if (end - start >= arg.size) {
        Py_ssize_t at = direction > 0 ? end - arg.size : start;
        match = memcmp(bytes_like_data(self) + at, arg.data, (size_t)arg.size) == 0;
    }
    bytes_arg_release(&arg);
    return match;
}

static PyObject *
match_ends(const char *name, PyObject *self, PyObject *const *args, Py_ssize_t nargs,
           int direction)
{
    Py_ssize_t start, end;
    if (find_arguments(name, args, nargs, &start, &end) < 0) {
        return NULL;
    }
    if (tuple_check(args[0])) {
        for (Py_ssize_t i = 0; i < tuple_size(args[0]); i++) {
            int match = tail_match(self, tuple_item(args[0], i), start, end, direction);
            if (match != 0) {
                return match < 0 ? NULL : bool_from_long(1);
            }
        }
        return bool_from_long(0);
    }
    int match = tail_match(self, args[0], start, end, direction);
    if (match < 0 && error_matches(PyExc_TypeError)) {
        error_clear();
        return error_format(PyExc_TypeError,
                            "%s first arg must be bytes or a tuple of bytes, not %s", name,
                            type_of(args[0])->tp_name);
    }
    return match < 0 ? NULL : bool_from_long(match);
}

PyObject *
bytes_method_startswith(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    return match_ends("startswith", self, args, nargs, -1);
}

PyObject *
bytes_method_endswith(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    return match_ends("endswith", self, args, nargs, 1);
}

static PyObject *
remove_end(PyObject *self, PyObject *part, int direction)
{
    BytesArg arg;
    if (arg_get_holding(self, part, &arg) < 0) {
        return NULL;
    }
    const char *data = bytes_like_data(self);
    Py_ssize_t n = size_of(self), m = arg.size;
    PyObject *result;
    if (m == 0 || m > n ||
        memcmp(direction < 0 ? data : data + n - m, arg.data, (size_t)m) != 0) {
        result = bytes_like_unchanged(self);
    }
    else {
        result = bytes_like_make(self, direction < 0 ? data + m : data, n - m);
    }
    bytes_arg_release(&arg);
    return result;
}

PyObject *
bytes_method_removeprefix(PyObject *self, PyObject *prefix)
{
    return remove_end(self, prefix, -1);
}

PyObject *
bytes_method_removesuffix(PyObject *self, PyObject *suffix)
{
    return remove_end(self, suffix, 1);
}

// ---- split ----

static inline bool
is_blank(char c)
{
    return c == ' ' || (c >= 9 && c <= 13);
}

static int
add_piece(PyObject *list, PyObject *self, const char *data, Py_ssize_t start, Py_ssize_t end)
{
    bool whole = start == 0 && end == size_of(self) && !bytes_is_mutable(self);
    PyObject *piece = whole ? bytes_like_unchanged(self)
                            : bytes_like_make(self, data + start, end - start);
    return piece == NULL ? -1 : list_append_steal(list, piece);
}

static int
split_blanks(PyObject *list, PyObject *self, Py_ssize_t maxsplit)
{
    const char *data = bytes_like_data(self);
    Py_ssize_t n = size_of(self), i = 0;
    for (;;) {
        while (i < n && is_blank(data[i])) {
            i++;
        }
        if (i == n) {
            return 0;
        }
        Py_ssize_t start = i;
        if (maxsplit-- <= 0) {
            return add_piece(list, self, data, start, n);
        }
        while (i < n && !is_blank(data[i])) {
            i++;
        }
        if (add_piece(list, self, data, start, i) < 0) {
            return -1;
        }
    }
}

static int
rsplit_blanks(PyObject *list, PyObject *self, Py_ssize_t maxsplit)
{
    const char *data = bytes_like_data(self);
    Py_ssize_t end = size_of(self);
    for (;;) {
        while (end > 0 && is_blank(data[end - 1])) {
            end--;
        }
        if (end == 0) {
            return 0;
        }
        Py_ssize_t start = end;
        if (maxsplit-- <= 0) {
            return add_piece(list, self, data, 0, end);
        }
        while (start > 0 && !is_blank(data[start - 1])) {
            start--;
        }
        if (add_piece(list, self, data, start, end) < 0) {
            return -1;
        }
        end = start;
    }
}

static int
split_separator(PyObject *list, PyObject *self, const BytesArg *separator, Py_ssize_t maxsplit)
{
    const char *data = bytes_like_data(self);
    Py_ssize_t n = size_of(self), at = 0;
    while (maxsplit-- > 0) {
        Py_ssize_t found = chars_find(1, data + at, n - at, 1, separator->data, separator->size);
        if (found < 0) {
            break;
        }
        if (add_piece(list, self, data, at, at + found) < 0) {
            return -1;
        }
        at += found + separator->size;
    }
    return add_piece(list, self, data, at, n);
}

static int
rsplit_separator(PyObject *list, PyObject *self, const BytesArg *separator, Py_ssize_t maxsplit)
{
    const char *data = bytes_like_data(self);
    Py_ssize_t end = size_of(self);
    while (maxsplit-- > 0) {
        Py_ssize_t found = chars_rfind(1, data, end, 1, separator->data, separator->size);
        if (found < 0) {
            break;
        }
        if (add_piece(list, self, data, found + separator->size, end) < 0) {
            return -1;
        }
        end = found;
    }
    return add_piece(list, self, data, 0, end);
}

static PyObject *
split(ArgsParser *parser, PyObject *self, PyObject *const *args, Py_ssize_t nargs,
      PyObject *kwnames, bool from_right)
{
    PyObject *out[2];
    if (!args_unpack_keywords(args, nargs, NULL, kwnames, parser, 0, 2, 0, out)) {
        return NULL;
    }
    Py_ssize_t maxsplit = -1;
    if (out[1] != NULL && ssize_argument(out[1], &maxsplit) < 0) {
        return NULL;
    }
    maxsplit = maxsplit < 0 ? PY_SSIZE_T_MAX : maxsplit;
    bool blanks = out[0] == NULL || out[0] == Py_None;
    BytesArg separator;
    separator.view.obj = NULL;
    if (!blanks && arg_get_holding(self, out[0], &separator) < 0) {
        return NULL;
    }
    PyObject *list = NULL;
    if (!blanks && separator.size == 0) {
        error_set(PyExc_ValueError, "empty separator");
        goto done;
    }
    list = list_new(0);
    if (list == NULL) {
        goto done;
    }
    int rc = blanks ? (from_right ? rsplit_blanks : split_blanks)(list, self, maxsplit)
                    : (from_right ? rsplit_separator : split_separator)(list, self, &separator,
                                                                        maxsplit);
    if (rc == 0 && from_right) {
        rc = list_reverse(list);
    }
    if (rc < 0) {
        clear_ref(list);
    }
done:
    bytes_arg_release(&separator);
    return list;
}

static const char *const split_keywords[] = {"sep", "maxsplit", NULL};

PyObject *
bytes_method_split(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static ArgsParser parser = {.fname = "split", .keywords = split_keywords};
    return split(&parser, self, args, nargs, kwnames, false);
}

PyObject *
bytes_method_rsplit(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static ArgsParser parser = {.fname = "rsplit", .keywords = split_keywords};
    return split(&parser, self, args, nargs, kwnames, true);
}

PyObject *
bytes_method_splitlines(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"keepends", NULL};
    static ArgsParser parser = {.fname = "splitlines", .keywords = keywords};
    PyObject *out[1];
    if (!args_unpack_keywords(args, nargs, NULL, kwnames, &parser, 0, 1, 0, out)) {
        return NULL;
    }
    int keepends = out[0] == NULL ? 0 : object_is_true(out[0]);
    PyObject *list = keepends < 0 ? NULL : list_new(0);
    if (list == NULL) {
        return NULL;
    }
    const char *data = bytes_like_data(self);
    Py_ssize_t n = size_of(self), i = 0;
    while (i < n) {
        Py_ssize_t start = i;
        while (i < n && data[i] != '\n' && data[i] != '\r') {
            i++;
        }
        Py_ssize_t end = i;
        if (i < n) {
            i += data[i] == '\r' && i + 1 < n && data[i + 1] == '\n' ? 2 : 1;
        }
        if (add_piece(list, self, data, start, keepends ? i : end) < 0) {
            clear_ref(list);
            return NULL;
        }
    }
    return list;
}

// ---- partition ----

// Three parts around the separator found at `at`.
static PyObject *
three_parts(PyObject *self, PyObject *separator, Py_ssize_t at, Py_ssize_t m)
{
    const char *data = bytes_like_data(self);
    PyObject *middle = bytes_is_mutable(self) || !bytes_check(separator)
                           ? bytes_like_make(self, data + at, m)
                           : new_ref(separator);
    PyObject *before = bytes_like_make(self, data, at);
    PyObject *after = bytes_like_make(self, data + at + m, size_of(self) - at - m);
    PyObject *result = NULL;
    if (before != NULL && middle != NULL && after != NULL) {
        result = tuple_pack(3, before, middle, after);
    }
    xdecref(before);
    xdecref(middle);
    xdecref(after);
    return result;
}

static PyObject *
partition(PyObject *self, PyObject *separator, int direction)
{
    BytesArg arg;
    if (arg_get_holding(self, separator, &arg) < 0) {
        return NULL;
    }
    PyObject *result = NULL, *whole = NULL, *empty = NULL, *empty2 = NULL;
    if (arg.size == 0) {
        error_set(PyExc_ValueError, "empty separator");
        goto done;
    }
    const char *data = bytes_like_data(self);
    Py_ssize_t at = direction > 0 ? chars_find(1, data, size_of(self), 1, arg.data, arg.size)
                                  : chars_rfind(1, data, size_of(self), 1, arg.data, arg.size);
    if (at >= 0) {
        result = three_parts(self, separator, at, arg.size);
        goto done;
    }
    whole = bytes_like_unchanged(self);
    empty = bytes_like_make(self, "", 0);
    empty2 = bytes_like_make(self, "", 0);
    if (whole != NULL && empty != NULL && empty2 != NULL) {
        result = direction > 0 ? tuple_pack(3, whole, empty, empty2)
                               : tuple_pack(3, empty, empty2, whole);
    }
done:
    xdecref(whole);
    xdecref(empty);
    xdecref(empty2);
    bytes_arg_release(&arg);
    return result;
}

PyObject *
bytes_method_partition(PyObject *self, PyObject *separator)
{
    return partition(self, separator, 1);
}

PyObject *
bytes_method_rpartition(PyObject *self, PyObject *separator)
{
    return partition(self, separator, -1);
}

// ---- strip ----

enum { LEFT = 1, RIGHT = 2 };

static PyObject *
strip(const char *name, PyObject *self, PyObject *const *args, Py_ssize_t nargs, int sides)
{
    if (!args_check_positional(name, nargs, 0, 1)) {
        return NULL;
    }
    bool set[256] = {false};
    if (nargs == 0 || args[0] == Py_None) {
        for (const char *p = " \t\n\r\f\v"; *p != '\0'; p++) {
            set[(unsigned char)*p] = true;
        }
    }
    else {
        BytesArg arg;
        if (arg_get_holding(self, args[0], &arg) < 0) {
            return NULL;
        }
        for (Py_ssize_t i = 0; i < arg.size; i++) {
            set[(unsigned char)arg.data[i]] = true;
        }
        bytes_arg_release(&arg);
    }
    const unsigned char *data = (const unsigned char *)bytes_like_data(self);
    Py_ssize_t start = 0, end = size_of(self);
    while ((sides & LEFT) != 0 && start < end && set[data[start]]) {
        start++;
    }
    while ((sides & RIGHT) != 0 && end > start && set[data[end - 1]]) {
        end--;
    }
    if (start == 0 && end == size_of(self)) {
        return bytes_like_unchanged(self);
    }
    return bytes_like_make(self, (const char *)data + start, end - start);
}

PyObject *
bytes_method_strip(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    return strip("strip", self, args, nargs, LEFT | RIGHT);
}

PyObject *
bytes_method_lstrip(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    return strip("lstrip", self, args, nargs, LEFT);
}

PyObject *
bytes_method_rstrip(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    return strip("rstrip", self, args, nargs, RIGHT);
}

// ---- padding ----

static PyObject *
pad(PyObject *self, Py_ssize_t left, Py_ssize_t right, char fill)
{
    Py_ssize_t n = size_of(self), total;
    if (left <= 0 && right <= 0) {
        return bytes_like_unchanged(self);
    }
    if (!checked_add_ssize(left, right, &total) || !checked_add_ssize(total, n, &total)) {
        return error_no_memory();
    }
    if (total == 1) {
        return bytes_like_make(self, &fill, 1);
    }
    PyObject *result = bytes_like_make(self, NULL, total);
    if (result != NULL) {
        char *out = (char *)bytes_like_data(result);
        memset(out, fill, (size_t)left);
        memcpy(out + left, bytes_like_data(self), (size_t)n);
        memset(out + left + n, fill, (size_t)right);
    }
    return result;
}

static int
pad_arguments(const char *name, PyObject *const *args, Py_ssize_t nargs, Py_ssize_t *width,
              char *fill)
{
    *fill = ' ';
    if (!args_check_positional(name, nargs, 1, 2) || ssize_argument(args[0], width) < 0) {
        return -1;
    }
    if (nargs < 2) {
        return 0;
    }
    if (bytes_check(args[1]) && bytes_length(args[1]) == 1) {
        *fill = bytes_data(args[1])[0];
        return 0;
    }
    if (bytearray_check(args[1]) && bytearray_length(args[1]) == 1) {
        *fill = bytearray_data(args[1])[0];
        return 0;
    }
    if (bytes_check(args[1]) || bytearray_check(args[1])) {
        error_format(PyExc_TypeError,
                     "%s(): argument 2 must be a byte string of length 1, not a %s object of "
                     "length %zd",
                     name, bytes_check(args[1]) ? "bytes" : "bytearray", size_of(args[1]));
        return -1;
    }
    args_bad_argument(name, "argument 2", "a byte string of length 1", args[1]);
    return -1;
}

PyObject *
bytes_method_ljust(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t width;
    char fill;
    if (pad_arguments("ljust", args, nargs, &width, &fill) < 0) {
        return NULL;
    }
    return pad(self, 0, width > size_of(self) ? width - size_of(self) : 0, fill);
}

PyObject *
bytes_method_rjust(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t width;
    char fill;
    if (pad_arguments("rjust", args, nargs, &width, &fill) < 0) {
        return NULL;
    }
    return pad(self, width > size_of(self) ? width - size_of(self) : 0, 0, fill);
}

PyObject *
bytes_method_center(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t width;
    char fill;
    if (pad_arguments("center", args, nargs, &width, &fill) < 0) {
        return NULL;
    }
    Py_ssize_t margin = width > size_of(self) ? width - size_of(self) : 0;
    Py_ssize_t left = margin / 2 + (margin & width & 1);
    return pad(self, left, margin - left, fill);
}

PyObject *
bytes_method_zfill(PyObject *self, PyObject *arg)
{
    Py_ssize_t width;
    if (ssize_argument(arg, &width) < 0) {
        return NULL;
    }
    Py_ssize_t n = size_of(self);
    if (width <= n) {
        return bytes_like_unchanged(self);
    }
    PyObject *result = pad(self, width - n, 0, '0');
    if (result != NULL && n > 0) {
        char *out = (char *)bytes_like_data(result);
        char sign = out[width - n];
        if (sign == '+' || sign == '-') {
            out[width - n] = '0';
            out[0] = sign;
        }
    }
    return result;
}

// ---- join ----

// The items of a join with their buffers held.
typedef struct {
    BytesArg *parts;
    Py_ssize_t held;
} Parts;

static int
hold_parts(Parts *p, PyObject *const *items, Py_ssize_t n, Py_ssize_t gap, Py_ssize_t *total)
{
    *total = 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        if (bytes_arg_get(items[i], &p->parts[i]) < 0) {
            if (error_matches(PyExc_TypeError)) {
                error_clear();
                error_format(PyExc_TypeError,
                             "sequence item %zd: expected a bytes-like object, %.80s found", i,
                             type_of(items[i])->tp_name);
            }
            return -1;
        }
        p->held = i + 1;
        if (!checked_add_ssize(*total, p->parts[i].size, total) ||
            (i > 0 && !checked_add_ssize(*total, gap, total))) {
            error_set(PyExc_OverflowError, "join() result is too long");
            return -1;
        }
    }
    return 0;
}

// items is a tuple: taking buffers may run Python code, so a list has been copied.
static PyObject *
join_items(PyObject *self, PyObject *items)
{
    Py_ssize_t n = tuple_size(items), gap = size_of(self), total;
    if (n == 0) {
        return bytes_like_make(self, "", 0);
    }
    if (n == 1 && bytes_check_exact(tuple_item(items, 0)) && !bytes_is_mutable(self)) {
        return new_ref(tuple_item(items, 0));
    }
    PyObject *result = NULL;
    Parts p = {mem_alloc_array((size_t)n, sizeof(BytesArg)), 0};
    if (p.parts == NULL) {
        return error_no_memory();
    }
    if (hold_parts(&p, tuple_items(items), n, gap, &total) < 0) {
        goto done;
    }
    // Python code of buffers may have changed a bytearray's separator.
    if (gap != size_of(self)) {
        error_set(PyExc_BufferError, "separator changed size during join");
        goto done;
    }
    if (total == 1 && !bytes_is_mutable(self)) {
        Py_ssize_t i = 0;
        while (i < n && p.parts[i].size == 0) {
            i++;
        }
        result = bytes_from_data(i < n ? p.parts[i].data : bytes_like_data(self), 1);
        goto done;
    }
    result = bytes_like_make(self, total == 0 ? "" : NULL, total);
    if (result == NULL) {
        goto done;
    }
    char *out = (char *)bytes_like_data(result);
    for (Py_ssize_t i = 0; i < n; i++) {
        if (i > 0) {
            memcpy(out, bytes_like_data(self), (size_t)gap);
            out += gap;
        }
        memcpy(out, p.parts[i].data, (size_t)p.parts[i].size);
        out += p.parts[i].size;
    }
done:
    for (Py_ssize_t i = 0; i < p.held; i++) {
        bytes_arg_release(&p.parts[i]);
    }
    mem_free(p.parts);
    return result;
}

PyObject *
bytes_method_join(PyObject *self, PyObject *iterable)
{
    PyObject *fast = sequence_fast(iterable, "can only join an iterable");
    if (fast == NULL) {
        return NULL;
    }
    if (list_check(fast)) {
        set_ref(fast, list_as_tuple(fast));
    }
    PyObject *result = fast == NULL ? NULL : join_items(self, fast);
    xdecref(fast);
    return result;
}

PyObject *
bytes_join(PyObject *separator, PyObject *iterable)
{
    return bytes_method_join(separator, iterable);
}

// ---- replace ----

static PyObject *
replace_between(PyObject *self, const BytesArg *with, Py_ssize_t maxcount)
{
    Py_ssize_t n = size_of(self), m = with->size, added, total;
    Py_ssize_t count = maxcount < n + 1 ? maxcount : n + 1;
    if (!checked_mul_ssize(count, m, &added) || !checked_add_ssize(added, n, &total)) {
        return error_set(PyExc_OverflowError, "replace bytes is too long");
    }
    if (total == 1) {
        return bytes_like_make(self, n == 1 ? bytes_like_data(self) : with->data, 1);
    }
    PyObject *result = bytes_like_make(self, total == 0 ? "" : NULL, total);
    if (result == NULL) {
        return NULL;
    }
    const char *data = bytes_like_data(self);
    char *out = (char *)bytes_like_data(result);
    for (Py_ssize_t i = 0; i < count; i++) {
        memcpy(out, with->data, (size_t)m);
        out += m;
        if (i < n) {
            *out++ = data[i];
        }
    }
    if (count < n) {
        memcpy(out, data + count, (size_t)(n - count));
    }
    return result;
}

static PyObject *
replace_part(PyObject *self, const BytesArg *old, const BytesArg *with, Py_ssize_t maxcount)
{
    const char *data = bytes_like_data(self);
    Py_ssize_t n = size_of(self), change, total;
    Py_ssize_t count = n < old->size ? 0
                                     : chars_count(1, data, n, 1, old->data, old->size, maxcount);
    if (count == 0) {
        return bytes_like_unchanged(self);
    }
    if (!checked_mul_ssize(count, with->size - old->size, &change) ||
        !checked_add_ssize(n, change, &total)) {
        return error_set(PyExc_OverflowError, "replace bytes is too long");
    }
    if (total == 0) {
        return bytes_like_make(self, "", 0);
    }
    char one;
    PyObject *result = total == 1 ? NULL : bytes_like_make(self, NULL, total);
    if (total != 1 && result == NULL) {
        return NULL;
    }
    char *out = total == 1 ? &one : (char *)bytes_like_data(result);
    Py_ssize_t from = 0;
    for (; count > 0; count--) {
        Py_ssize_t found = chars_find(1, data + from, n - from, 1, old->data, old->size);
        if (found < 0) {
            // Somebody writes to the bytearray through a memoryview: what was counted does not hold.
            xdecref(result);
            return replace_part(self, old, with, maxcount);
        }
        memcpy(out, data + from, (size_t)found);
        out += found;
        memcpy(out, with->data, (size_t)with->size);
        out += with->size;
        from += found + old->size;
    }
    memcpy(out, data + from, (size_t)(n - from));
    return total == 1 ? bytes_like_make(self, &one, 1) : result;
}

PyObject *
bytes_method_replace(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    BytesArg old, with;
    Py_ssize_t maxcount = -1;
    PyObject *result = NULL;
    if (!args_check_positional("replace", nargs, 2, 3) || bytes_arg_get(args[0], &old) < 0) {
        return NULL;
    }
    with.view.obj = NULL;
    if (bytes_arg_get(args[1], &with) < 0 ||
        (nargs > 2 && ssize_argument(args[2], &maxcount) < 0)) {
        goto done;
    }
    maxcount = maxcount < 0 ? PY_SSIZE_T_MAX : maxcount;
    if (maxcount == 0 || (old.size == 0 && with.size == 0)) {
        result = bytes_like_unchanged(self);
    }
    else if (old.size == 0) {
        result = replace_between(self, &with, maxcount);
    }
    else {
        result = replace_part(self, &old, &with, maxcount);
    }
done:
    bytes_arg_release(&with);
    bytes_arg_release(&old);
    return result;
}

// ---- translate ----

static PyObject *
translate(PyObject *self, const unsigned char *table, const bool *deleted, bool deletes)
{
    const unsigned char *data = (const unsigned char *)bytes_like_data(self);
    Py_ssize_t n = size_of(self), kept = 0;
    bool changed = bytes_is_mutable(self) || !bytes_check_exact(self);
    BytesWriter w;
    bytes_writer_init(&w);
    if (bytes_writer_reserve(&w, n) < 0) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        if (deletes && deleted[data[i]]) {
            changed = true;
            continue;
        }
        unsigned char c = table == NULL ? data[i] : table[data[i]];
        changed |= c != data[i];
        w.data[kept++] = (char)c;
    }
    w.pos = kept;
    if (!changed) {
        bytes_writer_discard(&w);
        return new_ref(self);
    }
    if (!bytes_is_mutable(self)) {
        return bytes_writer_finish(&w);
    }
    PyObject *result = bytearray_from_data(w.data, w.pos);
    bytes_writer_discard(&w);
    return result;
}

PyObject *
bytes_method_translate(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"", "delete", NULL};
    static ArgsParser parser = {.fname = "translate", .keywords = keywords};
    PyObject *out[2];
    if (!args_unpack_keywords(args, nargs, NULL, kwnames, &parser, 1, 2, 0, out)) {
        return NULL;
    }
    BytesArg table = {.data = NULL}, remove = {.data = NULL};
    table.view.obj = NULL;
    remove.view.obj = NULL;
    PyObject *result = NULL;
    if (out[0] != Py_None) {
        if (bytes_arg_get(out[0], &table) < 0) {
            return NULL;
        }
        if (table.size != 256) {
            error_set(PyExc_ValueError, "translation table must be 256 characters long");
            goto done;
        }
    }
    if (out[1] != NULL && bytes_arg_get(out[1], &remove) < 0) {
        goto done;
    }
    bool deleted[256] = {false};
    for (Py_ssize_t i = 0; i < remove.size; i++) {
        deleted[(unsigned char)remove.data[i]] = true;
    }
    result = translate(self, (const unsigned char *)table.data, deleted, remove.size > 0);
done:
    bytes_arg_release(&remove);
    bytes_arg_release(&table);
    return result;
}

PyObject *
bytes_method_maketrans(PyObject *unused, PyObject *const *args, Py_ssize_t nargs)
{
    BytesArg from, to;
    PyObject *result = NULL;
    if (!args_check_positional("maketrans", nargs, 2, 2) || bytes_arg_get(args[0], &from) < 0) {
        return NULL;
    }
    to.view.obj = NULL;
    if (bytes_arg_get(args[1], &to) < 0) {
        goto done;
    }
    if (from.size != to.size) {
        error_set(PyExc_ValueError, "maketrans arguments must have same length");
        goto done;
    }
    result = bytes_from_data(NULL, 256);
    if (result != NULL) {
        char *table = bytes_data(result);
        for (int i = 0; i < 256; i++) {
            table[i] = (char)i;
        }
        for (Py_ssize_t i = 0; i < from.size; i++) {
            table[(unsigned char)from.data[i]] = to.data[i];
        }
    }
done:
    bytes_arg_release(&to);
    bytes_arg_release(&from);
    return result;
}

// ---- conversions ----

PyObject *
bytes_method_hex(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"sep", "bytes_per_sep", NULL};
    static ArgsParser parser = {.fname = "hex", .keywords = keywords};
    PyObject *out[2] = {NULL, NULL};
    int group = 1;
    if ((nargs > 0 || kwnames != NULL) &&
        !args_unpack_keywords(args, nargs, NULL, kwnames, &parser, 0, 2, 0, out)) {
        return NULL;
    }
    if (out[1] != NULL) {
        group = int_as_int(out[1]);
        if (group == -1 && error_occurred()) {
            return NULL;
        }
    }
    bytes_like_hold(self);      // the separator may have a __len__
    PyObject *result = bytes_to_hex(bytes_like_data(self), size_of(self), out[0], group);
    bytes_like_release(self);
    return result;
}

PyObject *
bytes_method_decode(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    const char *encoding, *errors;
    if (codec_arguments("decode", args, nargs, kwnames, &encoding, &errors) < 0) {
        return NULL;
    }
    return str_from_encoded_object(self, encoding, errors);
}

PyObject *
bytes_method_expandtabs(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
                        PyObject *kwnames)
{
    int tabsize;
    if (tabsize_argument(args, nargs, kwnames, &tabsize) < 0) {
        return NULL;
    }
    const char *data = bytes_like_data(self);
    Py_ssize_t n = size_of(self), column = 0;
    BytesWriter w;
    bytes_writer_init(&w);
    for (Py_ssize_t i = 0; i < n; i++) {
        if (data[i] != '\t') {
            if (bytes_writer_byte(&w, data[i]) < 0) {
                goto error;
            }
            column = data[i] == '\n' || data[i] == '\r' ? 0 : column + 1;
        }
        else if (tabsize > 0) {
            Py_ssize_t gap = tabsize - column % tabsize;
            if (gap > PY_SSIZE_T_MAX - w.pos) {
                error_set(PyExc_OverflowError, "result too long");
                goto error;
            }
            if (bytes_writer_reserve(&w, gap) < 0) {
                goto error;
            }
            memset(w.data + w.pos, ' ', (size_t)gap);
            w.pos += gap;
            column = (column + gap) % tabsize;
        }
    }
    if (!bytes_is_mutable(self)) {
        return bytes_writer_finish(&w);
    }
    PyObject *result = bytearray_from_data(w.data, w.pos);
    bytes_writer_discard(&w);
    return result;
error:
    bytes_writer_discard(&w);
    return NULL;
}
