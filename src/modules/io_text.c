// _io.TextIOWrapper: construction, reading, writing. See io_text.h.
#include "modules/io_text.h"

#include <string.h>

#include "abi/constants.h"
#include "memory/alloc.h"
#include "memory/heap.h"
#include "memory/refcount.h"
#include "modules/io_internal.h"
#include "modules/io_newline.h"
#include "modules/locale_encoding.h"
#include "objects/args.h"
#include "objects/attributes.h"
#include "objects/bool.h"
#include "objects/buffer.h"
#include "objects/bytes.h"
#include "objects/call.h"
#include "objects/codec.h"
#include "objects/error.h"
#include "objects/exceptions.h"
#include "objects/identifiers.h"
#include "objects/int.h"
#include "objects/number.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type.h"
#include "objects/weakref.h"
#include "runtime/runtime.h"
#include "thread/critical_section.h"

#define FIRST_CHUNK 8192
#define PENDING_LIMIT 8192

// ---- state ----

static PyObject *
unusable(TextWrapper *self)
{
    return error_set(PyExc_ValueError, self->detached ? "underlying buffer has been detached"
                                                      : "I/O operation on uninitialized object");
}

// New reference to a part; NULL with ValueError when there is none (any more).
static PyObject *
part_hold(TextWrapper *self, PyObject *const *slot)
{
    CriticalSection cs;
    critical_section_begin(&cs, self);
    PyObject *part = xnew_ref(*slot);
    critical_section_end(&cs);
    return part != NULL ? part : unusable(self);
}

PyObject *
text_part_call(TextWrapper *self, PyObject *const *slot, PyObject *name, PyObject *a, PyObject *b)
{
    PyObject *part = part_hold(self, slot);
    PyObject *result = part != NULL ? object_call_method(part, name, a, b, NULL) : NULL;
    xdecref(part);
    return result;
}

bool
text_check_usable(TextWrapper *self)
{
    if (!self->ok) {
        unusable(self);
        return false;
    }
    PyObject *buffer = part_hold(self, &self->buffer);
    bool open = buffer != NULL && io_check_closed(buffer);
    xdecref(buffer);
    return open;
}

static bool
check_attached(TextWrapper *self)
{
    if (!self->ok) {
        unusable(self);
    }
    return self->ok;
}

void
text_set_decoded_steal(TextWrapper *self, PyObject *decoded)
{
    set_ref(self->decoded, decoded);
    self->decoded_used = 0;
}

static void
clear_snapshot(TextWrapper *self)
{
    clear_ref(self->snapshot_flags);
    clear_ref(self->snapshot_bytes);
}

int
text_decoder_set_state(TextWrapper *self, int64_t flags, PyObject *bytes)
{
    if (self->decoder == NULL) {
        return 0;
    }
    PyObject *result;
    if (flags == 0 && bytes_length(bytes) == 0) {
        result = text_part_call(self, &self->decoder, ID(reset), NULL, NULL);
    }
    else {
        PyObject *number = int_from_i64(flags);
        PyObject *state = number != NULL ? tuple_pack(2, bytes, number) : NULL;
        result = state != NULL ? text_part_call(self, &self->decoder, ID(setstate), state, NULL)
                               : NULL;
        xdecref(number);
        xdecref(state);
    }
    xdecref(result);
    return result != NULL ? 0 : -1;
}

int
text_encoder_reset(TextWrapper *self, bool start)
{
    self->encoding_start = start;
    if (self->encoder == NULL) {
        return 0;
    }
    PyObject *result;
    if (start) {
        result = text_part_call(self, &self->encoder, ID(reset), NULL, NULL);
    }
    else {
        PyObject *zero = int_from_i64(0);
        result = text_part_call(self, &self->encoder, ID(setstate), zero, NULL);
    }
    xdecref(result);
    return result != NULL ? 0 : -1;
}

// ---- construction ----

static bool
newline_is_valid(const char *newline)
{
    return newline == NULL || strcmp(newline, "") == 0 || strcmp(newline, "\n") == 0
           || strcmp(newline, "\r") == 0 || strcmp(newline, "\r\n") == 0;
}

static void
set_newline(TextWrapper *self, const char *newline)
{
    static const char *const texts[] = {"", "\n", "\r", "\r\n"};
    const char *kept = NULL;
    for (size_t i = 0; newline != NULL && i < 4; i++) {
        if (strcmp(newline, texts[i]) == 0) {
            kept = texts[i];
        }
    }
    self->read_newline = kept;
    self->read_universal = kept == NULL || *kept == '\0';
    self->read_translate = kept == NULL;
    self->write_translate = kept == NULL || *kept != '\0';
    self->write_newline = kept != NULL && *kept == '\r' ? kept : NULL;
}

static FastEncoding
fast_encoding_of(const char *name)
{
    char normal[16];
    size_t n = 0;
    for (const char *c = name; *c != '\0' && n < sizeof normal - 1; c++) {
        char low = *c >= 'A' && *c <= 'Z' ? (char)(*c + 32) : *c;
        if (low != '-' && low != '_' && low != ' ') {
            normal[n++] = low;
        }
    }
    normal[n] = '\0';
    if (strcmp(normal, "utf8") == 0) {
        return FAST_UTF8;
    }
    if (strcmp(normal, "ascii") == 0 || strcmp(normal, "usascii") == 0) {
        return FAST_ASCII;
    }
    if (strcmp(normal, "latin1") == 0 || strcmp(normal, "iso88591") == 0) {
        return FAST_LATIN1;
    }
    return FAST_NONE;
}

static int
make_decoder(TextWrapper *self, PyObject *info)
{
    clear_ref(self->decoder);
    PyObject *readable = text_part_call(self, &self->buffer, ID(readable), NULL, NULL);
    int able = readable != NULL ? object_is_true(readable) : -1;
    xdecref(readable);
    if (able <= 0) {
        return able;
    }
    PyObject *held = new_ref(self->errors);
    const char *errors = str_as_utf8(held);
    PyObject *decoder = errors != NULL ? codec_info_incremental_decoder(info, errors) : NULL;
    decref(held);
    if (decoder != NULL && self->read_universal) {
        set_ref(decoder, newline_decoder_new(decoder, self->read_translate));
    }
    if (decoder == NULL) {
        return -1;
    }
    set_ref(self->decoder, decoder);
    return 0;
}

