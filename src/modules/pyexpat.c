// The `pyexpat` module: XML parsers of libexpat.
//
// Threading: see expat_internal.h. What is parsed goes through handlers, so parsing is not done with
// the thread detached.
#include <limits.h>
#include <string.h>

#include "abi/constants.h"
#include "memory/alloc.h"
#include "memory/refcount.h"
#include "modules/expat_internal.h"
#include "modules/module.h"
#include "modules/native_type.h"
#include "objects/args.h"
#include "objects/attributes.h"
#include "objects/bool.h"
#include "objects/buffer.h"
#include "objects/build.h"
#include "objects/bytes.h"
#include "objects/call.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/exceptions.h"
#include "objects/float.h"
#include "objects/identifiers.h"
#include "objects/int.h"
#include "objects/interpreter.h"
#include "objects/list.h"
#include "objects/module.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type.h"
#include "platform/random.h"

// expat takes sizes as int.
enum { CHUNK = 1 << 20, TEXT_SIZE = 8192 };

typedef struct {
    PyObject *error;        // immutable after exec: ExpatError
} ExpatState;

static PyTypeObject parser_type;

static PyObject *
module_error(PyObject *module)
{
    return ((ExpatState *)module_get_state(module))->error;
}

// ---- use by one thread ----

// 1 taken, 0 it was this thread's already, -1 with RuntimeError.
static int
enter(Parser *self)
{
    uintptr_t me = thread_id_word(), user = 0;
    if (atomic_cas_uptr(&self->user, &user, me)) {
        return 1;
    }
    if (user == me) {
        return 0;
    }
    error_set(PyExc_RuntimeError, "parser is used by another thread");
    return -1;
}

static void
leave(Parser *self, int entered)
{
    if (entered > 0) {
        atomic_store_release_uptr(&self->user, 0);
    }
}

// ---- errors ----

static PyObject *
raise_expat_error(Parser *self, enum XML_Error code)
{
    long line = (long)XML_GetErrorLineNumber(self->parser);
    long column = (long)XML_GetErrorColumnNumber(self->parser);
    PyObject *message = str_format("%s: line %ld, column %ld", XML_ErrorString(code), line,
                                   column);
    PyObject *exc = message != NULL ? object_call_onearg(self->error, message) : NULL;
    const struct {
        const char *name;
        long value;
    } attributes[] = {{"code", (long)code}, {"offset", column}, {"lineno", line}};
    for (size_t i = 0; exc != NULL && i < 3; i++) {
        PyObject *value = int_from_i64(attributes[i].value);
        if (value == NULL || object_setattr_cstr(exc, attributes[i].name, value) < 0) {
            clear_ref(exc);
        }
        xdecref(value);
    }
    if (exc != NULL) {
        error_set_object(self->error, exc);
    }
    xdecref(exc);
    xdecref(message);
    return NULL;
}

// The result of Parse() for expat's status.
static PyObject *
parse_result(Parser *self, enum XML_Status status)
{
    if (error_occurred()) {
        return NULL;
    }
    if (status == XML_STATUS_ERROR) {
        return raise_expat_error(self, XML_GetErrorCode(self->parser));
    }
    return expat_flush_text(self) < 0 ? NULL : int_from_i64(status);
}

// ---- encodings that expat does not know ----

static int
on_unknown_encoding(void *data, const XML_Char *name, XML_Encoding *info)
{
    if (error_occurred()) {
        return XML_STATUS_ERROR;
    }
    char all[256];
    for (int i = 0; i < 256; i++) {
        all[i] = (char)i;
    }
    PyObject *text = str_decode(all, sizeof all, name, "replace");
    if (text == NULL) {
        return XML_STATUS_ERROR;
    }
    if (str_length(text) != 256) {
        decref(text);
        error_set(PyExc_ValueError, "multi-byte encodings are not supported");
        return XML_STATUS_ERROR;
    }
    for (int i = 0; i < 256; i++) {
        Py_UCS4 ch = str_read_char(text, i);
        info->map[i] = ch == 0xfffd ? -1 : (int)ch;
    }
    info->data = NULL;
    info->convert = NULL;
    info->release = NULL;
    decref(text);
    return XML_STATUS_OK;
}

// ---- making parsers ----

static void
set_up(Parser *self)
{
    XML_SetUserData(self->parser, self);
    XML_SetUnknownEncodingHandler(self->parser, on_unknown_encoding, self);
}

