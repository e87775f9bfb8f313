// Checks of trees that programs made: everything that the parser guarantees and the compiler
// relies on.
//
// Functions give 1, or 0 with ValueError or TypeError.
//
// Threading: plain functions over the caller's tree.
#include "objects/bytes.h"
#include "objects/complex.h"
#include "objects/error.h"
#include "objects/float.h"
#include "objects/int.h"
#include "objects/object.h"
#include "objects/set.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "syntax/ast.h"
#include "thread/thread.h"

static int check_expr(const Expr *expr, ExprContext context);
static int check_stmt(const Stmt *stmt);
static int check_pattern(const Pattern *pattern, bool star);

static int
fail(const char *text)
{
    error_set(PyExc_ValueError, text);
    return 0;
}

// ---- positions, names, sequences ----

static int
check_span(Span s)
{
    if (s.lineno > s.end_lineno) {
        error_format(PyExc_ValueError, "AST node line range (%d, %d) is not valid", s.lineno,
                     s.end_lineno);
        return 0;
    }
    if ((s.lineno < 0 && s.end_lineno != s.lineno)
        || (s.col_offset < 0 && s.col_offset != s.end_col_offset)) {
        error_format(PyExc_ValueError,
                     "AST node column range (%d, %d) for line range (%d, %d) is not valid",
                     s.col_offset, s.end_col_offset, s.lineno, s.end_lineno);
        return 0;
    }
    if (s.lineno == s.end_lineno && s.col_offset > s.end_col_offset) {
        error_format(PyExc_ValueError, "line %d, column %d-%d is not a valid range", s.lineno,
                     s.col_offset, s.end_col_offset);
        return 0;
    }
    return 1;
}

static int
check_name(PyObject *name)
{
    static const char *const reserved[] = {"None", "True", "False"};
    for (int i = 0; i < 3; i++) {
        if (str_equal_cstr(name, reserved[i])) {
            error_format(PyExc_ValueError, "identifier field can't represent '%s' constant",
                         reserved[i]);
            return 0;
        }
    }
    return 1;
}

static int
check_not_empty(Py_ssize_t size, const char *what, const char *owner)
{
    if (size > 0) {
        return 1;
    }
    error_format(PyExc_ValueError, "empty %s on %s", what, owner);
    return 0;
}

static int
check_exprs(const ExprSeq *seq, ExprContext context, bool null_allowed)
{
    for (Py_ssize_t i = 0; i < seq->size; i++) {
        const Expr *expr = seq->items[i];
        if (expr == NULL && !null_allowed) {
            return fail("None disallowed in expression list");
        }
        if (expr != NULL && !check_expr(expr, context)) {
            return 0;
        }
    }
    return 1;
}

static int
check_stmts(const StmtSeq *seq)
{
    for (Py_ssize_t i = 0; i < seq->size; i++) {
        if (seq->items[i] == NULL) {
            return fail("None disallowed in statement list");
        }
        if (!check_stmt(seq->items[i])) {
            return 0;
        }
    }
    return 1;
}

static int
check_body(const StmtSeq *body, const char *owner)
{
    return check_not_empty(body->size, "body", owner) && check_stmts(body);
}

static int
check_assign_list(const ExprSeq *targets, ExprContext context)
{
    return check_not_empty(targets->size, "targets",
                           context == CTX_DEL ? "Delete" : "Assign")
           && check_exprs(targets, context, false);
}

// ---- parts ----

static int
check_comprehensions(const ComprehensionSeq *seq)
{
    if (seq->size == 0) {
        return fail("comprehension with no generators");
    }
    for (Py_ssize_t i = 0; i < seq->size; i++) {
        const Comprehension *c = seq->items[i];
        if (!check_expr(c->target, CTX_STORE) || !check_expr(c->iter, CTX_LOAD)
            || !check_exprs(c->ifs, CTX_LOAD, false)) {
            return 0;
        }
    }
    return 1;
}

static int
check_keywords(const KeywordSeq *seq)
{
    for (Py_ssize_t i = 0; i < seq->size; i++) {
        if (!check_expr(seq->items[i]->value, CTX_LOAD)) {
            return 0;
        }
    }
    return 1;
}