static int
make_encoder(TextWrapper *self, PyObject *info)
{
    clear_ref(self->encoder);
    self->fast_encoding = FAST_NONE;
    PyObject *writable = text_part_call(self, &self->buffer, ID(writable), NULL, NULL);
    int able = writable != NULL ? object_is_true(writable) : -1;
    xdecref(writable);
    if (able <= 0) {
        return able;
    }
    PyObject *held = new_ref(self->errors);
    const char *errors = str_as_utf8(held);
    PyObject *encoder = errors != NULL ? codec_info_incremental_encoder(info, errors) : NULL;
    decref(held);
    if (encoder == NULL) {
        return -1;
    }
    set_ref(self->encoder, encoder);
    PyObject *name = NULL;
    if (object_getattr_optional(info, ID(name), &name) < 0) {
        return -1;
    }
    const char *text = name != NULL && str_check(name) ? str_as_utf8(name) : NULL;
    if (text != NULL) {
        self->fast_encoding = fast_encoding_of(text);
    }
    xdecref(name);
    return 0;
}

// Text may be appended to a stream that has a BOM already: the encoder must not write another.
static int
fix_encoder_state(TextWrapper *self)
{
    self->encoding_start = true;
    if (!self->seekable || self->encoder == NULL) {
        return 0;
    }
    PyObject *position = text_part_call(self, &self->buffer, ID(tell), NULL, NULL);
    if (position == NULL) {
        return -1;
    }
    int nonzero = object_is_true(position);
    decref(position);
    return nonzero > 0 ? text_encoder_reset(self, false) : nonzero;
}

// The codec by name; an EncodingWarning was given by the caller for the default.
static PyObject *
lookup_codec(TextWrapper *self)
{
    const char *name = str_as_utf8_no_nul(self->encoding);
    return name != NULL ? codec_lookup_text(name, "codecs.open()") : NULL;
}

static PyObject *
default_encoding(void)
{
    if (runtime_config()->warn_default_encoding
        && error_warn(PyExc_EncodingWarning, 1, "'encoding' argument not specified") < 0) {
        return NULL;
    }
    return str_intern_cstr(runtime_config()->utf8_mode ? "utf-8" : locale_encoding());
}

// The encoding that an argument stands for: new str, or NULL with an exception.
static PyObject *
encoding_of(PyObject *argument)
{
    if (argument == Py_None) {
        return default_encoding();
    }
    if (!str_check(argument)) {
        return error_format(PyExc_TypeError, "TextIOWrapper() argument 'encoding' must be str or "
                            "None, not %.200s", object_type(argument)->tp_name);
    }
    return str_equal_cstr(argument, "locale") ? str_intern_cstr(locale_encoding())
                                              : new_ref(argument);
}

static PyObject *
errors_of(PyObject *argument)
{
    if (argument == Py_None) {
        return str_intern_cstr("strict");
    }
    if (!str_check(argument)) {
        return error_format(PyExc_TypeError, "TextIOWrapper() argument 'errors' must be str or "
                            "None, not %.50s", object_type(argument)->tp_name);
    }
    const char *name = str_as_utf8_no_nul(argument);
    if (name != NULL && runtime_config()->dev_mode) {
        PyObject *handler = codec_lookup_error(name);
        xdecref(handler);
        name = handler != NULL ? name : NULL;
    }
    return name != NULL ? new_ref(argument) : NULL;
}

// Changes nothing when it fails.
static int
choose_encoding(TextWrapper *self, PyObject *encoding, PyObject *errors)
{
    PyObject *new_encoding = encoding_of(encoding);
    PyObject *new_errors = new_encoding != NULL ? errors_of(errors) : NULL;
    if (new_errors == NULL) {
        xdecref(new_encoding);
        return -1;
    }
    set_ref(self->encoding, new_encoding);
    set_ref(self->errors, new_errors);
    return 0;
}

static int
question(PyObject *stream, PyObject *name, bool *answer)
{
    PyObject *result = object_call_method_noargs(stream, name);
    int truth = result != NULL ? object_is_true(result) : -1;
    xdecref(result);
    *answer = truth > 0;
    return truth < 0 ? -1 : 0;
}

static int
init_lock_held(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {"buffer", "encoding", "errors", "newline",
                                        "line_buffering", "write_through", NULL};
    TextWrapper *self = (TextWrapper *)op;
    PyObject *buffer;
    PyObject *encoding = Py_None;
    PyObject *errors = Py_None;
    const char *newline = NULL;
    int line_buffering = 0;
    int write_through = 0;
    self->ok = self->detached = false;
    if (!args_parse_static(args, kwargs, "O|OOzpp:TextIOWrapper", names, &buffer, &encoding,
                           &errors, &newline, &line_buffering, &write_through)) {
        return -1;
    }
    if (!newline_is_valid(newline)) {
        error_format(PyExc_ValueError, "illegal newline value: %s", newline);
        return -1;
    }
    text_set_decoded_steal(self, NULL);
    clear_snapshot(self);
    self->pending_size = 0;
    if (choose_encoding(self, encoding, errors) < 0) {
        return -1;
    }
    PyObject *info = lookup_codec(self);
    if (info == NULL) {
        return -1;
    }
    int result = -1;
    set_newline(self, newline);
    set_ref(self->buffer, new_ref(buffer));
    self->line_buffering = line_buffering;
    self->write_through = write_through;
    self->chunk_size = FIRST_CHUNK;
    if (make_decoder(self, info) < 0 || make_encoder(self, info) < 0
        || question(buffer, ID(seekable), &self->seekable) < 0) {
        goto done;
    }
    self->telling = self->seekable;
    int has_read1 = object_hasattr(buffer, ID(read1));
    if (has_read1 < 0 || fix_encoder_state(self) < 0) {
        goto done;
    }
    self->has_read1 = has_read1;
    self->ok = true;
    result = 0;
done:
    decref(info);
    return result;
}