static PyObject *
expat_parser_create(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"encoding", "namespace_separator", "intern", NULL};
    static ArgsParser parser = {.format = "|zzO:ParserCreate", .keywords = keywords};
    const char *encoding = NULL, *separator = NULL;
    PyObject *intern = NULL;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &encoding, &separator, &intern)) {
        return NULL;
    }
    if (separator != NULL && strlen(separator) > 1) {
        return error_set(PyExc_ValueError, "namespace_separator must be at most one character, "
                                           "omitted, or None");
    }
    if (intern != NULL && intern != Py_None && !dict_check(intern)) {
        return error_set(PyExc_TypeError, "intern must be a dictionary");
    }
    Parser *self = (Parser *)type_alloc(&parser_type, 0);
    if (self == NULL) {
        return NULL;
    }
    self->error = new_ref(module_error(module));
    self->text_size = TEXT_SIZE;
    self->intern = intern == NULL ? dict_new() : intern == Py_None ? NULL : new_ref(intern);
    self->parser = XML_ParserCreate_MM(encoding, NULL, separator);
    if (self->parser == NULL || (intern == NULL && self->intern == NULL)) {
        decref(self);
        return error_occurred() ? NULL : error_no_memory();
    }
    unsigned long salt;
    os_random_bytes((unsigned char *)&salt, sizeof salt);
    XML_SetHashSalt(self->parser, salt);
    set_up(self);
    return (PyObject *)self;
}

static PyObject *
parser_external_entity_parser(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    Parser *self = (Parser *)op;
    const char *context, *encoding = NULL;
    if (!args_parse_stack(args, nargs, "z|s:ExternalEntityParserCreate", &context, &encoding)) {
        return NULL;
    }
    Parser *sub = (Parser *)type_alloc(&parser_type, 0);
    if (sub == NULL) {
        return NULL;
    }
    sub->error = new_ref(self->error);
    sub->intern = xnew_ref(self->intern);
    sub->ordered_attributes = self->ordered_attributes;
    sub->specified_attributes = self->specified_attributes;
    sub->namespace_prefixes = self->namespace_prefixes;
    int entered = enter(self);
    if (entered >= 0) {
        sub->parser = XML_ExternalEntityParserCreate(self->parser, context, encoding);
        // expat's data about the document belong to the outer parser.
        sub->parent = new_ref(op);
        for (int i = 0; i < HANDLER_COUNT; i++) {
            sub->handlers[i] = xnew_ref(self->handlers[i]);
        }
        leave(self, entered);
    }
    sub->text_size = self->text_size;
    if (self->text != NULL && entered >= 0) {
        sub->text = mem_alloc((size_t)sub->text_size);
    }
    if (sub->parser == NULL || (self->text != NULL && sub->text == NULL)) {
        decref(sub);
        return error_occurred() ? NULL : error_no_memory();
    }
    set_up(sub);
    expat_connect_all(sub);
    return (PyObject *)sub;
}

static int
parser_gc_clear(PyObject *op)
{
    Parser *self = (Parser *)op;
    for (int i = 0; i < HANDLER_COUNT; i++) {
        clear_ref(self->handlers[i]);
    }
    clear_ref(self->intern);
    return 0;
}

static int
parser_traverse(PyObject *op, visitproc visit, void *arg)
{
    Parser *self = (Parser *)op;
    PyObject *const fields[] = {self->parent, self->intern, self->error};
    int status = 0;
    for (size_t i = 0; i < 3 && status == 0; i++) {
        status = fields[i] != NULL ? visit(fields[i], arg) : 0;
    }
    for (int i = 0; i < HANDLER_COUNT && status == 0; i++) {
        status = self->handlers[i] != NULL ? visit(self->handlers[i], arg) : 0;
    }
    return status;
}

static void
parser_dealloc(PyObject *op)
{
    Parser *self = (Parser *)op;
    gc_untrack(op);
    if (self->parser != NULL) {
        XML_ParserFree(self->parser);
    }
    parser_gc_clear(op);
    mem_free(self->text);
    xdecref(self->parent);
    xdecref(self->error);
    type_of(op)->tp_free(op);
}

// ---- parsing ----

// Feeds data in pieces that expat can take. The parser is entered.
static PyObject *
feed(Parser *self, const char *data, size_t size, bool final)
{
    enum XML_Status status = XML_STATUS_OK;
    do {
        size_t part = size > CHUNK ? CHUNK : size;
        status = XML_Parse(self->parser, data, (int)part, final && part == size);
        data += part;
        size -= part;
    } while (size > 0 && status != XML_STATUS_ERROR && !error_occurred());
    return parse_result(self, status);
}

// Enters the parser for a call that parses: 1, or -1 with an exception.
static int
enter_parse(Parser *self)
{
    int entered = enter(self);
    if (entered >= 0 && self->parsing) {
        leave(self, entered);
        error_set(PyExc_RuntimeError, "parser is running already: a handler must not parse");
        return -1;
    }
    if (entered >= 0) {
        self->parsing = true;
    }
    return entered;
}

static void
leave_parse(Parser *self, int entered)
{
    self->parsing = false;
    leave(self, entered);
}

