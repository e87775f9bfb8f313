// From expat's callbacks to the handlers of a parser.
//
// An exception of a handler stops the parser; Parse() finds it set.
//
// Threading: see expat_internal.h.
#include <string.h>

#include "memory/refcount.h"
#include "modules/expat_internal.h"
#include "objects/build.h"
#include "objects/bytes.h"
#include "objects/call.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/exceptions.h"
#include "objects/int.h"
#include "objects/list.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "thread/thread.h"

// ---- values ----

// Text, or None for NULL.
static PyObject *
text_or_none(const XML_Char *text)
{
    return text == NULL ? new_ref(Py_None) : str_decode_utf8(text, (Py_ssize_t)strlen(text),
                                                             "strict");
}

// The same for names, which repeat: one object for each.
static PyObject *
name_or_none(Parser *self, const XML_Char *text)
{
    PyObject *name = text_or_none(text);
    if (name == NULL || name == Py_None || self->intern == NULL) {
        return name;
    }
    PyObject *known;
    int found = dict_setdefault(self->intern, name, name, &known);
    decref(name);
    return found < 0 ? NULL : known;
}

// ---- calling ----

// Calls a handler with arguments, which are consumed (an element NULL: an exception is set). The
// result, or NULL: the parser is then stopped.
static PyObject *
call_steal(Parser *self, Handler which, PyObject *const *args, size_t n)
{
    bool complete = true;
    for (size_t i = 0; i < n; i++) {
        complete = complete && args[i] != NULL;
    }
    PyObject *handler = xnew_ref(self->handlers[which]);
    PyObject *result = NULL;
    if (complete && handler != NULL) {
        result = object_vectorcall(handler, args, n, NULL);
    }
    else if (complete) {
        result = new_ref(Py_None);
    }
    xdecref(handler);
    for (size_t i = 0; i < n; i++) {
        xdecref(args[i]);
    }
    if (result == NULL) {
        XML_StopParser(self->parser, XML_FALSE);
    }
    return result;
}

// Whether a handler is to be called: text collected so far goes first.
static bool
wanted(Parser *self, Handler which)
{
    return self->handlers[which] != NULL && !error_occurred() && expat_flush_text(self) == 0;
}

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void
call(Parser *self, Handler which, PyObject *const *args, size_t n)
{
    xdecref(call_steal(self, which, args, n));
}

// The same for handlers that answer with an int; 0 stops the parser.
static int
call_for_int(Parser *self, Handler which, PyObject *const *args, size_t n)
{
    PyObject *result = call_steal(self, which, args, n);
    if (result == NULL) {
        return 0;
    }
    int answer = int_as_int(result);
    decref(result);
    if (answer == -1 && error_occurred()) {
        XML_StopParser(self->parser, XML_FALSE);
        return 0;
    }
    return answer;
}

// ---- text ----

int
expat_call_text_handler(Parser *self, const char *data, int size)
{
    PyObject *args[] = {str_decode_utf8(data, size, "strict")};
    PyObject *result = call_steal(self, HANDLE_TEXT, args, 1);
    xdecref(result);
    return result != NULL ? 0 : -1;
}

int
expat_flush_text(Parser *self)
{
    if (self->text == NULL || self->text_used == 0) {
        return 0;
    }
    int size = self->text_used;
    self->text_used = 0;
    return expat_call_text_handler(self, self->text, size);
}

static void
on_text(void *data, const XML_Char *text, int size)
{
    Parser *self = data;
    if (error_occurred()) {
        return;
    }
    if (self->text == NULL) {
        (void)expat_call_text_handler(self, text, size);
        return;
    }
    if (size > self->text_size - self->text_used) {
        if (expat_flush_text(self) < 0 || self->handlers[HANDLE_TEXT] == NULL) {
            return;
        }
    }
    // The handler may have turned collecting off.
    if (self->text == NULL || size > self->text_size) {
        (void)expat_call_text_handler(self, text, size);
        return;
    }
    memcpy(self->text + self->text_used, text, (size_t)size);
    self->text_used += size;
}

// ---- elements ----

static PyObject *
attributes_list(Parser *self, const XML_Char **attributes, int count)
{
    PyObject *list = list_new(0);
    for (int i = 0; list != NULL && i < count; i++) {
        PyObject *item = i % 2 == 0 ? name_or_none(self, attributes[i])
                                    : text_or_none(attributes[i]);
        if (item == NULL || list_append_steal(list, item) < 0) {
            clear_ref(list);
        }
    }
    return list;
}