static int
text_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    CriticalSection cs;
    critical_section_begin(&cs, op);
    int result = init_lock_held(op, args, kwargs);
    critical_section_end(&cs);
    return result;
}

// ---- writing ----

int
text_flush_pending(TextWrapper *self)
{
    if (self->pending_size == 0) {
        return 0;
    }
    PyObject *bytes = bytes_from_data(self->pending, self->pending_size);
    if (bytes == NULL) {
        return -1;
    }
    self->pending_size = 0;
    PyObject *result = text_part_call(self, &self->buffer, ID(write), bytes, NULL);
    xdecref(result);
    decref(bytes);
    return result != NULL ? 0 : -1;
}

// What waits never exceeds a chunk, unless a single text does. Streams that write here again while
// they are written to find room as well.
static int
add_pending(TextWrapper *self, const char *data, Py_ssize_t size)
{
    if (size == 0) {
        return 0;
    }
    while (self->pending_size > 0 && size > self->chunk_size - self->pending_size) {
        if (text_flush_pending(self) < 0) {
            return -1;
        }
    }
    if (self->pending_size + size > self->pending_capacity) {
        Py_ssize_t capacity = self->pending_size + size + PENDING_LIMIT;
        char *grown = mem_realloc(self->pending, (size_t)capacity);
        if (grown == NULL) {
            error_no_memory();
            return -1;
        }
        self->pending = grown;
        self->pending_capacity = capacity;
    }
    memcpy(self->pending + self->pending_size, data, (size_t)size);
    self->pending_size += size;
    return 0;
}

static PyObject *
encode_fast(TextWrapper *self, PyObject *text)
{
    PyObject *held = new_ref(self->errors);     // a handler may run Python code
    const char *errors = str_as_utf8(held);
    PyObject *bytes = errors == NULL                          ? NULL
                      : self->fast_encoding == FAST_UTF8  ? str_encode_utf8(text, errors)
                      : self->fast_encoding == FAST_ASCII ? str_encode_ascii(text, errors)
                                                          : str_encode_latin1(text, errors);
    decref(held);
    return bytes;
}

// Text as bytes of the encoding; NULL with an exception.
static PyObject *
encode(TextWrapper *self, PyObject *text)
{
    if (self->fast_encoding != FAST_NONE) {
        return encode_fast(self, text);
    }
    PyObject *bytes = text_part_call(self, &self->encoder, ID(encode), text, NULL);
    self->encoding_start = false;
    if (bytes != NULL && !bytes_check(bytes)) {
        error_format(PyExc_TypeError, "encoder should return a bytes object, not '%.200s'",
                     object_type(bytes)->tp_name);
        clear_ref(bytes);
    }
    return bytes;
}

// Encodes text behind the pending bytes.
static int
add_text(TextWrapper *self, PyObject *text)
{
    if (str_is_ascii(text) && self->fast_encoding != FAST_NONE) {
        return add_pending(self, str_data(text), str_length(text));
    }
    PyObject *bytes = encode(self, text);
    int result = bytes != NULL ? add_pending(self, bytes_data(bytes), bytes_length(bytes)) : -1;
    xdecref(bytes);
    return result;
}

static PyObject *
with_newlines(TextWrapper *self, PyObject *text)
{
    PyObject *from = str_from_char('\n');
    PyObject *to = str_from_cstr(self->write_newline);
    PyObject *result = from != NULL && to != NULL ? str_replace(text, from, to, -1) : NULL;
    xdecref(from);
    xdecref(to);
    return result;
}

static PyObject *
write_lock_held(TextWrapper *self, PyObject *text)
{
    if (!text_check_usable(self)) {
        return NULL;
    }
    if (self->encoder == NULL) {
        return io_unsupported("not writable");
    }
    Py_ssize_t length = str_length(text);
    bool has_newline = (self->write_translate && self->write_newline != NULL)
                       || self->line_buffering
                           ? str_find_char(text, '\n', 0, length, 1) >= 0 : false;
    bool has_return = self->line_buffering && !has_newline
                      && str_find_char(text, '\r', 0, length, 1) >= 0;
    new_ref(text);
    if (has_newline && self->write_translate && self->write_newline != NULL) {
        set_ref(text, with_newlines(self, text));
        if (text == NULL) {
            return NULL;
        }
    }
    int failed = add_text(self, text);
    decref(text);
    if (failed < 0) {
        return NULL;
    }
    bool must_flush = self->line_buffering && (has_newline || has_return);
    if ((self->pending_size >= self->chunk_size || must_flush || self->write_through)
        && text_flush_pending(self) < 0) {
        return NULL;
    }
    if (must_flush) {
        PyObject *flushed = text_part_call(self, &self->buffer, ID(flush), NULL, NULL);
        if (flushed == NULL) {
            return NULL;
        }
        decref(flushed);
    }
    if (self->snapshot_bytes != NULL) {
        text_set_decoded_steal(self, NULL);
        clear_snapshot(self);
    }
    if (self->decoder != NULL && self->seekable) {
        PyObject *reset = text_part_call(self, &self->decoder, ID(reset), NULL, NULL);
        if (reset == NULL) {
            return NULL;
        }
        decref(reset);
    }
    return int_from_ssize(length);
}

static PyObject *
text_write(PyObject *op, PyObject *text)
{
    if (!str_check(text)) {
        return error_format(PyExc_TypeError, "write() argument must be str, not %.50s",
                            object_type(text)->tp_name);
    }
    CriticalSection cs;
    critical_section_begin(&cs, op);
    PyObject *result = write_lock_held((TextWrapper *)op, text);
    critical_section_end(&cs);
    return result;
}

// ---- reading ----