static PyObject *
parser_parse(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    Parser *self = (Parser *)op;
    PyObject *data;
    int final = 0;
    if (!args_parse_stack(args, nargs, "O|p:Parse", &data, &final)) {
        return NULL;
    }
    Py_buffer view = {0};
    const char *bytes;
    Py_ssize_t size;
    if (str_check(data)) {
        bytes = str_as_utf8_size(data, &size);
        if (bytes == NULL) {
            return NULL;
        }
    }
    else if (buffer_get(data, &view, PyBUF_SIMPLE) < 0) {
        return NULL;
    }
    else {
        bytes = view.buf;
        size = view.len;
    }
    int entered = enter_parse(self);
    PyObject *result = NULL;
    if (entered >= 0) {
        if (str_check(data)) {
            // Whatever the document says: it is decoded already.
            (void)XML_SetEncoding(self->parser, "utf-8");
        }
        result = feed(self, bytes, (size_t)size, final);
        leave_parse(self, entered);
    }
    buffer_release(&view);
    return result;
}

static PyObject *
parser_parse_file(PyObject *op, PyObject *file)
{
    Parser *self = (Parser *)op;
    PyObject *read;
    if (object_getattr_optional(file, ID(read), &read) < 0) {
        return NULL;
    }
    if (read == NULL) {
        return error_set(PyExc_TypeError, "argument must have 'read' attribute");
    }
    int entered = enter_parse(self);
    PyObject *result = NULL;
    bool more = entered >= 0;
    while (more) {
        PyObject *size = int_from_i64(2048);
        PyObject *data = size != NULL ? object_call_onearg(read, size) : NULL;
        xdecref(size);
        clear_ref(result);
        if (data == NULL) {
            break;
        }
        if (!bytes_check(data)) {
            if (buffer_check(data)) {
                set_ref(data, bytes_from_object(data));
            }
            else {
                error_format(PyExc_TypeError, "read() did not return a bytes object (type=%.400s)",
                             type_of(data)->tp_name);
                clear_ref(data);
            }
            if (data == NULL) {
                break;
            }
        }
        if (bytes_length(data) > 2048) {
            error_format(PyExc_ValueError, "read() returned too much data: 2048 bytes requested, "
                                           "%zd returned", bytes_length(data));
            decref(data);
            break;
        }
        more = bytes_length(data) > 0;
        result = feed(self, bytes_data(data), (size_t)bytes_length(data), !more);
        decref(data);
        more = more && result != NULL;
    }
    if (entered >= 0) {
        leave_parse(self, entered);
    }
    decref(read);
    return result;
}

// ---- other methods ----

static PyObject *
parser_set_base(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    const char *base;
    if (!args_parse_stack(args, nargs, "s:SetBase", &base)) {
        return NULL;
    }
    if (!XML_SetBase(((Parser *)op)->parser, base)) {
        return error_no_memory();
    }
    return new_ref(Py_None);
}

static PyObject *
parser_get_base(PyObject *op, PyObject *unused)
{
    const XML_Char *base = XML_GetBase(((Parser *)op)->parser);
    return base != NULL ? str_from_cstr(base) : new_ref(Py_None);
}

static PyObject *
parser_get_input_context(PyObject *op, PyObject *unused)
{
    Parser *self = (Parser *)op;
    int offset, size;
    const char *buffer = self->parsing ? XML_GetInputContext(self->parser, &offset, &size) : NULL;
    return buffer != NULL ? bytes_from_data(buffer + offset, size - offset) : new_ref(Py_None);
}

static PyObject *
parser_set_param_entity_parsing(PyObject *op, PyObject *arg)
{
    int flag = int_as_int(arg);
    if (flag == -1 && error_occurred()) {
        return NULL;
    }
    return int_from_i64(XML_SetParamEntityParsing(((Parser *)op)->parser,
                                                  (enum XML_ParamEntityParsing)flag));
}

static PyObject *
parser_use_foreign_dtd(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    Parser *self = (Parser *)op;
    int flag = 1;
    if (!args_parse_stack(args, nargs, "|p:UseForeignDTD", &flag)) {
        return NULL;
    }
    enum XML_Error code = XML_UseForeignDTD(self->parser, flag ? XML_TRUE : XML_FALSE);
    return code != XML_ERROR_NONE ? raise_expat_error(self, code) : new_ref(Py_None);
}

// Deferral came with expat 2.6; before, nothing is deferred.
static PyObject *
parser_set_deferral(PyObject *op, PyObject *arg)
{
    int enabled = object_is_true(arg);
    if (enabled < 0) {
        return NULL;
    }
#if XML_MAJOR_VERSION * 100 + XML_MINOR_VERSION >= 206
    XML_SetReparseDeferralEnabled(((Parser *)op)->parser, enabled ? XML_TRUE : XML_FALSE);
#endif
    return new_ref(Py_None);
}

