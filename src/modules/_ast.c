// _ast: the classes of the syntax tree and the flags of compile() that deal with trees.
//
// The classes belong to the interpreter (syntax/ast_class.c); the module only names them.
//
// Threading: nothing here changes after the module was made.
#include "modules/module.h"

#include "objects/module.h"
#include "syntax/ast.h"
#include "syntax/parser.h"

static int
ast_exec(PyObject *module)
{
    if (ast_add_classes(module) < 0
        || module_add_int(module, "PyCF_ALLOW_TOP_LEVEL_AWAIT", PARSE_ALLOW_TOP_LEVEL_AWAIT) < 0
        || module_add_int(module, "PyCF_ONLY_AST", PARSE_ONLY_AST) < 0
        || module_add_int(module, "PyCF_TYPE_COMMENTS", PARSE_TYPE_COMMENTS) < 0
        || module_add_int(module, "PyCF_OPTIMIZED_AST", PARSE_OPTIMIZED_AST) < 0) {
        return -1;
    }
    return 0;
}

static PyModuleDef_Slot ast_slots[] = {
    {Py_mod_exec, (void *)ast_exec},
    {0, NULL},
};

static PyModuleDef ast_module_def = {
    .m_name = "_ast",
    .m_slots = ast_slots,
};

NATIVE_MODULE(_ast, &ast_module_def)
