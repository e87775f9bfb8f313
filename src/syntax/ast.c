// Makers and tables of the syntax tree (generated from ast.def), and small questions about it.
//
// Threading: constant data and plain functions.
#include "syntax/ast.h"

#include <stddef.h>
#include <string.h>

#include "objects/object.h"
#include "objects/str.h"

#include "syntax/ast_nodes.inc"
#include "syntax/ast_table.inc"

static int
visit_field(const AstField *field, char *node, AstVisit visit, void *arg)
{
    if (field->type >= AST_TYPE_COUNT || ast_types[field->type].shape == AST_SIMPLE) {
        return 0;
    }
    void *value;
    memcpy(&value, node + field->offset, sizeof value);
    if (value == NULL) {
        return 0;
    }
    if (field->quantifier == AST_ONE || field->quantifier == AST_OPTIONAL) {
        return visit(arg, field, field->type, value);
    }
    const ExprSeq *seq = value;
    int result = 0;
    for (Py_ssize_t i = 0; i < seq->size && result == 0; i++) {
        result = seq->items[i] == NULL ? 0 : visit(arg, field, field->type, (char *)seq->items[i]);
    }
    return result;
}

int
ast_visit_children(int type, char *node, AstVisit visit, void *arg)
{
    // Products have no kind; of all others it is the first member.
    int kind = 1;
    if (ast_types[type].shape != AST_PRODUCT) {
        memcpy(&kind, node, sizeof kind);
    }
    const AstClass *cls = &ast_classes[ast_types[type].first_class + kind - 1];
    int result = 0;
    for (int i = 0; i < cls->nfields && result == 0; i++) {
        result = visit_field(&cls->fields[i], node, visit, arg);
    }
    return result;
}

bool
ast_has_starred(const ExprSeq *exprs)
{
    for (Py_ssize_t i = 0; i < exprs->size; i++) {
        if (exprs->items[i]->kind == EXPR_STARRED) {
            return true;
        }
    }
    return false;
}

static const char *
constant_name(PyObject *value)
{
    if (value == Py_None) {
        return "None";
    }
    if (value == Py_False) {
        return "False";
    }
    if (value == Py_True) {
        return "True";
    }
    return value == Py_Ellipsis ? "ellipsis" : "literal";
}

const char *
ast_expr_name(const Expr *expr)
{
    switch (expr->kind) {
    case EXPR_ATTRIBUTE: return "attribute";
    case EXPR_SUBSCRIPT: return "subscript";
    case EXPR_STARRED: return "starred";
    case EXPR_NAME: return "name";
    case EXPR_LIST: return "list";
    case EXPR_TUPLE: return "tuple";
    case EXPR_LAMBDA: return "lambda";
    case EXPR_CALL: return "function call";
    case EXPR_BOOL_OP:
    case EXPR_BIN_OP:
    case EXPR_UNARY_OP: return "expression";
    case EXPR_GENERATOR_EXP: return "generator expression";
    case EXPR_YIELD:
    case EXPR_YIELD_FROM: return "yield expression";
    case EXPR_AWAIT: return "await expression";
    case EXPR_LIST_COMP: return "list comprehension";
    case EXPR_SET_COMP: return "set comprehension";
    case EXPR_DICT_COMP: return "dict comprehension";
    case EXPR_DICT: return "dict literal";
    case EXPR_SET: return "set display";
    case EXPR_JOINED_STR:
    case EXPR_FORMATTED_VALUE: return "f-string expression";
    case EXPR_TEMPLATE_STR:
    case EXPR_INTERPOLATION: return "t-string expression";
    case EXPR_CONSTANT: return constant_name(expr->Constant.value);
    case EXPR_COMPARE: return "comparison";
    case EXPR_IF_EXP: return "conditional expression";
    case EXPR_NAMED_EXPR: return "named expression";
    case EXPR_SLICE: return "slice";
    }
    return "expression";
}

PyObject *
ast_docstring_borrow(const StmtSeq *body)
{
    if (body->size == 0 || body->items[0]->kind != STMT_EXPR) {
        return NULL;
    }
    const Expr *value = body->items[0]->Expr.value;
    return value->kind == EXPR_CONSTANT && str_check_exact(value->Constant.value)
               ? value->Constant.value
               : NULL;
}