static PyObject *
parser_get_deferral(PyObject *op, PyObject *unused)
{
    return bool_from_int(XML_MAJOR_VERSION * 100 + XML_MINOR_VERSION >= 206);
}

// ---- protection against entities that expand to much more than was read ----

static PyObject *
protection_result(Parser *self, bool accepted, bool valid, const char *complaint)
{
    if (accepted) {
        return new_ref(Py_None);
    }
    return error_set(self->error, valid ? "parser must be a root parser" : complaint);
}

static PyObject *
parser_set_threshold(PyObject *op, PyObject *arg)
{
    Parser *self = (Parser *)op;
    if (!int_check(arg)) {
        return error_format(PyExc_TypeError, "an integer is required, not %T", arg);
    }
    if (int_is_negative(arg)) {
        return error_set(PyExc_ValueError, "value must be positive");
    }
    uint64_t threshold = int_as_u64(arg);
    if (threshold == (uint64_t)-1 && error_occurred()) {
        return NULL;
    }
    XML_Bool done = XML_SetBillionLaughsAttackProtectionActivationThreshold(self->parser,
                                                                            threshold);
    return protection_result(self, done, true, NULL);
}

static PyObject *
parser_set_amplification(PyObject *op, PyObject *arg)
{
    Parser *self = (Parser *)op;
    double factor = float_as_double(arg);
    if (factor == -1.0 && error_occurred()) {
        return NULL;
    }
    XML_Bool done = XML_SetBillionLaughsAttackProtectionMaximumAmplification(self->parser,
                                                                             (float)factor);
    return protection_result(self, done, factor >= 1.0, "'max_factor' must be at least 1.0");
}

// ---- attributes ----

static PyObject *
get_handler(PyObject *op, void *which)
{
    Parser *self = (Parser *)op;
    int entered = enter(self);
    if (entered < 0) {
        return NULL;
    }
    PyObject *handler = self->handlers[(intptr_t)which];
    PyObject *result = new_ref(handler != NULL ? handler : Py_None);
    leave(self, entered);
    return result;
}

static int
set_handler(PyObject *op, PyObject *value, void *which)
{
    Parser *self = (Parser *)op;
    if (value == NULL) {
        error_set(PyExc_RuntimeError, "Cannot delete attribute");
        return -1;
    }
    int entered = enter(self);
    if (entered < 0) {
        return -1;
    }
    int status = 0;
    // What was collected is for the handler that is there now.
    if ((intptr_t)which == HANDLE_TEXT) {
        status = expat_flush_text(self);
    }
    PyObject *old = self->handlers[(intptr_t)which];
    self->handlers[(intptr_t)which] = value != Py_None ? new_ref(value) : NULL;
    expat_connect(self, (Handler)(intptr_t)which);
    leave(self, entered);
    xdecref(old);
    return status;
}

enum { GET_ERROR_CODE, GET_ERROR_LINE, GET_ERROR_COLUMN, GET_ERROR_INDEX, GET_LINE, GET_COLUMN,
       GET_INDEX, GET_USED, GET_SIZE };

static PyObject *
get_number(PyObject *op, void *which)
{
    Parser *self = (Parser *)op;
    switch ((intptr_t)which) {
    case GET_ERROR_CODE: return int_from_i64(XML_GetErrorCode(self->parser));
    case GET_ERROR_LINE: case GET_LINE:
        return int_from_u64(XML_GetCurrentLineNumber(self->parser));
    case GET_ERROR_COLUMN: case GET_COLUMN:
        return int_from_u64(XML_GetCurrentColumnNumber(self->parser));
    case GET_ERROR_INDEX: case GET_INDEX:
        return int_from_i64(XML_GetCurrentByteIndex(self->parser));
    case GET_USED: return int_from_i64(self->text_used);
    default: return int_from_i64(self->text_size);
    }
}

// Replaces the buffer of collected text, or takes it away. 0 or -1.
static int
set_text_buffer(Parser *self, bool on, int size)
{
    if (expat_flush_text(self) < 0) {
        return -1;
    }
    char *text = on ? mem_alloc((size_t)size) : NULL;
    if (on && text == NULL) {
        error_no_memory();
        return -1;
    }
    mem_free(self->text);
    self->text = text;
    self->text_size = size;
    return 0;
}