static PyObject *
attributes_dict(Parser *self, const XML_Char **attributes, int count)
{
    PyObject *dict = dict_new();
    for (int i = 0; dict != NULL && i < count; i += 2) {
        PyObject *name = name_or_none(self, attributes[i]);
        PyObject *value = name != NULL ? text_or_none(attributes[i + 1]) : NULL;
        if (value == NULL || dict_set(dict, name, value) < 0) {
            clear_ref(dict);
        }
        xdecref(name);
        xdecref(value);
    }
    return dict;
}

static void
on_start_element(void *data, const XML_Char *name, const XML_Char **attributes)
{
    Parser *self = data;
    if (!wanted(self, HANDLE_START_ELEMENT)) {
        return;
    }
    int count = 0;
    if (self->specified_attributes) {
        count = XML_GetSpecifiedAttributeCount(self->parser);
    }
    else {
        while (attributes[count] != NULL) {
            count += 2;
        }
    }
    PyObject *args[] = {name_or_none(self, name),
                        self->ordered_attributes ? attributes_list(self, attributes, count)
                                                 : attributes_dict(self, attributes, count)};
    call(self, HANDLE_START_ELEMENT, args, COUNT(args));
}

static void
on_end_element(void *data, const XML_Char *name)
{
    Parser *self = data;
    if (wanted(self, HANDLE_END_ELEMENT)) {
        PyObject *args[] = {name_or_none(self, name)};
        call(self, HANDLE_END_ELEMENT, args, COUNT(args));
    }
}

static void
on_start_namespace(void *data, const XML_Char *prefix, const XML_Char *uri)
{
    Parser *self = data;
    if (wanted(self, HANDLE_START_NAMESPACE)) {
        PyObject *args[] = {name_or_none(self, prefix), name_or_none(self, uri)};
        call(self, HANDLE_START_NAMESPACE, args, COUNT(args));
    }
}

static void
on_end_namespace(void *data, const XML_Char *prefix)
{
    Parser *self = data;
    if (wanted(self, HANDLE_END_NAMESPACE)) {
        PyObject *args[] = {name_or_none(self, prefix)};
        call(self, HANDLE_END_NAMESPACE, args, COUNT(args));
    }
}

// ---- what else is in a document ----

static void
on_instruction(void *data, const XML_Char *target, const XML_Char *text)
{
    Parser *self = data;
    if (wanted(self, HANDLE_INSTRUCTION)) {
        PyObject *args[] = {name_or_none(self, target), text_or_none(text)};
        call(self, HANDLE_INSTRUCTION, args, COUNT(args));
    }
}

static void
on_comment(void *data, const XML_Char *text)
{
    Parser *self = data;
    if (wanted(self, HANDLE_COMMENT)) {
        PyObject *args[] = {text_or_none(text)};
        call(self, HANDLE_COMMENT, args, COUNT(args));
    }
}

static void
on_start_cdata(void *data)
{
    if (wanted(data, HANDLE_START_CDATA)) {
        call(data, HANDLE_START_CDATA, NULL, 0);
    }
}

static void
on_end_cdata(void *data)
{
    if (wanted(data, HANDLE_END_CDATA)) {
        call(data, HANDLE_END_CDATA, NULL, 0);
    }
}

static void
default_text(Parser *self, Handler which, const XML_Char *text, int size)
{
    if (wanted(self, which)) {
        PyObject *args[] = {str_decode_utf8(text, size, "strict")};
        call(self, which, args, COUNT(args));
    }
}

static void
on_default(void *data, const XML_Char *text, int size)
{
    default_text(data, HANDLE_DEFAULT, text, size);
}

static void
on_default_expand(void *data, const XML_Char *text, int size)
{
    default_text(data, HANDLE_DEFAULT_EXPAND, text, size);
}

static int
on_not_standalone(void *data)
{
    return wanted(data, HANDLE_NOT_STANDALONE) ? call_for_int(data, HANDLE_NOT_STANDALONE, NULL, 0)
                                               : 0;
}

