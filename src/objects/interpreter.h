// Objects and state that belong to one interpreter (Interpreter.roots).
//
// What threads, memory and the collector need is in struct Interpreter itself (thread/runtime.h);
// here is everything that is, or points to, Python objects. Each area adds its own fields, with
// their guards; owned objects are visited by interpreter_visit_roots and released by
// interpreter_clear_roots: a field that is an owned PyObject * goes into the list INTERPRETER_OBJECTS
// and needs nothing else.
//
// Threading: "immutable once running" fields are set before a second thread can exist.
#ifndef TYPHON_OBJECTS_INTERPRETER_H
#define TYPHON_OBJECTS_INTERPRETER_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/object.h"
#include "thread/mutex.h"
#include "thread/runtime.h"
#include "thread/thread.h"

#define WEAKREF_LOCKS 127

// Owned objects, NULL until set: X(field). Read freely; immutable once running unless noted.
#define INTERPRETER_OBJECTS(X)                                                              \
    X(modules)                  /* dict sys.modules; replaced only by sys.modules users' API */ \
    X(builtins)                 /* dict of the builtins module */                            \
    X(builtins_module)                                                                       \
    X(sys_dict)                 /* dict of sys */                                            \
    X(sys_module)                                                                            \
    X(sys_path_0)               /* str: sys.path[0] as the command line set it; NULL with -P */ \
    X(importlib)                /* module importlib._bootstrap */                            \
    X(import_func)              /* the original builtins.__import__ */                       \
    X(audit_hooks)              /* list; lock: import_lock, made on first use */             \
    X(codec_search_path)        /* list of search functions */                               \
    X(codec_search_cache)       /* dict */                                                   \
    X(codec_error_registry)     /* dict */                                                   \
    X(warnings_filters)         /* list */                                                   \
    X(warnings_once_registry)   /* dict */                                                   \
    X(warnings_default_action)  /* str */                                                    \
    X(warnings_context)         /* _warnings_context ContextVar, or NULL */                  \
    X(errno_map)                /* dict errno -> OSError subclass */                         \
    X(interned_extra)           /* free for str: never a dict of the program */              \
    X(static_subclasses)        /* dict: address of a static type -> its subclass dict */    \
    X(copyreg_functions)        /* tuple (__newobj__, __newobj_ex__, __reduce_ex__, _slotnames) */ \
    X(generic_type)             /* class typing.Generic */                                   \
    X(union_helpers)            /* tuple: what typing gives to unions; lock: import_lock */  \
    X(memory_error)             /* preallocated MemoryError */                               \
    X(recursion_error)          /* preallocated RecursionError */                            \
    X(before_forkers)           /* list of callables */                                      \
    X(after_forkers_parent)     /* list */                                                   \
    X(after_forkers_child)      /* list */                                                   \
    X(atexit_callbacks)         /* list */                                                   \
    X(unraisable_hook_args)     /* type sys.UnraisableHookArgs */                            \
    X(threading_excepthook_args)                                                             \
    X(module_registry)          /* dict: definition address -> single-phase module */        \
    X(monitoring_tools)         /* list of tool names */                                     \
    X(int_cache)                /* free for int */                                           \
    X(dict)                     /* PyInterpreterState_GetDict */                             \
    X(asyncgen_hooks_type)      /* structure sequence of sys.get_asyncgen_hooks */         \
    X(asyncio)                  /* module _asyncio; atomic, set once */                      \
    X(io_unsupported)           /* io.UnsupportedOperation */                                \
    X(ast_state)                /* tuple of the ast classes; atomic, see syntax/ast_class.h */

typedef struct InterpreterRoots {
#define INTERPRETER_FIELD(name) PyObject *name;
    INTERPRETER_OBJECTS(INTERPRETER_FIELD)
#undef INTERPRETER_FIELD

    bool check_codecs;                      // immutable after start: names of encodings and error
                                            // handlers are looked up even when they are not needed
    PyMutex types_mutex;                    // as a critical section: attributes and caches of types
    PyMutex weakref_locks[WEAKREF_LOCKS];   // striped; see weakref.h. Innermost
    PyMutex type_refs_lock;                 // guards the next three. Innermost
    PyTypeObject **type_refs;               // classes by unique_id; NULL: free (type_refs.c)
    size_t type_refs_size;                  // entries of type_refs
    size_t type_refs_free;                  // an id that may be free, where to look first
    PyMutex import_lock;                    // as a critical section: start of lazily made fields
    RecursiveMutex warnings_mutex;          // filters and registries of warnings
    PyMutex memory_error_lock;
    int memory_error_count;                 // lock: memory_error_lock
    PyObject *memory_error_free;            // lock: memory_error_lock; dead MemoryErrors in reserve
    int64_t warnings_filters_version;       // atomic
    uint64_t next_context_var;              // atomic: serial numbers of ContextVars
    uint64_t next_function_version;         // atomic
    uint32_t max_recursion;                 // atomic: sys.setrecursionlimit
    bool codecs_initialized;                // immutable once running
    bool dont_write_bytecode;               // immutable once running
    bool main_code_running;                 // atomic
    int bytes_warning;                      // immutable once running: -b, -bb
    int int_max_str_digits;                 // atomic: sys.set_int_max_str_digits
    double switch_interval;                 // racy by nature: sys.setswitchinterval, only kept
    int import_depth;           // atomic: for -X importtime, nesting of imports and the time of those
    int64_t import_nested;      // that ended; mixed up when several threads import
    int dlopen_flags;                       // racy by nature: sys.setdlopenflags
    int override_frozen;                    // tests only: _imp._override_frozen_modules_for_tests
    int override_multi_interp;              // tests only
    void *config;                           // immutable once running: runtime/config.h
    void *native_state;                     // free for runtime/
    void *exec_state;                       // free for vm/
} InterpreterRoots;

// The running thread's interpreter.
static inline Interpreter *
interpreter_current(void)
{
    return thread_interpreter(thread_current());
}

static inline InterpreterRoots *
interpreter_roots(void)
{
    return interpreter_current()->roots;
}

// Allocates the roots of an interpreter (zeroed, locks free). 0, or -1 when out of memory.
int interpreter_roots_init(Interpreter *interp);

// For the collector and for tests: visits all owned objects.
int interpreter_visit_roots(Interpreter *interp, visitproc visit, void *arg);

// Releases all owned objects, in an order in which destructors still find sys and builtins.
void interpreter_clear_roots(Interpreter *interp);
void interpreter_roots_free(Interpreter *interp);

#endif