static int
check_arg(const Arg *arg)
{
    return arg == NULL
           || (check_span(arg->span)
               && (arg->annotation == NULL || check_expr(arg->annotation, CTX_LOAD)));
}

static int
check_args(const ArgSeq *seq)
{
    for (Py_ssize_t i = 0; i < seq->size; i++) {
        if (!check_arg(seq->items[i])) {
            return 0;
        }
    }
    return 1;
}

static int
check_arguments(const Arguments *a)
{
    if (!check_args(a->posonlyargs) || !check_args(a->args) || !check_arg(a->vararg)
        || !check_args(a->kwonlyargs) || !check_arg(a->kwarg)) {
        return 0;
    }
    if (a->defaults->size > a->posonlyargs->size + a->args->size) {
        return fail("more positional defaults than args on arguments");
    }
    if (a->kw_defaults->size != a->kwonlyargs->size) {
        return fail("length of kwonlyargs is not the same as kw_defaults on arguments");
    }
    return check_exprs(a->defaults, CTX_LOAD, false) && check_exprs(a->kw_defaults, CTX_LOAD, true);
}

static int
check_constant(PyObject *value)
{
    if (value == Py_None || value == Py_Ellipsis || value == Py_True || value == Py_False
        || int_check_exact(value) || float_check_exact(value) || complex_check_exact(value)
        || str_check_exact(value) || bytes_check_exact(value)) {
        return 1;
    }
    if (tuple_check_exact(value) || frozenset_check_exact(value)) {
        if (thread_enter_c(" during compilation") < 0) {
            return 0;
        }
        PyObject *items = tuple_from_iterable(value);
        int ok = items != NULL;
        for (Py_ssize_t i = 0; ok && i < tuple_size(items); i++) {
            ok = check_constant(tuple_item(items, i));
        }
        xdecref(items);
        thread_leave_c();
        return ok;
    }
    if (!error_occurred()) {
        error_format(PyExc_TypeError, "got an invalid type in Constant: %s",
                     type_of(value)->tp_name);
    }
    return 0;
}

// ---- expressions ----

static const char *
context_name(ExprContext context)
{
    return context == CTX_LOAD ? "Load" : context == CTX_STORE ? "Store" : "Del";
}

// The context that an expression has; Load for those without one.
static ExprContext
own_context(const Expr *expr)
{
    switch (expr->kind) {
    case EXPR_ATTRIBUTE: return expr->Attribute.ctx;
    case EXPR_SUBSCRIPT: return expr->Subscript.ctx;
    case EXPR_STARRED: return expr->Starred.ctx;
    case EXPR_NAME: return expr->Name.ctx;
    case EXPR_LIST: return expr->List.ctx;
    case EXPR_TUPLE: return expr->Tuple.ctx;
    default: return 0;
    }
}

static int
check_context(const Expr *expr, ExprContext wanted)
{
    ExprContext has = own_context(expr);
    if (has == 0 && wanted != CTX_LOAD) {
        error_format(PyExc_ValueError, "expression which can't be assigned to in %s context",
                     context_name(wanted));
        return 0;
    }
    if (has != 0 && has != wanted) {
        error_format(PyExc_ValueError, "expression must have %s context but has %s instead",
                     context_name(wanted), context_name(has));
        return 0;
    }
    return 1;
}

static int
check_optional(const Expr *expr)
{
    return expr == NULL || check_expr(expr, CTX_LOAD);
}

static int
check_compare(const Expr *expr)
{
    if (expr->Compare.comparators->size == 0) {
        return fail("Compare with no comparators");
    }
    if (expr->Compare.comparators->size != expr->Compare.ops->size) {
        return fail("Compare has a different number of comparators and operands");
    }
    return check_exprs(expr->Compare.comparators, CTX_LOAD, false)
           && check_expr(expr->Compare.left, CTX_LOAD);
}