static int
set_buffer_size(PyObject *op, PyObject *value, void *unused)
{
    Parser *self = (Parser *)op;
    if (value == NULL) {
        error_set(PyExc_RuntimeError, "Cannot delete attribute");
        return -1;
    }
    if (!int_check(value)) {
        error_set(PyExc_TypeError, "buffer_size must be an integer");
        return -1;
    }
    long size = int_as_long(value);
    if (size == -1 && error_occurred()) {
        return -1;
    }
    if (size <= 0) {
        error_set(PyExc_ValueError, "buffer_size must be greater than zero");
        return -1;
    }
    if (size > INT_MAX) {
        error_format(PyExc_ValueError, "buffer_size must not be greater than %i", INT_MAX);
        return -1;
    }
    int entered = enter(self);
    int status = entered < 0 ? -1 : set_text_buffer(self, self->text != NULL, (int)size);
    leave(self, entered);
    return status;
}

static PyObject *
get_buffer_text(PyObject *op, void *unused)
{
    return bool_from_int(((Parser *)op)->text != NULL);
}

static int
set_buffer_text(PyObject *op, PyObject *value, void *unused)
{
    Parser *self = (Parser *)op;
    int on = value != NULL ? object_is_true(value) : -1;
    if (value == NULL) {
        error_set(PyExc_RuntimeError, "Cannot delete attribute");
    }
    int entered = on < 0 ? -1 : enter(self);
    int status = entered < 0 ? -1 : 0;
    if (status == 0 && on != (self->text != NULL)) {
        status = set_text_buffer(self, on, self->text_size);
    }
    leave(self, entered);
    return status;
}

enum { FLAG_ORDERED, FLAG_SPECIFIED, FLAG_PREFIXES };

static bool *
flag_of(Parser *self, void *which)
{
    return (intptr_t)which == FLAG_ORDERED     ? &self->ordered_attributes
           : (intptr_t)which == FLAG_SPECIFIED ? &self->specified_attributes
                                               : &self->namespace_prefixes;
}

static PyObject *
get_flag(PyObject *op, void *which)
{
    return bool_from_int(*flag_of((Parser *)op, which));
}

static int
set_flag(PyObject *op, PyObject *value, void *which)
{
    if (value == NULL) {
        error_set(PyExc_RuntimeError, "Cannot delete attribute");
        return -1;
    }
    int on = object_is_true(value);
    if (on < 0) {
        return -1;
    }
    *flag_of((Parser *)op, which) = on;
    if ((intptr_t)which == FLAG_PREFIXES) {
        XML_SetReturnNSTriplet(((Parser *)op)->parser, on);
    }
    return 0;
}

static PyObject *
get_intern(PyObject *op, void *unused)
{
    PyObject *intern = ((Parser *)op)->intern;
    return new_ref(intern != NULL ? intern : Py_None);
}

static PyMethodDef parser_methods[] = {
    {"Parse", FASTCALL(parser_parse), METH_FASTCALL,
     "Parse($self, data, isfinal=False, /)\n--\n\nParse XML data.\n\n'isfinal' should be true at "
     "end of input."},
    {"ParseFile", parser_parse_file, METH_O,
     "ParseFile($self, file, /)\n--\n\nParse XML data from file-like object."},
    {"SetBase", FASTCALL(parser_set_base), METH_FASTCALL,
     "SetBase($self, base, /)\n--\n\nSet the base URL for the parser."},
    {"GetBase", parser_get_base, METH_NOARGS,
     "GetBase($self, /)\n--\n\nReturn base URL string for the parser."},
    {"GetInputContext", parser_get_input_context, METH_NOARGS,
     "GetInputContext($self, /)\n--\n\nReturn the untranslated text of the input that caused the "
     "current event.\n\nIf the event was generated by a large amount of text (such as a start "
     "tag\nfor an element with many attributes), not all of the text may be available."},
    {"ExternalEntityParserCreate", FASTCALL(parser_external_entity_parser), METH_FASTCALL,
     "ExternalEntityParserCreate($self, context, encoding=<unrepresentable>, /)\n--\n\nCreate a "
     "parser for parsing an external entity based on the information passed to the "
     "ExternalEntityRefHandler."},
    {"SetParamEntityParsing", parser_set_param_entity_parsing, METH_O,
     "SetParamEntityParsing($self, flag, /)\n--\n\nControls parsing of parameter entities "
     "(including the external DTD subset).\n\nPossible flag values are "
     "XML_PARAM_ENTITY_PARSING_NEVER,\nXML_PARAM_ENTITY_PARSING_UNLESS_STANDALONE "
     "and\nXML_PARAM_ENTITY_PARSING_ALWAYS. Returns true if setting the flag\nwas successful."},
    {"UseForeignDTD", FASTCALL(parser_use_foreign_dtd), METH_FASTCALL,
     "UseForeignDTD($self, flag=True, /)\n--\n\nAllows the application to provide an artificial "
     "external subset if one is not specified as part of the document instance.\n\nThis readily "
     "allows the use of a 'default' document type controlled by the\napplication, while still "
     "getting the advantage of providing document type\ninformation to the parser. 'flag' "
     "defaults to True if not provided."},
    {"SetReparseDeferralEnabled", parser_set_deferral, METH_O,
     "SetReparseDeferralEnabled($self, enabled, /)\n--\n\nEnable/Disable reparse deferral; enabled "
     "by default with Expat >=2.6.0."},
    {"SetBillionLaughsAttackProtectionActivationThreshold", parser_set_threshold, METH_O,
     "SetBillionLaughsAttackProtectionActivationThreshold($self, threshold, /)\n--\n\nSets the "
     "number of output bytes needed to activate protection against billion laughs attacks.\n\n"
     "The number of output bytes includes amplification from entity expansion\nand reading DTD "
     "files.\n\nParser objects usually have a protection activation threshold of 8 MiB,\nbut the "
     "actual default value depends on the underlying Expat library."},
    {"SetBillionLaughsAttackProtectionMaximumAmplification", parser_set_amplification, METH_O,
     "SetBillionLaughsAttackProtectionMaximumAmplification($self, max_factor, /)\n--\n\nSets the "
     "maximum tolerated amplification factor for protection against billion laughs attacks.\n\n"
     "The amplification factor is calculated as \"(direct + indirect) / direct\"\nwhile parsing, "
     "where \"direct\" is the number of bytes read from the\nprimary document in parsing and "
     "\"indirect\" is the number of bytes added by\nexpanding entities and reading external DTD "
     "files, combined.\n\nThe 'max_factor' value must be a non-NaN floating point value greater "
     "than\nor equal to 1.0.\n\nParser objects usually have a maximum amplification factor of 100,"
     "\nbut the actual default value depends on the underlying Expat library."},
    {"GetReparseDeferralEnabled", parser_get_deferral, METH_NOARGS,
     "GetReparseDeferralEnabled($self, /)\n--\n\nRetrieve reparse deferral enabled status; always "
     "returns false with Expat <2.6.0."},
    {NULL, NULL, 0, NULL},
};

