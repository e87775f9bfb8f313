// The second pass: looking for common mistakes.
//
// Each function looks at the place that its comment names and gives true when it raised an
// exception; otherwise p->pos is as before. Those that parse ahead remember in the token that they
// were there (Token.diagnosed), so that nesting cannot multiply the work.
//
// Threading: see parser_internal.h.
#ifndef TYPHON_SYNTAX_PARSER_DIAGNOSE_H
#define TYPHON_SYNTAX_PARSER_DIAGNOSE_H

#include "syntax/parser_internal.h"

// Before an expression: `pass`, `break` or `continue` in its place.
bool diagnose_statement_keyword(Parser *p);
// After the disjunction `body` that began at start.
bool diagnose_after_disjunction(Parser *p, Py_ssize_t start, Expr *body);
// After the expression that began at start where a named expression may be.
bool diagnose_after_named(Parser *p, Py_ssize_t start, Expr *expr);
// After an arithmetic operator.
bool diagnose_not_after_operator(Parser *p);
// At the opening bracket of a group or display that could not be parsed.
bool diagnose_group(Parser *p);
bool diagnose_comprehension(Parser *p);
bool diagnose_dict(Parser *p);
// At `for` or `async for` whose clause could not be parsed; statement: not in a comprehension.
bool diagnose_for_target(Parser *p, bool statement);
// After "(" of a call whose arguments could not be parsed.
bool diagnose_arguments(Parser *p);
// Where a keyword argument may begin / at "*" of an argument.
bool diagnose_keyword(Parser *p);
bool diagnose_starred_argument(Parser *p);
// At the start of a simple statement that is no valid assignment but contains one.
bool diagnose_assignment(Parser *p);
// At the first parameter of a list that could not be parsed.
bool diagnose_parameters(Parser *p, bool lambda);

#endif