static int
check_dict(const Expr *expr)
{
    if (expr->Dict.keys->size != expr->Dict.values->size) {
        return fail("Dict doesn't have the same number of keys as values");
    }
    return check_exprs(expr->Dict.keys, CTX_LOAD, true)
           && check_exprs(expr->Dict.values, CTX_LOAD, false);
}

static int
check_expr_parts(const Expr *e, ExprContext context)
{
    switch (e->kind) {
    case EXPR_BOOL_OP:
        if (e->BoolOp.values->size < 2) {
            return fail("BoolOp with less than 2 values");
        }
        return check_exprs(e->BoolOp.values, CTX_LOAD, false);
    case EXPR_NAMED_EXPR:
        if (e->NamedExpr.target->kind != EXPR_NAME) {
            error_set(PyExc_TypeError, "NamedExpr target must be a Name");
            return 0;
        }
        return check_expr(e->NamedExpr.value, CTX_LOAD);
    case EXPR_BIN_OP:
        return check_expr(e->BinOp.left, CTX_LOAD) && check_expr(e->BinOp.right, CTX_LOAD);
    case EXPR_UNARY_OP:
        return check_expr(e->UnaryOp.operand, CTX_LOAD);
    case EXPR_LAMBDA:
        return check_arguments(e->Lambda.args) && check_expr(e->Lambda.body, CTX_LOAD);
    case EXPR_IF_EXP:
        return check_expr(e->IfExp.test, CTX_LOAD) && check_expr(e->IfExp.body, CTX_LOAD)
               && check_expr(e->IfExp.orelse, CTX_LOAD);
    case EXPR_DICT:
        return check_dict(e);
    case EXPR_SET:
        return check_exprs(e->Set.elts, CTX_LOAD, false);
    case EXPR_LIST_COMP:
        return check_comprehensions(e->ListComp.generators)
               && check_expr(e->ListComp.elt, CTX_LOAD);
    case EXPR_SET_COMP:
        return check_comprehensions(e->SetComp.generators) && check_expr(e->SetComp.elt, CTX_LOAD);
    case EXPR_GENERATOR_EXP:
        return check_comprehensions(e->GeneratorExp.generators)
               && check_expr(e->GeneratorExp.elt, CTX_LOAD);
    case EXPR_DICT_COMP:
        return check_comprehensions(e->DictComp.generators)
               && check_expr(e->DictComp.key, CTX_LOAD) && check_expr(e->DictComp.value, CTX_LOAD);
    case EXPR_YIELD:
        return check_optional(e->Yield.value);
    case EXPR_YIELD_FROM:
        return check_expr(e->YieldFrom.value, CTX_LOAD);
    case EXPR_AWAIT:
        return check_expr(e->Await.value, CTX_LOAD);
    case EXPR_COMPARE:
        return check_compare(e);
    case EXPR_CALL:
        return check_expr(e->Call.func, CTX_LOAD) && check_exprs(e->Call.args, CTX_LOAD, false)
               && check_keywords(e->Call.keywords);
    case EXPR_CONSTANT:
        return check_constant(e->Constant.value);
    case EXPR_JOINED_STR:
        return check_exprs(e->JoinedStr.values, CTX_LOAD, false);
    case EXPR_TEMPLATE_STR:
        return check_exprs(e->TemplateStr.values, CTX_LOAD, false);
    case EXPR_FORMATTED_VALUE:
        return check_expr(e->FormattedValue.value, CTX_LOAD)
               && check_optional(e->FormattedValue.format_spec);
    case EXPR_INTERPOLATION:
        return check_expr(e->Interpolation.value, CTX_LOAD)
               && check_constant(e->Interpolation.str)
               && check_optional(e->Interpolation.format_spec);
    case EXPR_ATTRIBUTE:
        return check_expr(e->Attribute.value, CTX_LOAD);
    case EXPR_SUBSCRIPT:
        return check_expr(e->Subscript.slice, CTX_LOAD) && check_expr(e->Subscript.value, CTX_LOAD);
    case EXPR_STARRED:
        return check_expr(e->Starred.value, context);
    case EXPR_LIST:
        return check_exprs(e->List.elts, context, false);
    case EXPR_TUPLE:
        return check_exprs(e->Tuple.elts, context, false);
    case EXPR_SLICE:
        return check_optional(e->Slice.lower) && check_optional(e->Slice.upper)
               && check_optional(e->Slice.step);
    case EXPR_NAME:
        return 1;
    }
    error_set(PyExc_SystemError, "unexpected expression");
    return 0;
}

