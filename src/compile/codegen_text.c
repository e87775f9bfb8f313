// Code generation: f-strings and t-strings.
//
// Threading: see codegen_internal.h.
#include "compile/codegen_internal.h"
#include "objects/str.h"
#include "objects/tuple.h"

enum { STRING_CHUNK = 200 };

static int
conversion_number(int conversion)
{
    switch (conversion) {
    case 's':
        return CONVERT_STR;
    case 'r':
        return CONVERT_REPR;
    case 'a':
        return CONVERT_ASCII;
    default:
        return CONVERT_NONE;
    }
}

void
formatted_value_to(Compiler *c, const Expr *e, Reg dst)
{
    uint32_t height = c->unit->height;
    const Expr *spec = e->FormattedValue.format_spec;
    Place value = spec == NULL ? expr_place(c, e->FormattedValue.value, false)
                               : expr_place_before(c, e->FormattedValue.value, spec, false);
    int conversion = conversion_number(e->FormattedValue.conversion);
    int flags = 0;
    if (conversion != CONVERT_NONE) {
        Reg b = place_operand(c, value, e->span, KILL_B, &flags);
        Reg converted = value.kind == PLACE_TEMP ? value.reg : temp_push(c);
        emit(c, e->span, OP_CONVERT_VALUE, flags, converted, b, (Reg)conversion);
        value = (Place){.kind = PLACE_TEMP, .reg = converted};
        flags = 0;
    }
    Reg b = place_operand(c, value, e->span, KILL_B, &flags);
    if (spec != NULL) {
        Place format = expr_place(c, spec, false);
        Reg r = place_operand(c, format, e->span, KILL_C, &flags);
        emit(c, e->span, OP_FORMAT_WITH_SPEC, flags, dst, b, r);
    }
    else {
        emit(c, e->span, OP_FORMAT_SIMPLE, flags, dst, b, 0);
    }
    temp_set_height(c, height);
}

static void
part_push(Compiler *c, const Expr *e)
{
    if (e->kind == EXPR_CONSTANT || e->kind == EXPR_FORMATTED_VALUE || e->kind == EXPR_JOINED_STR) {
        expr_push(c, e);
        return;
    }
    // Trees made by programs may hold other expressions: they are formatted.
    Reg reg = expr_push(c, e);
    emit(c, e->span, OP_FORMAT_SIMPLE, KILL_B, reg, reg, 0);
}

void
joined_str_to(Compiler *c, const Expr *e, Reg dst)
{
    const ExprSeq *values = e->JoinedStr.values;
    uint32_t height = c->unit->height;
    if (values->size == 0) {
        PyObject *empty = str_empty();
        emit_bc(c, e->span, OP_LOAD_CONST, 0, dst, const_index_steal(c, empty));
        return;
    }
    if (values->size == 1) {
        if (values->items[0]->kind == EXPR_CONSTANT
            || values->items[0]->kind == EXPR_FORMATTED_VALUE) {
            expr_to(c, values->items[0], dst);
            return;
        }
    }
    // Long ones are joined in pieces so that they do not need as many registers.
    uint32_t done = 0;
    for (Py_ssize_t i = 0; i < values->size && !c->failed; i++) {
        part_push(c, values->items[i]);
        uint32_t pending = c->unit->height - height - done;
        if (pending == STRING_CHUNK) {
            Reg first = TEMP(height + done);
            emit(c, e->span, OP_BUILD_STRING, 0, first, first, pending);
            done++;
            temp_set_height(c, height + done);
        }
    }
    uint32_t count = c->unit->height - height;
    emit(c, e->span, OP_BUILD_STRING, 0, dst, TEMP(height), count);
    temp_set_height(c, height);
}

// ---- t-strings (PEP 750) ----

void
interpolation_to(Compiler *c, const Expr *e, Reg dst)
{
    uint32_t height = c->unit->height;
    expr_push(c, e->Interpolation.value);
    load_const(c, e->span, temp_push(c), e->Interpolation.str);
    int flags = 0;
    if (e->Interpolation.format_spec != NULL) {
        expr_push(c, e->Interpolation.format_spec);
        flags = VARIANT_3;
    }
    emit(c, e->span, OP_BUILD_INTERPOLATION, flags, dst, TEMP(height),
         (Reg)conversion_number(e->Interpolation.conversion));
    temp_set_height(c, height);
}

// The literal parts around n interpolations: always n + 1 strings.
static PyObject *
template_strings(const ExprSeq *values, Py_ssize_t interpolations)
{
    PyObject *strings = tuple_new(interpolations + 1);
    if (strings == NULL) {
        return NULL;
    }
    Py_ssize_t at = 0;
    PyObject *pending = str_empty();
    for (Py_ssize_t i = 0; i < values->size; i++) {
        const Expr *value = values->items[i];
        if (value->kind == EXPR_INTERPOLATION) {
            tuple_set_item_steal(strings, at++, pending);
            pending = str_empty();
        }
        else if (value->kind == EXPR_CONSTANT) {
            str_append(&pending, value->Constant.value);
            if (pending == NULL) {
                decref(strings);
                return NULL;
            }
        }
    }
    tuple_set_item_steal(strings, at, pending);
    return strings;
}

void
template_to(Compiler *c, const Expr *e, Reg dst)
{
    if (c->failed) {
        return;
    }
    const ExprSeq *values = e->TemplateStr.values;
    uint32_t height = c->unit->height;
    Py_ssize_t count = 0;
    for (Py_ssize_t i = 0; i < values->size; i++) {
        count += values->items[i]->kind == EXPR_INTERPOLATION;
    }
    Reg strings = temp_push(c);
    emit_bc(c, e->span, OP_LOAD_CONST, 0, strings,
            const_index_steal(c, template_strings(values, count)));
    uint32_t first = c->unit->height;
    for (Py_ssize_t i = 0; i < values->size && !c->failed; i++) {
        if (values->items[i]->kind == EXPR_INTERPOLATION) {
            expr_push(c, values->items[i]);
        }
    }
    emit(c, e->span, OP_BUILD_TUPLE, 0, TEMP(first), TEMP(first), (Reg)count);
    temp_reserve(c, first + 1);
    emit(c, e->span, OP_BUILD_TEMPLATE, 0, dst, strings, 0);
    temp_set_height(c, height);
}