#define HANDLER_ROW(which, name) {name, get_handler, set_handler, NULL, (void *)(intptr_t)which},
#define NUMBER_ROW(name, which) {name, get_number, NULL, NULL, (void *)(intptr_t)which}
#define FLAG_ROW(name, which) {name, get_flag, set_flag, NULL, (void *)(intptr_t)which}

static PyGetSetDef parser_getset[] = {
    EXPAT_HANDLERS(HANDLER_ROW)
    NUMBER_ROW("ErrorCode", GET_ERROR_CODE), NUMBER_ROW("ErrorLineNumber", GET_ERROR_LINE),
    NUMBER_ROW("ErrorColumnNumber", GET_ERROR_COLUMN),
    NUMBER_ROW("ErrorByteIndex", GET_ERROR_INDEX), NUMBER_ROW("CurrentLineNumber", GET_LINE),
    NUMBER_ROW("CurrentColumnNumber", GET_COLUMN), NUMBER_ROW("CurrentByteIndex", GET_INDEX),
    NUMBER_ROW("buffer_used", GET_USED),
    {"buffer_size", get_number, set_buffer_size, NULL, (void *)(intptr_t)GET_SIZE},
    {"buffer_text", get_buffer_text, set_buffer_text, NULL, NULL},
    FLAG_ROW("ordered_attributes", FLAG_ORDERED),
    FLAG_ROW("specified_attributes", FLAG_SPECIFIED),
    FLAG_ROW("namespace_prefixes", FLAG_PREFIXES),
    {"intern", get_intern, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyTypeObject parser_type = {
    .ob_base = NATIVE_TYPE_HEAD,
    .tp_name = "pyexpat.xmlparser",
    .tp_basicsize = sizeof(Parser),
    .tp_dealloc = parser_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION |
                Py_TPFLAGS_IMMUTABLETYPE,
    .tp_doc = "XML parser",
    .tp_traverse = parser_traverse,
    .tp_clear = parser_gc_clear,
    .tp_methods = parser_methods,
    .tp_getset = parser_getset,
};

// ---- the module and its two submodules ----

static PyObject *
expat_error_string(PyObject *module, PyObject *arg)
{
    long code = int_as_long(arg);
    if (code == -1 && error_occurred()) {
        return NULL;
    }
    const XML_LChar *text = XML_ErrorString((enum XML_Error)code);
    return text != NULL ? str_from_cstr(text) : new_ref(Py_None);
}

static PyMethodDef expat_functions[] = {
    {"ParserCreate", FASTCALL(expat_parser_create), METH_FASTCALL | METH_KEYWORDS,
     "ParserCreate($module, /, encoding=None, namespace_separator=None,\n             "
     "intern=<unrepresentable>)\n--\n\nReturn a new XML parser object."},
    {"ErrorString", expat_error_string, METH_O,
     "ErrorString($module, code, /)\n--\n\nReturns string error for given number."},
    {NULL, NULL, 0, NULL},
};

static const struct {
    const char *name;
    int code;
} error_names[] = {
#define ERROR_NAME(name) {#name, name}
    ERROR_NAME(XML_ERROR_NO_MEMORY), ERROR_NAME(XML_ERROR_SYNTAX),
    ERROR_NAME(XML_ERROR_NO_ELEMENTS), ERROR_NAME(XML_ERROR_INVALID_TOKEN),
    ERROR_NAME(XML_ERROR_UNCLOSED_TOKEN), ERROR_NAME(XML_ERROR_PARTIAL_CHAR),
    ERROR_NAME(XML_ERROR_TAG_MISMATCH), ERROR_NAME(XML_ERROR_DUPLICATE_ATTRIBUTE),
    ERROR_NAME(XML_ERROR_JUNK_AFTER_DOC_ELEMENT), ERROR_NAME(XML_ERROR_PARAM_ENTITY_REF),
    ERROR_NAME(XML_ERROR_UNDEFINED_ENTITY), ERROR_NAME(XML_ERROR_RECURSIVE_ENTITY_REF),
    ERROR_NAME(XML_ERROR_ASYNC_ENTITY), ERROR_NAME(XML_ERROR_BAD_CHAR_REF),
    ERROR_NAME(XML_ERROR_BINARY_ENTITY_REF), ERROR_NAME(XML_ERROR_ATTRIBUTE_EXTERNAL_ENTITY_REF),
    ERROR_NAME(XML_ERROR_MISPLACED_XML_PI), ERROR_NAME(XML_ERROR_UNKNOWN_ENCODING),
    ERROR_NAME(XML_ERROR_INCORRECT_ENCODING), ERROR_NAME(XML_ERROR_UNCLOSED_CDATA_SECTION),
    ERROR_NAME(XML_ERROR_EXTERNAL_ENTITY_HANDLING), ERROR_NAME(XML_ERROR_NOT_STANDALONE),
    ERROR_NAME(XML_ERROR_UNEXPECTED_STATE), ERROR_NAME(XML_ERROR_ENTITY_DECLARED_IN_PE),
    ERROR_NAME(XML_ERROR_FEATURE_REQUIRES_XML_DTD),
    ERROR_NAME(XML_ERROR_CANT_CHANGE_FEATURE_ONCE_PARSING),
    ERROR_NAME(XML_ERROR_UNBOUND_PREFIX), ERROR_NAME(XML_ERROR_UNDECLARING_PREFIX),
    ERROR_NAME(XML_ERROR_INCOMPLETE_PE), ERROR_NAME(XML_ERROR_XML_DECL),
    ERROR_NAME(XML_ERROR_TEXT_DECL), ERROR_NAME(XML_ERROR_PUBLICID),
    ERROR_NAME(XML_ERROR_SUSPENDED), ERROR_NAME(XML_ERROR_NOT_SUSPENDED),
    ERROR_NAME(XML_ERROR_ABORTED), ERROR_NAME(XML_ERROR_FINISHED),
    ERROR_NAME(XML_ERROR_SUSPEND_PE), ERROR_NAME(XML_ERROR_RESERVED_PREFIX_XML),
    ERROR_NAME(XML_ERROR_RESERVED_PREFIX_XMLNS), ERROR_NAME(XML_ERROR_RESERVED_NAMESPACE_URI),
    ERROR_NAME(XML_ERROR_INVALID_ARGUMENT), ERROR_NAME(XML_ERROR_NO_BUFFER),
    ERROR_NAME(XML_ERROR_AMPLIFICATION_LIMIT_BREACH),
#undef ERROR_NAME
};

// Constants with the messages as values; codes: message -> number, messages: number -> message.
static int
fill_errors(PyObject *errors)
{
    PyObject *codes = dict_new(), *messages = dict_new();
    int status = codes != NULL && messages != NULL ? 0 : -1;
    for (size_t i = 0; status == 0 && i < sizeof error_names / sizeof *error_names; i++) {
        PyObject *code = int_from_i64(error_names[i].code);
        PyObject *text = str_from_cstr(XML_ErrorString((enum XML_Error)error_names[i].code));
        if (code == NULL || text == NULL || module_add(errors, error_names[i].name, text) < 0 ||
            dict_set(codes, text, code) < 0 || dict_set(messages, code, text) < 0) {
            status = -1;
        }
        xdecref(code);
        xdecref(text);
    }
    if (status == 0) {
        status = module_set_doc(errors, "Constants used to describe error conditions.");
    }
    if (status == 0 && (module_add(errors, "codes", codes) < 0 ||
                        module_add(errors, "messages", messages) < 0)) {
        status = -1;
    }
    xdecref(codes);
    xdecref(messages);
    return status;
}

static int
fill_model(PyObject *model)
{
    static const struct {
        const char *name;
        int value;
    } constants[] = {
        {"XML_CTYPE_EMPTY", XML_CTYPE_EMPTY}, {"XML_CTYPE_ANY", XML_CTYPE_ANY},
        {"XML_CTYPE_MIXED", XML_CTYPE_MIXED}, {"XML_CTYPE_NAME", XML_CTYPE_NAME},
        {"XML_CTYPE_CHOICE", XML_CTYPE_CHOICE}, {"XML_CTYPE_SEQ", XML_CTYPE_SEQ},
        {"XML_CQUANT_NONE", XML_CQUANT_NONE}, {"XML_CQUANT_OPT", XML_CQUANT_OPT},
        {"XML_CQUANT_REP", XML_CQUANT_REP}, {"XML_CQUANT_PLUS", XML_CQUANT_PLUS},
    };
    for (size_t i = 0; i < sizeof constants / sizeof *constants; i++) {
        if (module_add_int(model, constants[i].name, constants[i].value) < 0) {
            return -1;
        }
    }
    return module_set_doc(model, "Constants used to interpret content model information.");
}

// A module under its full name in sys.modules, and in pyexpat under the last part of it.
static int
add_submodule(PyObject *module, const char *name, int (*fill)(PyObject *submodule))
{
    PyObject *full = str_format("pyexpat.%s", name);
    PyObject *submodule = full != NULL ? module_new(full) : NULL;
    int status = submodule == NULL || fill(submodule) < 0 ||
                         dict_set(interpreter_roots()->modules, full, submodule) < 0 ||
                         module_add(module, name, submodule) < 0
                     ? -1 : 0;
    xdecref(submodule);
    xdecref(full);
    return status;
}

static int
add_features(PyObject *module)
{
    PyObject *list = list_new(0);
    const XML_Feature *feature = XML_GetFeatureList();
    for (; list != NULL && feature->feature != XML_FEATURE_END; feature++) {
        PyObject *pair = value_build("(sl)", feature->name, feature->value);
        if (pair == NULL || list_append_steal(list, pair) < 0) {
            clear_ref(list);
        }
    }
    return module_add_steal(module, "features", list);
}

static int
expat_exec(PyObject *module)
{
    XML_Expat_Version version = XML_ExpatVersionInfo();
    ExpatState *state = module_get_state(module);
    state->error = error_new_exception("xml.parsers.expat.ExpatError", NULL, NULL);
    if (state->error == NULL || type_ready(&parser_type) < 0 ||
        module_add(module, "error", state->error) < 0 ||
        module_add(module, "ExpatError", state->error) < 0 ||
        module_add(module, "XMLParserType", (PyObject *)&parser_type) < 0 ||
        module_add_cstr(module, "EXPAT_VERSION", XML_ExpatVersion()) < 0 ||
        module_add_steal(module, "version_info", value_build("(iii)", version.major, version.minor,
                                                             version.micro)) < 0 ||
        module_add_cstr(module, "native_encoding", "UTF-8") < 0 || add_features(module) < 0 ||
        add_submodule(module, "errors", fill_errors) < 0 ||
        add_submodule(module, "model", fill_model) < 0 ||
        module_add_int(module, "XML_PARAM_ENTITY_PARSING_NEVER",
                       XML_PARAM_ENTITY_PARSING_NEVER) < 0 ||
        module_add_int(module, "XML_PARAM_ENTITY_PARSING_UNLESS_STANDALONE",
                       XML_PARAM_ENTITY_PARSING_UNLESS_STANDALONE) < 0) {
        return -1;
    }
    return module_add_int(module, "XML_PARAM_ENTITY_PARSING_ALWAYS",
                          XML_PARAM_ENTITY_PARSING_ALWAYS);
}

static int
expat_traverse(PyObject *module, visitproc visit, void *arg)
{
    ExpatState *state = module_get_state(module);
    return state->error != NULL ? visit(state->error, arg) : 0;
}

static int
expat_clear(PyObject *module)
{
    ExpatState *state = module_get_state(module);
    clear_ref(state->error);
    return 0;
}

static void
expat_free(void *module)
{
    expat_clear(module);
}

static PyModuleDef_Slot expat_slots[] = {
    {Py_mod_exec, expat_exec},
    {0, NULL},
};

static PyModuleDef expat_definition = {
    .m_name = "pyexpat",
    .m_doc = "Python wrapper for Expat parser.",
    .m_size = sizeof(ExpatState),
    .m_methods = expat_functions,
    .m_slots = expat_slots,
    .m_traverse = expat_traverse,
    .m_clear = expat_clear,
    .m_free = expat_free,
};

NATIVE_MODULE(pyexpat, &expat_definition)