// Notes the decoder's state in front of a chunk, for tell().
static int
take_snapshot(TextWrapper *self, PyObject **flags, PyObject **buffered)
{
    *flags = *buffered = NULL;
    if (!self->telling) {
        return 0;
    }
    PyObject *state = text_part_call(self, &self->decoder, ID(getstate), NULL, NULL);
    if (state == NULL) {
        return -1;
    }
    if (!tuple_check(state) || tuple_size(state) != 2
        || !bytes_check(tuple_item_borrow(state, 0)) || !int_check(tuple_item_borrow(state, 1))) {
        error_set(PyExc_TypeError, "illegal decoder state");
        decref(state);
        return -1;
    }
    *buffered = new_ref(tuple_item_borrow(state, 0));
    *flags = new_ref(tuple_item_borrow(state, 1));
    decref(state);
    return 0;
}

static PyObject *
decode(TextWrapper *self, PyObject *input, bool final)
{
    PyObject *decoder = part_hold(self, &self->decoder);
    if (decoder == NULL) {
        return NULL;
    }
    PyObject *text = object_type(decoder) == &io_newline_decoder_type
                         ? newline_decoder_decode(decoder, input, final)
                         : object_call_method(decoder, ID(decode), input,
                                              final ? Py_True : Py_False, NULL);
    decref(decoder);
    if (text != NULL && !str_check(text)) {
        error_format(PyExc_TypeError, "decoder should return a string result, not '%.200s'",
                     object_type(text)->tp_name);
        clear_ref(text);
    }
    return text;
}

int
text_read_chunk(TextWrapper *self, Py_ssize_t hint)
{
    if (self->decoder == NULL) {
        io_unsupported("not readable");
        return -1;
    }
    PyObject *flags;
    PyObject *buffered;
    if (take_snapshot(self, &flags, &buffered) < 0) {
        return -1;
    }
    int result = -1;
    PyObject *text = NULL;
    Py_ssize_t size = hint > self->chunk_size ? hint : self->chunk_size;
    PyObject *count = int_from_ssize(size);
    PyObject *input = count != NULL ? text_part_call(
                                          self, &self->buffer,
                                          self->has_read1 ? ID(read1) : ID(read), count, NULL)
                                    : NULL;
    xdecref(count);
    if (input == NULL) {
        goto done;
    }
    Py_buffer view;
    if (buffer_get(input, &view, PyBUF_SIMPLE) < 0) {
        error_clear();
        error_format(PyExc_TypeError,
                     "underlying %s() should have returned a bytes-like object, not '%.200s'",
                     self->has_read1 ? "read1" : "read", object_type(input)->tp_name);
        goto done;
    }
    bool at_end = view.len == 0;
    if (flags != NULL) {
        PyObject *chunk = bytes_from_data(view.buf, view.len);
        set_ref(buffered, chunk != NULL ? bytes_concat(buffered, chunk) : NULL);
        xdecref(chunk);
    }
    buffer_release(&view);
    if (flags != NULL && buffered == NULL) {
        goto done;
    }
    text = decode(self, input, at_end);
    if (text == NULL) {
        goto done;
    }
    if (str_length(text) > 0) {
        at_end = false;
    }
    text_set_decoded_steal(self, text);
    if (flags != NULL) {
        set_ref(self->snapshot_flags, new_ref(flags));
        set_ref(self->snapshot_bytes, new_ref(buffered));
    }
    result = !at_end;
done:
    xdecref(flags);
    xdecref(buffered);
    xdecref(input);
    return result;
}

// Up to n decoded characters (-1: all). New str.
static PyObject *
take_decoded(TextWrapper *self, Py_ssize_t n)
{
    if (self->decoded == NULL) {
        return new_ref(str_empty());
    }
    Py_ssize_t length = str_length(self->decoded);
    Py_ssize_t left = length - self->decoded_used;
    n = n < 0 || n > left ? left : n;
    PyObject *result = self->decoded_used == 0 && n == length
                           ? new_ref(self->decoded)
                           : str_substring(self->decoded, self->decoded_used,
                                           self->decoded_used + n);
    self->decoded_used += n;
    return result;
}

static PyObject *
read_everything(TextWrapper *self)
{
    PyObject *bytes = text_part_call(self, &self->buffer, ID(read), NULL, NULL);
    if (bytes == NULL) {
        return NULL;
    }
    if (bytes == Py_None) {
        decref(bytes);
        return error_set(PyExc_BlockingIOError, "Read returned None.");
    }
    PyObject *rest = decode(self, bytes, true);
    decref(bytes);
    PyObject *head = rest != NULL ? take_decoded(self, -1) : NULL;
    PyObject *result = NULL;
    if (head != NULL) {
        result = str_length(head) == 0 ? new_ref(rest) : str_concat(head, rest);
        text_set_decoded_steal(self, NULL);
        clear_snapshot(self);
    }
    xdecref(head);
    xdecref(rest);
    return result;
}

static PyObject *
read_lock_held(TextWrapper *self, Py_ssize_t n)
{
    if (!text_check_usable(self)) {
        return NULL;
    }
    if (self->decoder == NULL) {
        return io_unsupported("not readable");
    }
    if (text_flush_pending(self) < 0) {
        return NULL;
    }
    if (n < 0) {
        return read_everything(self);
    }
    PyObject *result = take_decoded(self, n);
    while (result != NULL && str_length(result) < n) {
        Py_ssize_t missing = n - str_length(result);
        int more = text_read_chunk(self, missing);
        if (more < 0) {
            decref(result);
            return NULL;
        }
        if (more == 0) {
            break;
        }
        PyObject *piece = take_decoded(self, missing);
        str_append_steal(&result, piece);
    }
    return result;
}

static PyObject *
text_read(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t n;
    if (!args_check_positional("read", nargs, 0, 1)
        || io_size_argument(nargs ? args[0] : NULL, &n) < 0) {
        return NULL;
    }
    CriticalSection cs;
    critical_section_begin(&cs, op);
    PyObject *result = read_lock_held((TextWrapper *)op, n);
    critical_section_end(&cs);
    return result;
}

