// Positions in text streams: TextIOWrapper.tell and seek.
//
// A cookie is one integer of five fields: the byte position of a safe start point, the decoder's
// flags there, how many bytes to feed to the decoder from there, how many of the characters that
// come out to skip, and whether the end of the file must be signalled first. For encodings without
// state that makes the byte position itself.
#include <string.h>

#include "memory/refcount.h"
#include "modules/io_internal.h"
#include "modules/io_text.h"
#include "objects/args.h"
#include "objects/bytes.h"
#include "objects/call.h"
#include "objects/error.h"
#include "objects/exceptions.h"
#include "objects/identifiers.h"
#include "objects/int.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "thread/critical_section.h"

typedef struct {
    int64_t position;
    int32_t flags;
    int32_t feed;
    int32_t skip;
    uint8_t need_eof;
} Cookie;

enum { COOKIE_BYTES = 8 + 4 + 4 + 4 + 1 };

static PyObject *
cookie_pack(const Cookie *cookie)
{
    unsigned char bytes[COOKIE_BYTES];
    memcpy(bytes, &cookie->position, 8);
    memcpy(bytes + 8, &cookie->flags, 4);
    memcpy(bytes + 12, &cookie->feed, 4);
    memcpy(bytes + 16, &cookie->skip, 4);
    bytes[20] = cookie->need_eof;
    return int_from_byte_array(bytes, sizeof bytes, true, false);
}

static int
cookie_unpack(PyObject *number, Cookie *cookie)
{
    unsigned char bytes[COOKIE_BYTES];
    if (int_as_byte_array(number, bytes, sizeof bytes, true, false, true) < 0) {
        return -1;
    }
    memcpy(&cookie->position, bytes, 8);
    memcpy(&cookie->flags, bytes + 8, 4);
    memcpy(&cookie->feed, bytes + 12, 4);
    memcpy(&cookie->skip, bytes + 16, 4);
    cookie->need_eof = bytes[20];
    return 0;
}

// ---- tell ----

// Decodes bytes; how many characters come out, -1 with an exception.
static Py_ssize_t
feed(TextWrapper *self, const char *data, Py_ssize_t size, bool final)
{
    PyObject *bytes = bytes_from_data(data, size);
    PyObject *text = bytes != NULL
                         ? text_part_call(self, &self->decoder, ID(decode), bytes,
                                              final ? Py_True : Py_False) : NULL;
    xdecref(bytes);
    if (text == NULL) {
        return -1;
    }
    Py_ssize_t length = str_check(text) ? str_length(text) : -1;
    if (length < 0) {
        error_format(PyExc_TypeError, "decoder should return a string result, not '%.200s'",
                     object_type(text)->tp_name);
    }
    decref(text);
    return length;
}

// Flags and number of bytes that the decoder holds back. 0 or -1.
static int
decoder_state(TextWrapper *self, int64_t *flags, Py_ssize_t *held)
{
    PyObject *state = text_part_call(self, &self->decoder, ID(getstate), NULL, NULL);
    if (state == NULL) {
        return -1;
    }
    int result = -1;
    if (!tuple_check(state) || tuple_size(state) != 2
        || !bytes_check(tuple_item_borrow(state, 0))) {
        error_set(PyExc_TypeError, "illegal decoder state");
    }
    else {
        *held = bytes_length(tuple_item_borrow(state, 0));
        *flags = int_as_i64(tuple_item_borrow(state, 1));
        result = *flags == -1 && error_occurred() ? -1 : 0;
    }
    decref(state);
    return result;
}

// Feeds the bytes of the snapshot one by one until `skip` characters came out, and keeps the last
// place where the decoder held nothing back: from there fewer bytes need to be fed.
static int
locate(TextWrapper *self, Cookie *cookie, PyObject *snapshot, int64_t flags, Py_ssize_t skip)
{
    const char *data = bytes_data(snapshot);
    Py_ssize_t size = bytes_length(snapshot);
    PyObject *empty = bytes_from_data("", 0);
    if (empty == NULL || text_decoder_set_state(self, flags, empty) < 0) {
        xdecref(empty);
        return -1;
    }
    decref(empty);
    cookie->flags = (int32_t)flags;
    Py_ssize_t decoded = 0;         // since the safe point
    Py_ssize_t i = 0;
    while (i < size && decoded < skip) {
        Py_ssize_t got = feed(self, data + i, 1, false);
        if (got < 0) {
            return -1;
        }
        i++;
        cookie->feed++;
        decoded += got;
        Py_ssize_t held;
        if (decoder_state(self, &flags, &held) < 0) {
            return -1;
        }
        if (held == 0 && decoded <= skip) {
            cookie->position += cookie->feed;
            skip -= decoded;
            cookie->flags = (int32_t)flags;
            cookie->feed = 0;
            decoded = 0;
        }
    }
    if (decoded < skip) {
        // Only the end of the file brings the last characters out.
        Py_ssize_t got = feed(self, "", 0, true);
        if (got < 0) {
            return -1;
        }
        decoded += got;
        cookie->need_eof = 1;
        if (decoded < skip) {
            error_set(PyExc_OSError, "can't reconstruct logical file position");
            return -1;
        }
    }
    cookie->skip = (int32_t)skip;
    return 0;
}