static int
check_expr(const Expr *expr, ExprContext context)
{
    if (!check_span(expr->span) || thread_enter_c(" during compilation") < 0) {
        return 0;
    }
    int ok = (expr->kind != EXPR_NAME || check_name(expr->Name.id))
             && check_context(expr, context) && check_expr_parts(expr, context);
    thread_leave_c();
    return ok;
}

// ---- patterns ----

static int
check_capture(PyObject *name)
{
    if (str_equal_cstr(name, "_")) {
        error_format(PyExc_ValueError, "can't capture name '_' in patterns");
        return 0;
    }
    return check_name(name);
}

static int
check_patterns(const PatternSeq *seq, bool star)
{
    for (Py_ssize_t i = 0; i < seq->size; i++) {
        if (!check_pattern(seq->items[i], star)) {
            return 0;
        }
    }
    return 1;
}

static bool
is_number(const Expr *expr, bool real, bool imaginary)
{
    if (expr->kind != EXPR_CONSTANT) {
        return false;
    }
    PyObject *value = expr->Constant.value;
    return (real && (int_check_exact(value) || float_check_exact(value)))
           || (imaginary && complex_check_exact(value));
}

static bool
is_signed_number(const Expr *expr, bool real, bool imaginary)
{
    return is_number(expr, real, imaginary)
           || (expr->kind == EXPR_UNARY_OP && expr->UnaryOp.op == UNARY_USUB
               && is_number(expr->UnaryOp.operand, real, imaginary));
}

static int
check_literal(const Expr *expr)
{
    switch (expr->kind) {
    case EXPR_CONSTANT:
        if (!is_number(expr, true, true) && !str_check_exact(expr->Constant.value)
            && !bytes_check_exact(expr->Constant.value)) {
            return fail("unexpected constant inside of a literal pattern");
        }
        return check_expr(expr, CTX_LOAD);
    case EXPR_ATTRIBUTE:
        // Constants are no names to look up.
        return check_expr(expr, CTX_LOAD);
    case EXPR_UNARY_OP:
        if (is_signed_number(expr, true, true)) {
            return 1;
        }
        break;
    case EXPR_BIN_OP:
        if ((expr->BinOp.op == OP_ADD || expr->BinOp.op == OP_SUB)
            && is_signed_number(expr->BinOp.left, true, false)
            && is_number(expr->BinOp.right, false, true)) {
            return 1;
        }
        break;
    case EXPR_JOINED_STR:
    case EXPR_TEMPLATE_STR:
        // The compiler says what is wrong with them.
        return 1;
    default:
        break;
    }
    return fail("patterns may only match literals and attribute lookups");
}

static int
check_mapping(const Pattern *p)
{
    if (p->MatchMapping.keys->size != p->MatchMapping.patterns->size) {
        return fail("MatchMapping doesn't have the same number of keys as patterns");
    }
    if (p->MatchMapping.rest != NULL && !check_capture(p->MatchMapping.rest)) {
        return 0;
    }
    for (Py_ssize_t i = 0; i < p->MatchMapping.keys->size; i++) {
        const Expr *key = p->MatchMapping.keys->items[i];
        if (key == NULL) {
            return fail("None disallowed in expression list");
        }
        bool singleton = key->kind == EXPR_CONSTANT
                         && (key->Constant.value == Py_None || key->Constant.value == Py_True
                             || key->Constant.value == Py_False);
        if (!singleton && !check_literal(key)) {
            return 0;
        }
    }
    return check_patterns(p->MatchMapping.patterns, false);
}