static int
on_external_entity(XML_Parser parser, const XML_Char *context, const XML_Char *base,
                   const XML_Char *system_id, const XML_Char *public_id)
{
    Parser *self = XML_GetUserData(parser);
    if (!wanted(self, HANDLE_EXTERNAL_ENTITY)) {
        return 0;
    }
    PyObject *args[] = {text_or_none(context), name_or_none(self, base),
                        name_or_none(self, system_id), name_or_none(self, public_id)};
    return call_for_int(self, HANDLE_EXTERNAL_ENTITY, args, COUNT(args));
}

// ---- the document type ----

static void
on_start_doctype(void *data, const XML_Char *name, const XML_Char *system_id,
                 const XML_Char *public_id, int has_subset)
{
    Parser *self = data;
    if (wanted(self, HANDLE_START_DOCTYPE)) {
        PyObject *args[] = {name_or_none(self, name), name_or_none(self, system_id),
                            name_or_none(self, public_id), int_from_i64(has_subset)};
        call(self, HANDLE_START_DOCTYPE, args, COUNT(args));
    }
}

static void
on_end_doctype(void *data)
{
    if (wanted(data, HANDLE_END_DOCTYPE)) {
        call(data, HANDLE_END_DOCTYPE, NULL, 0);
    }
}

static void
on_xml_decl(void *data, const XML_Char *version, const XML_Char *encoding, int standalone)
{
    Parser *self = data;
    if (wanted(self, HANDLE_XML_DECL)) {
        PyObject *args[] = {text_or_none(version), text_or_none(encoding),
                            int_from_i64(standalone)};
        call(self, HANDLE_XML_DECL, args, COUNT(args));
    }
}

static void
on_unparsed_entity(void *data, const XML_Char *name, const XML_Char *base,
                   const XML_Char *system_id, const XML_Char *public_id,
                   const XML_Char *notation)
{
    Parser *self = data;
    if (wanted(self, HANDLE_UNPARSED_ENTITY)) {
        PyObject *args[] = {name_or_none(self, name), name_or_none(self, base),
                            name_or_none(self, system_id), name_or_none(self, public_id),
                            name_or_none(self, notation)};
        call(self, HANDLE_UNPARSED_ENTITY, args, COUNT(args));
    }
}

static void
on_notation(void *data, const XML_Char *name, const XML_Char *base, const XML_Char *system_id,
            const XML_Char *public_id)
{
    Parser *self = data;
    if (wanted(self, HANDLE_NOTATION)) {
        PyObject *args[] = {name_or_none(self, name), name_or_none(self, base),
                            name_or_none(self, system_id), name_or_none(self, public_id)};
        call(self, HANDLE_NOTATION, args, COUNT(args));
    }
}

static void
on_entity(void *data, const XML_Char *name, int is_parameter, const XML_Char *value, int size,
          const XML_Char *base, const XML_Char *system_id, const XML_Char *public_id,
          const XML_Char *notation)
{
    Parser *self = data;
    if (wanted(self, HANDLE_ENTITY)) {
        PyObject *args[] = {name_or_none(self, name), int_from_i64(is_parameter),
                            value != NULL ? str_decode_utf8(value, size, "strict")
                                          : new_ref(Py_None),
                            name_or_none(self, base), name_or_none(self, system_id),
                            name_or_none(self, public_id), name_or_none(self, notation)};
        call(self, HANDLE_ENTITY, args, COUNT(args));
    }
}

static void
on_attlist(void *data, const XML_Char *element, const XML_Char *name, const XML_Char *type,
           const XML_Char *value, int required)
{
    Parser *self = data;
    if (wanted(self, HANDLE_ATTLIST)) {
        PyObject *args[] = {name_or_none(self, element), name_or_none(self, name),
                            text_or_none(type), text_or_none(value), int_from_i64(required)};
        call(self, HANDLE_ATTLIST, args, COUNT(args));
    }
}

static void
on_skipped_entity(void *data, const XML_Char *name, int is_parameter)
{
    Parser *self = data;
    if (wanted(self, HANDLE_SKIPPED_ENTITY)) {
        PyObject *args[] = {name_or_none(self, name), int_from_i64(is_parameter)};
        call(self, HANDLE_SKIPPED_ENTITY, args, COUNT(args));
    }
}