static PyObject *
tell_lock_held(TextWrapper *self)
{
    if (!self->seekable) {
        return io_unsupported("underlying stream is not seekable");
    }
    if (!self->telling) {
        return error_set(PyExc_OSError, "telling position disabled by next() call");
    }
    if (text_flush_pending(self) < 0) {
        return NULL;
    }
    PyObject *flushed = object_call_method_noargs((PyObject *)self, ID(flush));
    PyObject *position = flushed != NULL ? text_part_call(self, &self->buffer, ID(tell), NULL, NULL) : NULL;
    xdecref(flushed);
    if (position == NULL) {
        return NULL;
    }
    if (self->decoder == NULL || self->snapshot_bytes == NULL) {
        return position;
    }
    Cookie cookie = {.position = int_as_i64(position)};
    decref(position);
    if (cookie.position == -1 && error_occurred()) {
        return NULL;
    }
    cookie.position -= bytes_length(self->snapshot_bytes);
    int64_t flags = int_as_i64(self->snapshot_flags);
    if (self->decoded == NULL || self->decoded_used == 0) {
        cookie.flags = (int32_t)flags;
        return cookie_pack(&cookie);
    }
    PyObject *snapshot = new_ref(self->snapshot_bytes);
    Py_ssize_t used = self->decoded_used;
    PyObject *saved = text_part_call(self, &self->decoder, ID(getstate), NULL, NULL);
    if (saved == NULL) {
        decref(snapshot);
        return NULL;
    }
    int status = locate(self, &cookie, snapshot, flags, used);
    decref(snapshot);
    PyObject *failure = error_take();
    PyObject *restored = text_part_call(self, &self->decoder, ID(setstate), saved, NULL);
    decref(saved);
    if (failure != NULL) {
        error_chain_steal(failure);
    }
    PyObject *result = status == 0 && restored != NULL ? cookie_pack(&cookie) : NULL;
    xdecref(restored);
    return result;
}

PyObject *
text_tell(PyObject *op, PyObject *unused)
{
    TextWrapper *self = (TextWrapper *)op;
    if (!text_check_usable(self)) {
        return NULL;
    }
    CriticalSection cs;
    critical_section_begin(&cs, op);
    PyObject *result = tell_lock_held(self);
    critical_section_end(&cs);
    return result;
}

// ---- seek ----

static void
forget_text(TextWrapper *self)
{
    text_set_decoded_steal(self, NULL);
    clear_ref(self->snapshot_flags);
    clear_ref(self->snapshot_bytes);
}

static int
flush_self(TextWrapper *self)
{
    PyObject *flushed = object_call_method_noargs((PyObject *)self, ID(flush));
    xdecref(flushed);
    return flushed != NULL ? 0 : -1;
}

static PyObject *
seek_to_end(TextWrapper *self)
{
    if (flush_self(self) < 0) {
        return NULL;
    }
    forget_text(self);
    if (self->decoder != NULL) {
        PyObject *reset = text_part_call(self, &self->decoder, ID(reset), NULL, NULL);
        if (reset == NULL) {
            return NULL;
        }
        decref(reset);
    }
    PyObject *zero = int_from_i64(0);
    PyObject *two = int_from_i64(2);
    PyObject *position = text_part_call(self, &self->buffer, ID(seek), zero, two);
    if (position != NULL && self->encoder != NULL) {
        int nonzero = object_is_true(position);
        if (nonzero < 0 || text_encoder_reset(self, nonzero == 0) < 0) {
            clear_ref(position);
        }
    }
    return position;
}