static int
check_class(const Pattern *p)
{
    if (p->MatchClass.kwd_attrs->size != p->MatchClass.kwd_patterns->size) {
        return fail("MatchClass doesn't have the same number of keyword attributes as patterns");
    }
    const Expr *cls = p->MatchClass.cls;
    if (!check_expr(cls, CTX_LOAD)) {
        return 0;
    }
    while (cls->kind == EXPR_ATTRIBUTE) {
        cls = cls->Attribute.value;
    }
    if (cls->kind != EXPR_NAME) {
        return fail("MatchClass cls field can only contain Name or Attribute nodes.");
    }
    for (Py_ssize_t i = 0; i < p->MatchClass.kwd_attrs->size; i++) {
        if (!check_name(p->MatchClass.kwd_attrs->items[i])) {
            return 0;
        }
    }
    return check_patterns(p->MatchClass.patterns, false)
           && check_patterns(p->MatchClass.kwd_patterns, false);
}

static int
check_pattern_parts(const Pattern *p, bool star)
{
    PyObject *value;
    switch (p->kind) {
    case PATTERN_VALUE:
        return check_literal(p->MatchValue.value);
    case PATTERN_SINGLETON:
        value = p->MatchSingleton.value;
        if (value != Py_None && value != Py_True && value != Py_False) {
            return fail("MatchSingleton can only contain True, False and None");
        }
        return 1;
    case PATTERN_SEQUENCE:
        return check_patterns(p->MatchSequence.patterns, true);
    case PATTERN_MAPPING:
        return check_mapping(p);
    case PATTERN_CLASS:
        return check_class(p);
    case PATTERN_STAR:
        if (!star) {
            return fail("can't use MatchStar here");
        }
        return p->MatchStar.name == NULL || check_capture(p->MatchStar.name);
    case PATTERN_AS:
        if (p->MatchAs.name != NULL && !check_capture(p->MatchAs.name)) {
            return 0;
        }
        if (p->MatchAs.pattern == NULL) {
            return 1;
        }
        if (p->MatchAs.name == NULL) {
            return fail("MatchAs must specify a target name if a pattern is given");
        }
        return check_pattern(p->MatchAs.pattern, false);
    case PATTERN_OR:
        if (p->MatchOr.patterns->size < 2) {
            return fail("MatchOr requires at least 2 patterns");
        }
        return check_patterns(p->MatchOr.patterns, false);
    }
    error_set(PyExc_SystemError, "unexpected pattern");
    return 0;
}

static int
check_pattern(const Pattern *pattern, bool star)
{
    if (!check_span(pattern->span) || thread_enter_c(" during compilation") < 0) {
        return 0;
    }
    int ok = check_pattern_parts(pattern, star);
    thread_leave_c();
    return ok;
}

// ---- statements ----

static int
check_type_params(const TypeParamSeq *seq)
{
    for (Py_ssize_t i = 0; i < seq->size; i++) {
        const TypeParam *t = seq->items[i];
        if (t == NULL) {
            continue;
        }
        PyObject *name;
        const Expr *value;
        const Expr *bound = NULL;
        switch (t->kind) {
        case TYPE_PARAM_TYPE_VAR:
            name = t->TypeVar.name;
            value = t->TypeVar.default_value;
            bound = t->TypeVar.bound;
            break;
        case TYPE_PARAM_PARAM_SPEC:
            name = t->ParamSpec.name;
            value = t->ParamSpec.default_value;
            break;
        default:
            name = t->TypeVarTuple.name;
            value = t->TypeVarTuple.default_value;
            break;
        }
        if (!check_span(t->span) || !check_name(name) || !check_optional(bound)
            || !check_optional(value)) {
            return 0;
        }
    }
    return 1;
}

static int
check_with_items(const WithItemSeq *items, const char *owner)
{
    if (!check_not_empty(items->size, "items", owner)) {
        return 0;
    }
    for (Py_ssize_t i = 0; i < items->size; i++) {
        const WithItem *item = items->items[i];
        if (!check_expr(item->context_expr, CTX_LOAD)
            || (item->optional_vars != NULL && !check_expr(item->optional_vars, CTX_STORE))) {
            return 0;
        }
    }
    return 1;
}