// A content model as (type, quantifier, name, children).
static PyObject *
content_model(Parser *self, const XML_Content *model)
{
    if (thread_enter_c(" in conv_content_model") < 0) {
        return NULL;
    }
    PyObject *children = tuple_new((Py_ssize_t)model->numchildren);
    for (unsigned i = 0; children != NULL && i < model->numchildren; i++) {
        PyObject *child = content_model(self, &model->children[i]);
        if (child == NULL) {
            clear_ref(children);
            break;
        }
        tuple_set_item_steal(children, i, child);
    }
    thread_leave_c();
    PyObject *name = children != NULL ? name_or_none(self, model->name) : NULL;
    if (name == NULL) {
        xdecref(children);
        return NULL;
    }
    return value_build("(iiNN)", (int)model->type, (int)model->quant, name, children);
}

static void
on_element(void *data, const XML_Char *name, XML_Content *model)
{
    Parser *self = data;
    if (wanted(self, HANDLE_ELEMENT)) {
        PyObject *args[] = {name_or_none(self, name), content_model(self, model)};
        call(self, HANDLE_ELEMENT, args, COUNT(args));
    }
    XML_FreeContentModel(self->parser, model);
}

// ---- registration ----

void
expat_connect(Parser *self, Handler which)
{
    XML_Parser p = self->parser;
    bool on = self->handlers[which] != NULL;
    switch (which) {
    case HANDLE_START_ELEMENT: XML_SetStartElementHandler(p, on ? on_start_element : NULL); break;
    case HANDLE_END_ELEMENT: XML_SetEndElementHandler(p, on ? on_end_element : NULL); break;
    case HANDLE_INSTRUCTION:
        XML_SetProcessingInstructionHandler(p, on ? on_instruction : NULL);
        break;
    case HANDLE_TEXT: XML_SetCharacterDataHandler(p, on ? on_text : NULL); break;
    case HANDLE_UNPARSED_ENTITY:
        XML_SetUnparsedEntityDeclHandler(p, on ? on_unparsed_entity : NULL);
        break;
    case HANDLE_NOTATION: XML_SetNotationDeclHandler(p, on ? on_notation : NULL); break;
    case HANDLE_START_NAMESPACE:
        XML_SetStartNamespaceDeclHandler(p, on ? on_start_namespace : NULL);
        break;
    case HANDLE_END_NAMESPACE:
        XML_SetEndNamespaceDeclHandler(p, on ? on_end_namespace : NULL);
        break;
    case HANDLE_COMMENT: XML_SetCommentHandler(p, on ? on_comment : NULL); break;
    case HANDLE_START_CDATA: XML_SetStartCdataSectionHandler(p, on ? on_start_cdata : NULL); break;
    case HANDLE_END_CDATA: XML_SetEndCdataSectionHandler(p, on ? on_end_cdata : NULL); break;
    case HANDLE_DEFAULT: XML_SetDefaultHandler(p, on ? on_default : NULL); break;
    case HANDLE_DEFAULT_EXPAND:
        XML_SetDefaultHandlerExpand(p, on ? on_default_expand : NULL);
        break;
    case HANDLE_NOT_STANDALONE: XML_SetNotStandaloneHandler(p, on ? on_not_standalone : NULL); break;
    case HANDLE_EXTERNAL_ENTITY:
        XML_SetExternalEntityRefHandler(p, on ? on_external_entity : NULL);
        break;
    case HANDLE_START_DOCTYPE:
        XML_SetStartDoctypeDeclHandler(p, on ? on_start_doctype : NULL);
        break;
    case HANDLE_END_DOCTYPE: XML_SetEndDoctypeDeclHandler(p, on ? on_end_doctype : NULL); break;
    case HANDLE_ENTITY: XML_SetEntityDeclHandler(p, on ? on_entity : NULL); break;
    case HANDLE_XML_DECL: XML_SetXmlDeclHandler(p, on ? on_xml_decl : NULL); break;
    case HANDLE_ELEMENT: XML_SetElementDeclHandler(p, on ? on_element : NULL); break;
    case HANDLE_ATTLIST: XML_SetAttlistDeclHandler(p, on ? on_attlist : NULL); break;
    case HANDLE_SKIPPED_ENTITY: XML_SetSkippedEntityHandler(p, on ? on_skipped_entity : NULL); break;
    case HANDLER_COUNT: break;
    }
}

void
expat_connect_all(Parser *self)
{
    for (int i = 0; i < HANDLER_COUNT; i++) {
        if (self->handlers[i] != NULL) {
            expat_connect(self, (Handler)i);
        }
    }
}