// Feeds the decoder as the cookie says.
static int
replay(TextWrapper *self, const Cookie *cookie)
{
    int result = -1;
    PyObject *count = int_from_i64(cookie->feed);
    PyObject *input = count != NULL ? text_part_call(self, &self->buffer, ID(read), count, NULL)
                                    : NULL;
    PyObject *decoded = NULL;
    xdecref(count);
    if (input == NULL) {
        return -1;
    }
    if (!bytes_check(input)) {
        error_format(PyExc_TypeError,
                     "underlying read() should have returned a bytes object, not '%.200s'",
                     object_type(input)->tp_name);
        goto done;
    }
    set_ref(self->snapshot_flags, int_from_i64(cookie->flags));
    set_ref(self->snapshot_bytes, new_ref(input));
    decoded = text_part_call(self, &self->decoder, ID(decode), input,
                                 cookie->need_eof ? Py_True : Py_False);
    if (decoded == NULL) {
        goto done;
    }
    if (!str_check(decoded) || str_length(decoded) < cookie->skip) {
        error_set(PyExc_OSError, "can't restore logical file position");
        goto done;
    }
    text_set_decoded_steal(self, new_ref(decoded));
    self->decoded_used = cookie->skip;
    result = 0;
done:
    xdecref(decoded);
    decref(input);
    return result;
}

static PyObject *
seek_to_cookie(TextWrapper *self, PyObject *number)
{
    Cookie cookie;
    if (int_is_negative(number)) {
        return error_format(PyExc_ValueError, "negative seek position %R", number);
    }
    if (flush_self(self) < 0 || cookie_unpack(number, &cookie) < 0) {
        return NULL;
    }
    PyObject *position = int_from_i64(cookie.position);
    PyObject *moved = position != NULL
                          ? text_part_call(self, &self->buffer, ID(seek), position, NULL) : NULL;
    xdecref(position);
    if (moved == NULL) {
        return NULL;
    }
    decref(moved);
    forget_text(self);
    PyObject *empty = bytes_from_data("", 0);
    if (empty == NULL) {
        return NULL;
    }
    int failed = text_decoder_set_state(self, cookie.flags, empty);
    if (failed == 0 && self->decoder != NULL) {
        set_ref(self->snapshot_flags, int_from_i64(cookie.flags));
        set_ref(self->snapshot_bytes, new_ref(empty));
        if (cookie.skip > 0 && replay(self, &cookie) < 0) {
            failed = -1;
        }
    }
    decref(empty);
    if (failed < 0) {
        return NULL;
    }
    if (self->encoder != NULL
        && text_encoder_reset(self, cookie.position == 0 && cookie.flags == 0) < 0) {
        return NULL;
    }
    return new_ref(number);
}

static PyObject *
seek_lock_held(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    TextWrapper *self = (TextWrapper *)op;
    if (!args_check_positional("seek", nargs, 1, 2) || !text_check_usable(self)) {
        return NULL;
    }
    int whence = nargs > 1 ? int_as_int(args[1]) : 0;
    if (whence == -1 && error_occurred()) {
        return NULL;
    }
    if (!self->seekable) {
        return io_unsupported("underlying stream is not seekable");
    }
    if (whence < 0 || whence > 2) {
        return error_format(PyExc_ValueError, "invalid whence (%d, should be %d, %d or %d)",
                            whence, 0, 1, 2);
    }
    if (whence != 0) {
        int nonzero = object_is_true(args[0]);
        if (nonzero != 0) {
            return nonzero < 0 ? NULL
                   : whence == 1 ? io_unsupported("can't do nonzero cur-relative seeks")
                                 : io_unsupported("can't do nonzero end-relative seeks");
        }
    }
    if (whence == 2) {
        return seek_to_end(self);
    }
    PyObject *target = whence == 1 ? object_call_method_noargs(op, ID(tell)) : new_ref(args[0]);
    if (target == NULL) {
        return NULL;
    }
    PyObject *result = NULL;
    if (!int_check(target)) {
        error_format(PyExc_TypeError, "an integer is required (got type %.200s)",
                     object_type(target)->tp_name);
    }
    else {
        result = seek_to_cookie(self, target);
    }
    decref(target);
    return result;
}

PyObject *
text_seek(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    CriticalSection cs;
    critical_section_begin(&cs, op);
    PyObject *result = seek_lock_held(op, args, nargs);
    critical_section_end(&cs);
    return result;
}