// ---- lines ----

// Index behind the line end that comes first at or after `start`; -1 when there is none. A "\r" at
// the very end may be half of "\r\n" in universal mode without translation: the decoder holds it
// back, so it never stands there alone unless it is final.
static Py_ssize_t
find_line_end(TextWrapper *self, PyObject *text, Py_ssize_t start)
{
    Py_ssize_t length = str_length(text);
    if (self->read_translate || (self->read_newline != NULL && *self->read_newline == '\n')) {
        Py_ssize_t at = str_find_char(text, '\n', start, length, 1);
        return at < 0 ? -1 : at + 1;
    }
    int kind = str_kind(text);
    const void *data = str_data(text);
    if (self->read_universal) {
        for (Py_ssize_t i = start; i < length; i++) {
            Py_UCS4 ch = str_read(kind, data, i);
            if (ch == '\n') {
                return i + 1;
            }
            if (ch == '\r') {
                return i + 1 < length && str_read(kind, data, i + 1) == '\n' ? i + 2 : i + 1;
            }
        }
        return -1;
    }
    size_t size = strlen(self->read_newline);
    for (Py_ssize_t i = start; (i = str_find_char(text, '\r', i, length, 1)) >= 0; i++) {
        if (size == 1) {
            return i + 1;
        }
        if (i + 1 < length && str_read(kind, data, i + 1) == '\n') {
            return i + 2;
        }
    }
    return -1;
}

// A line of at most `limit` characters (-1: any length).
static PyObject *
read_line_lock_held(TextWrapper *self, Py_ssize_t limit)
{
    if (!text_check_usable(self) || text_flush_pending(self) < 0) {
        return NULL;
    }
    // The usual case: the line is all in the decoded text.
    if (self->decoded != NULL) {
        Py_ssize_t end = find_line_end(self, self->decoded, self->decoded_used);
        Py_ssize_t available = (end < 0 ? str_length(self->decoded) : end) - self->decoded_used;
        if ((end >= 0 || (limit >= 0 && available >= limit))) {
            return take_decoded(self, limit >= 0 && available > limit ? limit : available);
        }
    }
    PyObject *line = take_decoded(self, -1);
    while (line != NULL) {
        int more = text_read_chunk(self, 0);
        if (more < 0) {
            decref(line);
            return NULL;
        }
        if (more == 0) {
            text_set_decoded_steal(self, NULL);
            clear_snapshot(self);
            return line;
        }
        // A line end may begin in what is there and end in the new text ("\r\n").
        Py_ssize_t before = str_length(line);
        Py_ssize_t from = before > 0 ? before - 1 : 0;
        PyObject *whole = self->decoded != NULL ? str_concat(line, self->decoded) : new_ref(line);
        decref(line);
        if (whole == NULL) {
            return NULL;
        }
        Py_ssize_t end = find_line_end(self, whole, from);
        Py_ssize_t length = end < 0 ? str_length(whole) : end;
        bool complete = end >= 0;
        if (limit >= 0 && length >= limit) {
            length = limit;
            complete = true;
        }
        self->decoded_used = length - before;
        line = length == str_length(whole) ? new_ref(whole) : str_substring(whole, 0, length);
        decref(whole);
        if (complete) {
            return line;
        }
    }
    return NULL;
}

static PyObject *
text_readline(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional("readline", nargs, 0, 1)) {
        return NULL;
    }
    Py_ssize_t limit = nargs ? number_as_ssize(args[0], PyExc_OverflowError) : -1;
    if (limit == -1 && error_occurred()) {
        return NULL;
    }
    CriticalSection cs;
    critical_section_begin(&cs, op);
    PyObject *result = read_line_lock_held((TextWrapper *)op, limit < 0 ? -1 : limit);
    critical_section_end(&cs);
    return result;
}

static PyObject *
text_iternext(PyObject *op)
{
    TextWrapper *self = (TextWrapper *)op;
    PyObject *line;
    self->telling = false;
    if (object_type(op) == &io_text_wrapper_type) {
        CriticalSection cs;
        critical_section_begin(&cs, op);
        line = read_line_lock_held(self, -1);
        critical_section_end(&cs);
    }
    else {
        line = object_call_method_noargs(op, ID(readline));
        if (line != NULL && !str_check(line)) {
            error_format(PyExc_OSError,
                         "readline() should have returned a str object, not '%.200s'",
                         object_type(line)->tp_name);
            clear_ref(line);
        }
    }
    if (line != NULL && str_length(line) == 0) {
        clear_ref(line);
        CriticalSection cs;
        critical_section_begin(&cs, op);
        clear_snapshot(self);
        self->telling = self->seekable;
        critical_section_end(&cs);
    }
    return line;
}

// ---- the rest ----

static PyObject *
text_flush(PyObject *op, PyObject *unused)
{
    TextWrapper *self = (TextWrapper *)op;
    if (!text_check_usable(self)) {
        return NULL;
    }
    self->telling = self->seekable;
    CriticalSection cs;
    critical_section_begin(&cs, op);
    int failed = text_flush_pending(self);
    critical_section_end(&cs);
    return failed < 0 ? NULL : text_part_call(self, &self->buffer, ID(flush), NULL, NULL);
}

static PyObject *
text_close(PyObject *op, PyObject *unused)
{
    TextWrapper *self = (TextWrapper *)op;
    if (!check_attached(self)) {
        return NULL;
    }
    PyObject *buffer = part_hold(self, &self->buffer);
    int closed = buffer != NULL ? io_is_closed(buffer) : -1;
    xdecref(buffer);
    if (closed != 0 || self->detached) {    // asking may have detached the buffer
        return closed < 0 ? NULL : new_ref(Py_None);
    }
    if (self->finalizing) {
        PyObject *warned = text_part_call(self, &self->buffer, ID(_dealloc_warn), op, NULL);
        xdecref(warned);
        error_clear();
    }
    PyObject *flushed = object_call_method_noargs(op, ID(flush));
    PyObject *failure = error_take();
    xdecref(flushed);
    PyObject *result = text_part_call(self, &self->buffer, ID(close), NULL, NULL);
    if (failure != NULL) {
        error_chain_steal(failure);
        clear_ref(result);
    }
    return result;
}

