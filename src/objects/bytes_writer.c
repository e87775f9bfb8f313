// BytesWriter, and printf-like formatting of bytes for C code.
#include <stdio.h>
#include <string.h>

#include "base/checked.h"
#include "memory/refcount.h"
#include "objects/bytes.h"
#include "objects/error.h"

void
bytes_writer_init(BytesWriter *w)
{
    w->buffer = NULL;
    w->data = w->small;
    w->pos = 0;
    w->size = (Py_ssize_t)sizeof w->small;
}

void
bytes_writer_discard(BytesWriter *w)
{
    clear_ref(w->buffer);
}

int
bytes_writer_reserve(BytesWriter *w, Py_ssize_t more)
{
    Py_ssize_t needed;
    if (!checked_add_ssize(w->pos, more, &needed)) {
        error_no_memory();
        return -1;
    }
    if (needed <= w->size) {
        return 0;
    }
    if (needed <= PY_SSIZE_T_MAX - needed / 2) {
        needed += needed / 2;
    }
    if (w->buffer == NULL) {
        w->buffer = bytes_from_data(NULL, needed);
        if (w->buffer == NULL) {
            return -1;
        }
        memcpy(bytes_data(w->buffer), w->small, (size_t)w->pos);
    }
    else if (bytes_resize(&w->buffer, needed) < 0) {
        return -1;
    }
    w->data = bytes_data(w->buffer);
    w->size = needed;
    return 0;
}

int
bytes_writer_write(BytesWriter *w, const void *data, Py_ssize_t size)
{
    if (bytes_writer_reserve(w, size) < 0) {
        return -1;
    }
    memcpy(w->data + w->pos, data, (size_t)size);
    w->pos += size;
    return 0;
}

PyObject *
bytes_writer_finish(BytesWriter *w)
{
    if (w->buffer == NULL || w->pos < 2) {
        PyObject *result = bytes_from_data(w->data, w->pos);
        clear_ref(w->buffer);
        return result;
    }
    PyObject *result = w->buffer;
    w->buffer = NULL;
    bytes_resize(&result, w->pos);
    return result;
}

// One conversion behind '%'. Its end, or NULL with an exception.
static const char *
write_conversion(BytesWriter *w, const char *f, va_list *args)
{
    Py_ssize_t precision = -1;
    while (*f >= '0' && *f <= '9') {
        f++;        // widths are accepted and ignored, as ever
    }
    if (*f == '.') {
        precision = 0;
        for (f++; *f >= '0' && *f <= '9'; f++) {
            precision = precision * 10 + (*f - '0');
        }
    }
    bool is_long = *f == 'l', is_size = *f == 'z';
    f += is_long || is_size;
    char text[48];
    const char *data = text;
    Py_ssize_t size = -1;
    switch (*f) {
    case '%':
        size = 1;
        data = "%";
        break;
    case 'c': {
        int c = va_arg(*args, int);
        if (c < 0 || c > 255) {
            return error_set(PyExc_OverflowError,
                             "PyBytes_FromFormatV(): %c format expects an integer in range [0; 255]");
        }
        text[0] = (char)c;
        size = 1;
        break;
    }
    case 'd':
    case 'i':
        snprintf(text, sizeof text, "%ld",
                 is_long ? va_arg(*args, long)
                         : is_size ? (long)va_arg(*args, Py_ssize_t) : va_arg(*args, int));
        break;
    case 'u':
        snprintf(text, sizeof text, "%lu",
                 is_long ? va_arg(*args, unsigned long)
                         : is_size ? va_arg(*args, size_t) : va_arg(*args, unsigned));
        break;
    case 'x':
        snprintf(text, sizeof text, "%x", va_arg(*args, unsigned));
        break;
    case 'p':
        snprintf(text, sizeof text, "%p", va_arg(*args, void *));
        break;
    case 's':
        data = va_arg(*args, const char *);
        size = precision < 0 ? (Py_ssize_t)strlen(data)
                             : (Py_ssize_t)strnlen(data, (size_t)precision);
        break;
    default:
        // Unknown: the rest of the format is copied as it is.
        size = 1 + (Py_ssize_t)strlen(f);
        return bytes_writer_write(w, f - 1, size) < 0 ? NULL : f + strlen(f);
    }
    size = size < 0 ? (Py_ssize_t)strlen(data) : size;
    return bytes_writer_write(w, data, size) < 0 ? NULL : f + 1;
}

PyObject *
bytes_format_v(const char *format, va_list va)
{
    BytesWriter w;
    va_list args;
    va_copy(args, va);
    bytes_writer_init(&w);
    for (const char *f = format; *f != '\0';) {
        size_t n = strcspn(f, "%");
        if (bytes_writer_write(&w, f, (Py_ssize_t)n) < 0) {
            goto error;
        }
        f += n;
        if (*f == '%') {
            f = write_conversion(&w, f + 1, &args);
            if (f == NULL) {
                goto error;
            }
        }
    }
    va_end(args);
    return bytes_writer_finish(&w);
error:
    va_end(args);
    bytes_writer_discard(&w);
    return NULL;
}

PyObject *
bytes_format(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    PyObject *result = bytes_format_v(format, args);
    va_end(args);
    return result;
}