static int
check_try(const StmtSeq *body, const ExceptHandlerSeq *handlers, const StmtSeq *orelse,
          const StmtSeq *finalbody, const char *owner)
{
    if (!check_body(body, owner)) {
        return 0;
    }
    if (handlers->size == 0 && finalbody->size == 0) {
        error_format(PyExc_ValueError, "%s has neither except handlers nor finalbody", owner);
        return 0;
    }
    if (handlers->size == 0 && orelse->size != 0) {
        error_format(PyExc_ValueError, "%s has orelse but no except handlers", owner);
        return 0;
    }
    for (Py_ssize_t i = 0; i < handlers->size; i++) {
        const ExceptHandler *handler = handlers->items[i];
        if (!check_span(handler->span) || !check_optional(handler->ExceptHandler.type)
            || !check_body(handler->ExceptHandler.body, "ExceptHandler")) {
            return 0;
        }
    }
    return check_stmts(finalbody) && check_stmts(orelse);
}

static int
check_match(const Stmt *s)
{
    if (!check_expr(s->Match.subject, CTX_LOAD)
        || !check_not_empty(s->Match.cases->size, "cases", "Match")) {
        return 0;
    }
    for (Py_ssize_t i = 0; i < s->Match.cases->size; i++) {
        const MatchCase *c = s->Match.cases->items[i];
        if (!check_pattern(c->pattern, false) || !check_optional(c->guard)
            || !check_body(c->body, "match_case")) {
            return 0;
        }
    }
    return 1;
}

static int
check_function(const StmtSeq *body, const TypeParamSeq *params, const Arguments *args,
               const ExprSeq *decorators, const Expr *returns, const char *owner)
{
    return check_body(body, owner) && check_type_params(params) && check_arguments(args)
           && check_exprs(decorators, CTX_LOAD, false) && check_optional(returns);
}

static int
check_loop(const Expr *target, const Expr *iter, const StmtSeq *body, const StmtSeq *orelse,
           const char *owner)
{
    return check_expr(target, CTX_STORE) && check_expr(iter, CTX_LOAD) && check_body(body, owner)
           && check_stmts(orelse);
}

static int
check_compound(const Stmt *s)
{
    switch (s->kind) {
    case STMT_FUNCTION_DEF:
        return check_function(s->FunctionDef.body, s->FunctionDef.type_params, s->FunctionDef.args,
                              s->FunctionDef.decorator_list, s->FunctionDef.returns,
                              "FunctionDef");
    case STMT_ASYNC_FUNCTION_DEF:
        return check_function(s->AsyncFunctionDef.body, s->AsyncFunctionDef.type_params,
                              s->AsyncFunctionDef.args, s->AsyncFunctionDef.decorator_list,
                              s->AsyncFunctionDef.returns, "AsyncFunctionDef");
    case STMT_CLASS_DEF:
        return check_body(s->ClassDef.body, "ClassDef")
               && check_type_params(s->ClassDef.type_params)
               && check_exprs(s->ClassDef.bases, CTX_LOAD, false)
               && check_keywords(s->ClassDef.keywords)
               && check_exprs(s->ClassDef.decorator_list, CTX_LOAD, false);
    case STMT_FOR:
        return check_loop(s->For.target, s->For.iter, s->For.body, s->For.orelse, "For");
    case STMT_ASYNC_FOR:
        return check_loop(s->AsyncFor.target, s->AsyncFor.iter, s->AsyncFor.body,
                          s->AsyncFor.orelse, "AsyncFor");
    case STMT_WHILE:
        return check_expr(s->While.test, CTX_LOAD) && check_body(s->While.body, "While")
               && check_stmts(s->While.orelse);
    case STMT_IF:
        return check_expr(s->If.test, CTX_LOAD) && check_body(s->If.body, "If")
               && check_stmts(s->If.orelse);
    case STMT_WITH:
        return check_with_items(s->With.items, "With") && check_body(s->With.body, "With");
    case STMT_ASYNC_WITH:
        return check_with_items(s->AsyncWith.items, "AsyncWith")
               && check_body(s->AsyncWith.body, "AsyncWith");
    case STMT_MATCH:
        return check_match(s);
    case STMT_TRY:
        return check_try(s->Try.body, s->Try.handlers, s->Try.orelse, s->Try.finalbody, "Try");
    default:
        return check_try(s->TryStar.body, s->TryStar.handlers, s->TryStar.orelse,
                         s->TryStar.finalbody, "TryStar");
    }
}