static PyObject *
text_detach(PyObject *op, PyObject *unused)
{
    TextWrapper *self = (TextWrapper *)op;
    if (!check_attached(self)) {
        return NULL;
    }
    PyObject *flushed = object_call_method_noargs(op, ID(flush));
    if (flushed == NULL) {
        return NULL;
    }
    decref(flushed);
    CriticalSection cs;
    critical_section_begin(&cs, op);
    PyObject *buffer = self->buffer;
    self->buffer = NULL;
    self->detached = true;
    self->ok = false;
    critical_section_end(&cs);
    return buffer != NULL ? buffer : unusable(self);
}

static PyObject *
text_truncate(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    TextWrapper *self = (TextWrapper *)op;
    if (!args_check_positional("truncate", nargs, 0, 1) || !text_check_usable(self)) {
        return NULL;
    }
    PyObject *flushed = object_call_method_noargs(op, ID(flush));
    if (flushed == NULL) {
        return NULL;
    }
    decref(flushed);
    return text_part_call(self, &self->buffer, ID(truncate), nargs ? args[0] : Py_None, NULL);
}

// None keeps a setting. 0 or -1.
static int
optional_flag(PyObject *arg, bool *flag)
{
    if (arg == Py_None) {
        return 0;
    }
    if (object_is_true(arg) < 0) {
        return -1;
    }
    int value = int_as_int(arg);
    if (value == -1 && error_occurred()) {
        return -1;
    }
    *flag = value != 0;
    return 0;
}

static int
change_encoding(TextWrapper *self, PyObject *encoding, PyObject *errors, bool newline_changed)
{
    if (encoding == Py_None && errors == Py_None && !newline_changed) {
        return 0;
    }
    if (encoding == Py_None) {
        encoding = self->encoding;
        if (errors == Py_None) {
            errors = self->errors;
        }
    }
    else if (errors == Py_None) {
        errors = ID(strict);
    }
    if (str_check(encoding) && str_as_utf8(encoding) == NULL) {
        return -1;
    }
    if (str_check(encoding) && str_find_char(encoding, 0, 0, str_length(encoding), 1) >= 0) {
        error_format(PyExc_LookupError, "unknown encoding: %U", encoding);
        return -1;
    }
    PyObject *kept_encoding = new_ref(encoding);
    PyObject *kept_errors = new_ref(errors);
    int result = choose_encoding(self, kept_encoding, kept_errors);
    decref(kept_encoding);
    decref(kept_errors);
    PyObject *info = result == 0 ? lookup_codec(self) : NULL;
    if (info == NULL) {
        return -1;
    }
    result = make_decoder(self, info) < 0 || make_encoder(self, info) < 0
                     || fix_encoder_state(self) < 0
                 ? -1 : 0;
    decref(info);
    return result;
}

static PyObject *
reconfigure_lock_held(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {"encoding", "errors", "newline", "line_buffering",
                                        "write_through", NULL};
    TextWrapper *self = (TextWrapper *)op;
    PyObject *encoding = Py_None;
    PyObject *errors = Py_None;
    PyObject *newline = NULL;
    PyObject *line_buffering = Py_None;
    PyObject *write_through = Py_None;
    if (!args_parse_static(args, kwargs, "|$OOOOO:reconfigure", names, &encoding, &errors,
                           &newline, &line_buffering, &write_through)
        || !check_attached(self)) {
        return NULL;
    }
    if (self->decoded != NULL && (encoding != Py_None || errors != Py_None || newline != NULL)) {
        return io_unsupported("It is not possible to set the encoding or newline of stream after "
                              "the first read");
    }
    const char *newline_text = NULL;
    if (newline != NULL && newline != Py_None) {
        newline_text = str_check(newline) ? str_as_utf8(newline) : NULL;
        if (newline_text == NULL) {
            return error_occurred()
                       ? NULL : error_format(PyExc_TypeError, "reconfigure() argument 'newline' "
                                             "must be str or None, not %s",
                                             object_type(newline)->tp_name);
        }
    }
    if (!newline_is_valid(newline_text)) {
        return error_format(PyExc_ValueError, "illegal newline value: %R", newline);
    }
    bool new_line_buffering = self->line_buffering;
    bool new_write_through = self->write_through;
    if (optional_flag(line_buffering, &new_line_buffering) < 0
        || optional_flag(write_through, &new_write_through) < 0) {
        return NULL;
    }
    PyObject *flushed = object_call_method_noargs(op, ID(flush));
    if (flushed == NULL) {
        return NULL;
    }
    decref(flushed);
    if (newline != NULL) {
        set_newline(self, newline_text);
    }
    if (change_encoding(self, encoding, errors, newline != NULL) < 0) {
        return NULL;
    }
    self->line_buffering = new_line_buffering;
    self->write_through = new_write_through;
    return new_ref(Py_None);
}

static PyObject *
text_reconfigure(PyObject *op, PyObject *args, PyObject *kwargs)
{
    CriticalSection cs;
    critical_section_begin(&cs, op);
    PyObject *result = reconfigure_lock_held(op, args, kwargs);
    critical_section_end(&cs);
    return result;
}

// An attribute of the buffer.
static PyObject *
buffer_attribute(PyObject *op, PyObject *name)
{
    PyObject *buffer = part_hold((TextWrapper *)op, &((TextWrapper *)op)->buffer);
    PyObject *value = buffer != NULL ? object_getattr(buffer, name) : NULL;
    xdecref(buffer);
    return value;
}

#define FORWARD(function, id)                                                             \
    static PyObject *function(PyObject *op, PyObject *unused)                             \
    {                                                                                     \
        TextWrapper *self = (TextWrapper *)op;                                            \
        return check_attached(self) ? text_part_call(self, &self->buffer, (id), NULL, NULL) : NULL; \
    }