static int
check_annotated(const Stmt *s)
{
    if (s->AnnAssign.target->kind != EXPR_NAME && s->AnnAssign.simple) {
        error_set(PyExc_TypeError, "AnnAssign with simple non-Name target");
        return 0;
    }
    return check_expr(s->AnnAssign.target, CTX_STORE) && check_optional(s->AnnAssign.value)
           && check_expr(s->AnnAssign.annotation, CTX_LOAD);
}

static int
check_stmt_parts(const Stmt *s)
{
    switch (s->kind) {
    case STMT_RETURN:
        return check_optional(s->Return.value);
    case STMT_DELETE:
        return check_assign_list(s->Delete.targets, CTX_DEL);
    case STMT_ASSIGN:
        return check_assign_list(s->Assign.targets, CTX_STORE)
               && check_expr(s->Assign.value, CTX_LOAD);
    case STMT_AUG_ASSIGN:
        return check_expr(s->AugAssign.target, CTX_STORE)
               && check_expr(s->AugAssign.value, CTX_LOAD);
    case STMT_ANN_ASSIGN:
        return check_annotated(s);
    case STMT_TYPE_ALIAS:
        if (s->TypeAlias.name->kind != EXPR_NAME) {
            error_set(PyExc_TypeError, "TypeAlias with non-Name name");
            return 0;
        }
        return check_expr(s->TypeAlias.name, CTX_STORE)
               && check_type_params(s->TypeAlias.type_params)
               && check_expr(s->TypeAlias.value, CTX_LOAD);
    case STMT_RAISE:
        if (s->Raise.exc == NULL && s->Raise.cause != NULL) {
            return fail("Raise with cause but no exception");
        }
        return check_optional(s->Raise.exc) && check_optional(s->Raise.cause);
    case STMT_ASSERT:
        return check_expr(s->Assert.test, CTX_LOAD) && check_optional(s->Assert.msg);
    case STMT_IMPORT:
        return check_not_empty(s->Import.names->size, "names", "Import");
    case STMT_IMPORT_FROM:
        if (s->ImportFrom.level < 0) {
            return fail("Negative ImportFrom level");
        }
        return check_not_empty(s->ImportFrom.names->size, "names", "ImportFrom");
    case STMT_GLOBAL:
        return check_not_empty(s->Global.names->size, "names", "Global");
    case STMT_NONLOCAL:
        return check_not_empty(s->Nonlocal.names->size, "names", "Nonlocal");
    case STMT_EXPR:
        return check_expr(s->Expr.value, CTX_LOAD);
    case STMT_PASS:
    case STMT_BREAK:
    case STMT_CONTINUE:
        return 1;
    default:
        return check_compound(s);
    }
}

static int
check_stmt(const Stmt *stmt)
{
    if (!check_span(stmt->span) || thread_enter_c(" during compilation") < 0) {
        return 0;
    }
    int ok = check_stmt_parts(stmt);
    thread_leave_c();
    return ok;
}

int
ast_validate(Mod *mod)
{
    switch (mod->kind) {
    case MOD_MODULE:
        return check_stmts(mod->Module.body);
    case MOD_INTERACTIVE:
        return check_stmts(mod->Interactive.body);
    case MOD_EXPRESSION:
        return check_expr(mod->Expression.body, CTX_LOAD);
    case MOD_FUNCTION_TYPE:
        return check_exprs(mod->FunctionType.argtypes, CTX_LOAD, false)
               && check_expr(mod->FunctionType.returns, CTX_LOAD);
    }
    error_set(PyExc_SystemError, "impossible module node");
    return 0;
}