FORWARD(text_fileno, ID(fileno))
FORWARD(text_seekable, ID(seekable))
FORWARD(text_readable, ID(readable))
FORWARD(text_writable, ID(writable))
FORWARD(text_isatty, ID(isatty))

static PyObject *
get_name(PyObject *op, void *closure)
{
    TextWrapper *self = (TextWrapper *)op;
    return check_attached(self) ? buffer_attribute(op, ID(name)) : NULL;
}

static PyObject *
get_closed(PyObject *op, void *closure)
{
    TextWrapper *self = (TextWrapper *)op;
    return check_attached(self) ? buffer_attribute(op, ID(closed)) : NULL;
}

static PyObject *
get_newlines(PyObject *op, void *closure)
{
    TextWrapper *self = (TextWrapper *)op;
    if (!check_attached(self)) {
        return NULL;
    }
    CriticalSection cs;
    critical_section_begin(&cs, op);
    PyObject *decoder = xnew_ref(self->decoder);
    critical_section_end(&cs);
    PyObject *newlines = NULL;
    int found = decoder != NULL ? object_getattr_optional(decoder, ID(newlines), &newlines) : 0;
    xdecref(decoder);
    return found < 0 ? NULL : newlines != NULL ? newlines : new_ref(Py_None);
}

static PyObject *
get_errors(PyObject *op, void *closure)
{
    TextWrapper *self = (TextWrapper *)op;
    return part_hold(self, &self->errors);      // stays behind detach()
}

static PyObject *
get_chunk_size(PyObject *op, void *closure)
{
    TextWrapper *self = (TextWrapper *)op;
    return check_attached(self) ? int_from_ssize(self->chunk_size) : NULL;
}

static int
set_chunk_size(PyObject *op, PyObject *value, void *closure)
{
    TextWrapper *self = (TextWrapper *)op;
    if (!check_attached(self)) {
        return -1;
    }
    if (value == NULL) {
        error_set(PyExc_AttributeError, "cannot delete attribute");
        return -1;
    }
    Py_ssize_t size = number_as_ssize(value, PyExc_ValueError);
    if (size == -1 && error_occurred()) {
        return -1;
    }
    if (size <= 0) {
        error_set(PyExc_ValueError, "a strictly positive integer is required");
        return -1;
    }
    self->chunk_size = size;
    return 0;
}

static PyObject *
get_finalizing(PyObject *op, void *closure)
{
    return bool_from_int(((TextWrapper *)op)->finalizing);
}

static int
set_finalizing(PyObject *op, PyObject *value, void *closure)
{
    int truth = value != NULL ? object_is_true(value) : 0;
    if (truth < 0) {
        return -1;
    }
    ((TextWrapper *)op)->finalizing = truth;
    return 0;
}

// An attribute for the repr: new reference, or NULL when missing; exceptions other than
// ValueError stay set.
static PyObject *
repr_part(PyObject *op, PyObject *name)
{
    PyObject *value = NULL;
    if (object_getattr_optional(op, name, &value) < 0) {
        error_clear_if(PyExc_ValueError);
    }
    return value;
}

static PyObject *
text_repr(PyObject *op)
{
    TextWrapper *self = (TextWrapper *)op;
    if (!self->detached && !check_attached(self)) {
        return NULL;
    }
    int status = object_repr_enter(op);
    if (status != 0) {
        return status < 0 ? NULL
                          : error_format(PyExc_RuntimeError, "reentrant call inside %s.__repr__",
                                         object_type(op)->tp_name);
    }
    PyObject *name = repr_part(op, ID(name));
    PyObject *mode = error_occurred() ? NULL : repr_part(op, ID(mode));
    PyObject *name_text = name != NULL ? str_format(" name=%R", name) : new_ref(str_empty());
    PyObject *mode_text = mode != NULL ? str_format(" mode=%R", mode) : new_ref(str_empty());
    PyObject *result = NULL;
    if (!error_occurred() && name_text != NULL && mode_text != NULL) {
        PyObject *encoding = part_hold(self, &self->encoding);
        if (encoding != NULL) {
            result = str_format("<%s%U%U encoding=%R>", object_type(op)->tp_name, name_text,
                                mode_text, encoding);
            decref(encoding);
        }
    }
    xdecref(name);
    xdecref(mode);
    xdecref(name_text);
    xdecref(mode_text);
    object_repr_leave(op);
    return result;
}

#define FAST(function) (PyCFunction)(void (*)(void))(function), METH_FASTCALL

static PyMethodDef text_methods[] = {
    {"detach", text_detach, METH_NOARGS, "detach($self, /)\n--\n\n"},
    {"reconfigure", (PyCFunction)(void (*)(void))text_reconfigure, METH_VARARGS | METH_KEYWORDS,
     "reconfigure($self, /, *, encoding=None, errors=None, newline=None,\n"
     "            line_buffering=None, write_through=None)\n--\n\n"
     "Reconfigure the text stream with new parameters.\n\n"
     "This also does an implicit stream flush."},
    {"write", text_write, METH_O, "write($self, text, /)\n--\n\n"},
    {"read", FAST(text_read), "read($self, size=-1, /)\n--\n\n"},
    {"readline", FAST(text_readline), "readline($self, size=-1, /)\n--\n\n"},
    {"flush", text_flush, METH_NOARGS, "flush($self, /)\n--\n\n"},
    {"close", text_close, METH_NOARGS, "close($self, /)\n--\n\n"},
    {"fileno", text_fileno, METH_NOARGS, "fileno($self, /)\n--\n\n"},
    {"seekable", text_seekable, METH_NOARGS, "seekable($self, /)\n--\n\n"},
    {"readable", text_readable, METH_NOARGS, "readable($self, /)\n--\n\n"},
    {"writable", text_writable, METH_NOARGS, "writable($self, /)\n--\n\n"},
    {"isatty", text_isatty, METH_NOARGS, "isatty($self, /)\n--\n\n"},
    {"seek", FAST(text_seek), "seek($self, cookie, whence=os.SEEK_SET, /)\n--\n\n"
     "Set the stream position, and return the new stream position.\n\n"
     "  cookie\n    Zero or an opaque number returned by tell().\n"
     "  whence\n    The relative position to seek from.\n\n"
     "Four operations are supported, given by the following argument\ncombinations:\n\n"
     "- seek(0, SEEK_SET): Rewind to the start of the stream.\n"
     "- seek(cookie, SEEK_SET): Restore a previous position.\n"
     "- seek(0, SEEK_END): Fast-forward to the end of the stream.\n"
     "- seek(0, SEEK_CUR): Leave the current stream position unchanged.\n\n"
     "Any other argument combinations are invalid,\nand may raise exceptions."},
    {"tell", text_tell, METH_NOARGS,
     "tell($self, /)\n--\n\nReturn the stream position as an opaque number.\n\n"
     "The return value of tell() can be given as input to seek(), to restore a\n"
     "previous stream position."},
    {"truncate", FAST(text_truncate), "truncate($self, pos=None, /)\n--\n\n"},
    {"__reduce__", io_reduce, METH_NOARGS, NULL},
    {"__reduce_ex__", io_reduce_ex, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef text_members[] = {
    {"encoding", _Py_T_OBJECT, offsetof(TextWrapper, encoding), Py_READONLY, NULL},
    {"buffer", _Py_T_OBJECT, offsetof(TextWrapper, buffer), Py_READONLY, NULL},
    {"line_buffering", Py_T_BOOL, offsetof(TextWrapper, line_buffering), Py_READONLY, NULL},
    {"write_through", Py_T_BOOL, offsetof(TextWrapper, write_through), Py_READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyGetSetDef text_getset[] = {
    {"name", get_name, NULL, NULL, NULL},
    {"closed", get_closed, NULL, NULL, NULL},
    {"newlines", get_newlines, NULL, NULL, NULL},
    {"errors", get_errors, NULL, NULL, NULL},
    {"_CHUNK_SIZE", get_chunk_size, set_chunk_size, NULL, NULL},
    {"_finalizing", get_finalizing, set_finalizing, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static int
text_traverse(PyObject *op, visitproc visit, void *arg)
{
    TextWrapper *self = (TextWrapper *)op;
    PyObject *const parts[] = {self->buffer, self->encoding, self->errors, self->encoder,
                               self->decoder, self->decoded, self->snapshot_flags,
                               self->snapshot_bytes, self->dict};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        int result = parts[i] != NULL ? visit(parts[i], arg) : 0;
        if (result != 0) {
            return result;
        }
    }
    return 0;
}

static int
text_clear(PyObject *op)
{
    TextWrapper *self = (TextWrapper *)op;
    self->ok = false;
    clear_ref(self->buffer);
    clear_ref(self->encoding);
    clear_ref(self->errors);
    clear_ref(self->encoder);
    clear_ref(self->decoder);
    clear_ref(self->decoded);
    clear_snapshot(self);
    clear_ref(self->dict);
    return 0;
}

static void
text_dealloc(PyObject *op)
{
    TextWrapper *self = (TextWrapper *)op;
    self->finalizing = true;
    if (!io_begin_dealloc(op)) {
        return;
    }
    gc_untrack(op);
    self->ok = false;
    weakref_clear_all(op);
    mem_free(self->pending);
    self->pending = NULL;
    text_clear(op);
    object_type(op)->tp_free(op);
}

PyTypeObject io_text_wrapper_type = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "_io.TextIOWrapper",
    .tp_basicsize = sizeof(TextWrapper),
    .tp_dealloc = text_dealloc,
    .tp_repr = text_repr,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC
                | Py_TPFLAGS_IMMUTABLETYPE,
    .tp_doc = "TextIOWrapper(buffer, encoding=None, errors=None, newline=None,\n"
              "              line_buffering=False, write_through=False)\n--\n\n"
              "Character and line based layer over a BufferedIOBase object, buffer.\n\n"
              "encoding gives the name of the encoding that the stream will be\n"
              "decoded or encoded with. It defaults to locale.getencoding().\n\n"
              "errors determines the strictness of encoding and decoding (see\n"
              "help(codecs.Codec) or the documentation for codecs.register) and\n"
              "defaults to \"strict\".\n\n"
              "newline controls how line endings are handled. It can be None, '',\n"
              "'\\n', '\\r', and '\\r\\n'.  It works as follows:\n\n"
              "* On input, if newline is None, universal newlines mode is\n"
              "  enabled. Lines in the input can end in '\\n', '\\r', or '\\r\\n', and\n"
              "  these are translated into '\\n' before being returned to the\n"
              "  caller. If it is '', universal newline mode is enabled, but line\n"
              "  endings are returned to the caller untranslated. If it has any of\n"
              "  the other legal values, input lines are only terminated by the given\n"
              "  string, and the line ending is returned to the caller untranslated.\n\n"
              "* On output, if newline is None, any '\\n' characters written are\n"
              "  translated to the system default line separator, os.linesep. If\n"
              "  newline is '' or '\\n', no translation takes place. If newline is any\n"
              "  of the other legal values, any '\\n' characters written are translated\n"
              "  to the given string.\n\n"
              "If line_buffering is True, a call to flush is implied when a call to\n"
              "write contains a newline character.",
    .tp_traverse = text_traverse,
    .tp_clear = text_clear,
    .tp_weaklistoffset = offsetof(TextWrapper, weakrefs),
    .tp_iternext = text_iternext,
    .tp_methods = text_methods,
    .tp_members = text_members,
    .tp_getset = text_getset,
    .tp_base = &io_text_base_type,
    .tp_dictoffset = offsetof(TextWrapper, dict),
    .tp_init = text_init,
    .tp_new = type_generic_new,
    .tp_finalize = io_finalize,
};
