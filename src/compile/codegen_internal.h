// Shared by the parts of code generation.
//
// A Unit is one code object being made. Its code is a list of blocks of instructions (Ins) in the
// order of the source; flow.c cleans it up and assemble.c turns it into words.
//
// Registers are virtual until the unit is complete, because the number of locals is known only
// then: plain numbers are locals (slots), REG_CELL marks cells and free variables, REG_TEMP
// temporaries. Temporaries are a stack: unit->height is the number that live.
//
// Errors: the first one sets an exception and c->failed; everything after that does nothing that
// could run Python code, so callers need not check each step. Functions that loop or recurse test
// c->failed.
//
// Evaluation: expr_to(e, dst) writes dst as its very last action when dst is a local, so that an
// exception leaves the local alone; temporaries from unit->height on (dst included) are free for
// scratch. A Place says where a value is: locals are used in place, without a copy.
//
// Threading: one thread per compilation.
#ifndef TYPHON_COMPILE_CODEGEN_INTERNAL_H
#define TYPHON_COMPILE_CODEGEN_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/object.h"
#include "compile/scopes.h"
#include "objects/code.h"
#include "syntax/arena.h"
#include "syntax/ast.h"
#include "vm_opcode_ids.h"

typedef uint32_t Reg;

#define REG_TEMP 0x40000000u
#define REG_CELL 0x20000000u
#define REG_INDEX_MASK 0x1fffffffu
#define REG_NONE UINT32_MAX
#define REG_MAPPING 0x10000000u         // register 0 of modules and classes: their namespace
#define TEMP(n) (REG_TEMP | (Reg)(n))

static inline bool reg_is_temp(Reg r) { return (r & REG_TEMP) != 0 && r != REG_NONE; }
static inline bool reg_is_local(Reg r) { return r < REG_MAPPING; }
static inline uint32_t reg_index(Reg r) { return r & REG_INDEX_MASK; }

enum { MAX_OPERAND = 0xffff };          // 16-bit fields
enum { MAX_STATIC_BLOCKS = 21 };        // nesting of loops, try and with
enum { BIG_LITERAL = 30 };              // larger displays are built in pieces

typedef struct Block Block;

// Where an exception goes: temporaries from `depth` on are dropped, the exception (with lasti:
// first the instruction's offset) is put there.
typedef struct {
    Block *target;
    uint32_t depth;
    bool lasti;
} Handler;

// Marks of instructions.
enum {
    INS_WIDE = 1,       // assembler: the jump needs its long form
    INS_ASSIGNS = 2,    // UNPACK_SEQUENCE: the items are for targets that follow, and nothing else
                        // refers to their temporaries
};

typedef struct {
    uint8_t op;
    uint8_t flags;
    uint16_t marks;                     // INS_*
    int32_t data;                       // second word of instructions with property data
    uint32_t a, b, c;                   // operands; b alone where the row says bc
    Block *target;                      // of jumps
    const Handler *handler;             // innermost, or NULL
    Span span;                          // lineno -1: no position
} Ins;

// Whether control never reaches what follows. A generator goes on behind RETURN_GENERATOR.
static inline bool
op_stops(int op)
{
    return (opcode_info[op].properties & OPCODE_STOP) != 0 && op != OP_RETURN_GENERATOR;
}

struct Block {
    Ins *ins;
    uint32_t count, capacity;
    uint32_t id;
    bool cold;                          // error handling: placed behind everything else
    bool reachable;
    bool queued;                        // flow analysis
    bool visited;
    Block *next;                        // in the order of the source, later of the code
    Block *link;                        // work list of the flow analysis
    uint64_t *unset_in;                 // flow analysis: locals that may be unset on entry
    uint32_t offset;                    // assembler: word index
};

typedef enum { PLACE_LOCAL, PLACE_TEMP, PLACE_CONST } PlaceKind;

typedef struct {
    PlaceKind kind;
    Reg reg;                            // or index of the constant
    bool keep;                          // a temporary that lives on after its use
} Place;

// Things that return, break and continue have to leave.
typedef enum {
    FRAME_WHILE,
    FRAME_FOR,                          // temp: iterator
    FRAME_TRY,                          // body with except clauses: nothing to do
    FRAME_FINALLY,                      // body with a finally clause
    FRAME_FINALLY_HANDLER,              // temp: previously handled exception, exc: exception
    FRAME_HANDLER,                      // except clause; temp: previously handled exception
    FRAME_GROUP_HANDLER,                // except* clause: may not be left
    FRAME_WITH,                         // temp: exit function and self
    FRAME_ASYNC_WITH,
} FrameKind;

typedef struct CodeFrame {
    FrameKind kind;
    uint32_t temp;
    Block *exit;                        // loops: where break goes
    Block *again;                       // loops: where continue goes
    const Handler *handler;             // in force outside of this frame
    const StmtSeq *finalbody;
    PyObject *name;                     // FRAME_HANDLER: name to unbind, or NULL
    Span span;
    struct CodeFrame *outer;
} CodeFrame;

// A local of the code object.
typedef struct {
    PyObject *name;
    uint8_t kind;                       // CO_FAST_*
    bool active;                        // hidden slots: in use by a comprehension
    uint32_t order;                     // place among the locals; see assign_local
    uint32_t checked_in;                // id of the block in which it is known to be set
} Slot;

// An inlined comprehension being compiled.
typedef struct InlinedScope {
    Scope *scope;
    Reg *slots;                         // by symbol index; REG_NONE
    struct InlinedScope *outer;
} InlinedScope;

// Index of interned names / of constants, by open addressing.
typedef struct {
    PyObject **items;
    uint32_t count, capacity;
    uint32_t *table;
    uint32_t table_mask;
} ItemTable;

// An annotated assignment whose annotation is compiled later.
typedef struct {
    const Stmt *stmt;
    int condition;                      // index into __conditional_annotations__, -1: always there
} DeferredAnnotation;

typedef struct Unit {
    struct Unit *outer;
    Arena *arena;                       // of this unit's code
    Scope *root;                        // scope of the code object
    Scope *scope;                       // innermost: root or an inlined comprehension
    InlinedScope *inlined;
    PyObject *name, *qualname;          // kept by c->arena
    PyObject *private_name;             // innermost class, or NULL
    int flags;                          // CO_*
    int argcount, posonlyargcount, kwonlyargcount;
    int firstlineno;

    Slot *slots;
    uint32_t nslots, slots_capacity;
    uint32_t next_order;
    Reg *symbol_regs;                   // by symbol index of root; REG_NONE
    uint32_t nsymbols;
    PyObject **cells;                   // cell variables that are no arguments, then free ones
    uint32_t ncells, nfree;
    ItemTable names;
    ItemTable consts;

    Block *first, *current, *last;
    uint32_t nblocks;
    uint32_t cold;                      // > 0: new blocks are cold
    uint32_t height, max_height;
    const Handler *handler;
    CodeFrame *frame;
    int frame_depth;
    Block *annotations_place;           // module: where the annotate function is made
    const Stmt *direct;                 // statement of the body itself being compiled

    DeferredAnnotation *deferred;
    uint32_t ndeferred, deferred_capacity;
    int next_condition;
    ItemTable static_attributes;        // class: attributes set through self
    bool interactive;                   // print expression statements
    int finally_depth;                  // finally clauses around the statement, for warnings
    int finally_loops;                  // loops in the innermost of them around the statement
} Unit;

typedef struct {
    Arena *arena;                       // of the whole compilation
    PyObject *filename;
    ScopeTable *table;
    Unit *unit;
    ItemTable const_cache;              // constants shared by all code objects
    int optimize;
    int consumer_nesting;               // all(), any(), tuple() of generators around the call
    Span last_future;                   // position of the last `from __future__` statement
    int flags;                          // CO_FUTURE_* and PARSE_*
    PyObject **closure_names;           // free variables of the unit that was left last
    uint32_t nclosure;
    bool debug_ranges;                  // columns and end lines are wanted
    bool failed;
    bool quiet;                         // compiling a body again: no warnings a second time
    Block spare;                        // stands in for a block when memory is out
} Compiler;

// ---- codegen_unit.c: units, emission ----

// Begins the code object of a scope; qualname_prefix (may be NULL) goes before its name. False
// when it failed so early that there is nothing to leave.
bool unit_enter(Compiler *c, Scope *scope, PyObject *name, PyObject *qualname_prefix,
                int firstlineno);
// Ends the unit: its code object (owned by c->arena), or NULL when something failed.
PyObject *unit_leave(Compiler *c);
void unit_abandon(Compiler *c);

void compile_fail(Compiler *c);         // an exception is set
void compile_error(Compiler *c, Span span, const char *format, ...);
// SyntaxWarning; an error when filters say so.
void compile_warn(Compiler *c, Span span, const char *format, ...);

Block *block_new(Compiler *c);
void block_use(Compiler *c, Block *block);      // emission goes on in block
const Handler *handler_new(Compiler *c, Block *target, uint32_t depth, bool lasti);

void emit(Compiler *c, Span span, int op, int flags, Reg a, Reg b, Reg c_);
void emit_bc(Compiler *c, Span span, int op, int flags, Reg a, uint32_t bc);
void emit_data(Compiler *c, Span span, int op, int flags, Reg a, Reg b, Reg c_, int32_t data);
// Jumps end the block; emission goes on behind it. b: second operand or 0.
void emit_jump(Compiler *c, Span span, int op, int flags, Reg a, Reg b, Block *target);
void emit_goto(Compiler *c, Span span, Block *target);

Reg temp_push(Compiler *c);                     // next temporary, now live
void temp_reserve(Compiler *c, uint32_t height); // makes room in the frame
static inline void temp_set_height(Compiler *c, uint32_t height) { c->unit->height = height; }

uint32_t const_index(Compiler *c, PyObject *value);         // value is borrowed
uint32_t const_index_steal(Compiler *c, PyObject *value);   // NULL: fails
uint32_t const_int(Compiler *c, long value);
uint32_t const_none(Compiler *c);
uint32_t name_index(Compiler *c, PyObject *name);
void load_const(Compiler *c, Span span, Reg dst, PyObject *value);
void load_none(Compiler *c, Span span, Reg dst);

uint32_t item_table_add(Arena *arena, ItemTable *table, PyObject *item, bool *failed);

// ---- codegen_names.c: what names mean in the unit ----

PyObject *mangle(Compiler *c, PyObject *name);
void emit_name_load(Compiler *c, PyObject *name, Span span, Reg dst);
// Place of a name that is a plain local here (checked to be set): true; else nothing is done.
bool name_local(Compiler *c, PyObject *name, Span span, Place *place);
// Register of a name that is a plain local here, for writing; REG_NONE otherwise.
Reg name_local_reg(Compiler *c, PyObject *name);
void emit_name_store(Compiler *c, PyObject *name, Span span, Place value);
void emit_name_delete(Compiler *c, PyObject *name, Span span);
Reg slot_new(Compiler *c, PyObject *name, uint8_t kind);
void local_was_set(Compiler *c, Reg local);
// Register that holds the cell of a name for a closure made here.
Reg closure_register(Compiler *c, PyObject *name);
// Whether __class__ is free in the unit; its register.
Reg free_register(Compiler *c, PyObject *name);
void inlined_enter(Compiler *c, Scope *scope, InlinedScope *in, Span span);
void inlined_leave(Compiler *c, InlinedScope *in, Span span);

// ---- codegen_expr.c ----

void expr_to(Compiler *c, const Expr *e, Reg dst);
Reg expr_push(Compiler *c, const Expr *e);              // into the next temporary
// Wherever it is best: a local in place, a constant when allowed, else the next temporary.
Place expr_place(Compiler *c, const Expr *e, bool allow_const);
// The same for an operand that is used after `later` (may be NULL) was evaluated.
Place expr_place_before(Compiler *c, const Expr *e, const Expr *later, bool allow_const);
void expr_discard(Compiler *c, const Expr *e);          // for its effects
// An operand of an instruction from a place: loads constants; sets the kill flag for temporaries.
Reg place_operand(Compiler *c, Place p, Span span, int kill, int *flags);
void place_drop(Compiler *c, Place p, Span span);
void place_to(Compiler *c, Place p, Span span, Reg dst); // consumes the place
// Bits of expr_effects.
enum { EFFECT_BINDS = 1, EFFECT_SUSPENDS = 2 };
int expr_effects(Compiler *c, const Expr *e);
int exprs_effects(Compiler *c, const ExprSeq *seq, Py_ssize_t from);
PyObject *constant_of(Compiler *c, const Expr *e);      // borrowed, or NULL
int constant_truth(Compiler *c, const Expr *e);         // 1, 0, or -1 when not known
void emit_build_slice(Compiler *c, const Expr *slice, Reg dst);
void binary_emit(Compiler *c, Span span, Operator op, bool inplace, Reg dst, Place left,
                 Place right);
void warn_uncallable(Compiler *c, const Expr *func);
// Runs the awaitable iterator in the topmost temporary `awaitable` to its end; the result is in
// `value`, the temporary below it.
void await_loop(Compiler *c, Span span, uint32_t awaitable, Reg value);
// Awaits a value (consumed; it may be the topmost temporary or not count as live any more). kind
// is that of GET_AWAITABLE, or -1 for `yield from`.
void await_to(Compiler *c, Span span, Place value, int kind, Reg dst);

// ---- codegen_jump.c ----

void jump_if(Compiler *c, const Expr *e, Block *target, bool when);
void compare_to(Compiler *c, const Expr *e, Reg dst);

// ---- codegen_call.c ----

void call_to(Compiler *c, const Expr *e, Reg dst);
// The arguments of a call (or class statement) whose window starts at `window`, callable there;
// nextra arguments are already in place. keywords may be empty.
void call_arguments(Compiler *c, Span span, uint32_t window, int nextra, const ExprSeq *args,
                    const KeywordSeq *keywords, bool method, Reg dst);
bool attribute_super_to(Compiler *c, const Expr *e, Reg dst);
Span attribute_span(const Expr *call, const Expr *attribute);

// ---- codegen_text.c: f-strings and t-strings ----

void joined_str_to(Compiler *c, const Expr *e, Reg dst);
void formatted_value_to(Compiler *c, const Expr *e, Reg dst);
void template_to(Compiler *c, const Expr *e, Reg dst);
void interpolation_to(Compiler *c, const Expr *e, Reg dst);

// ---- codegen_display.c: lists, sets, dicts, comprehensions ----

void tuple_to(Compiler *c, const Expr *e, Reg dst);
void list_to(Compiler *c, const Expr *e, Reg dst);
void set_to(Compiler *c, const Expr *e, Reg dst);
void dict_to(Compiler *c, const Expr *e, Reg dst);
void sequence_to(Compiler *c, Span span, const ExprSeq *elts, int build, Reg dst);
void comprehension_to(Compiler *c, const Expr *e, Reg dst);

// ---- codegen_stmt.c ----

// The next item of an asynchronous iterator (the topmost temporary) into the temporary above it,
// which then lives. The end of the iteration goes to `ended` with the exception there instead.
// u->handler is restored by the caller.
void emit_async_next(Compiler *c, Span span, Reg iterator, Block *ended);
bool in_async_function(const Compiler *c);
void compile_stmts(Compiler *c, const StmtSeq *body);
void compile_body(Compiler *c, const StmtSeq *body);    // of a module or class
void frame_push(Compiler *c, CodeFrame *frame, FrameKind kind, Span span);
void frame_pop(Compiler *c, CodeFrame *frame);
// Leaves the frames inside `last` (NULL: all). The value (or NULL) is kept alive; a local is moved
// to a temporary when code in between could change it.
// u->handler is then the one outside of what was left; the caller restores it behind the jump.
// *span is the position of the statement; afterwards that of the jump.
void frames_unwind(Compiler *c, Span *span, const CodeFrame *last, Place *value);

// ---- codegen_assign.c ----

void assign(Compiler *c, const Expr *target, Place value, Span span);
void assign_stmt(Compiler *c, const Stmt *s);
void aug_assign_stmt(Compiler *c, const Stmt *s);
void ann_assign_stmt(Compiler *c, const Stmt *s);
void delete_stmt(Compiler *c, const Stmt *s);
void import_stmt(Compiler *c, const Stmt *s);
void import_from_stmt(Compiler *c, const Stmt *s);

// ---- codegen_try.c ----

void try_stmt(Compiler *c, const Stmt *s);
void with_stmt(Compiler *c, const Stmt *s);
void with_exit(Compiler *c, Span span, uint32_t pair, bool is_async);

// ---- codegen_match.c ----

void match_stmt(Compiler *c, const Stmt *s);

// ---- codegen_def.c ----

void function_stmt(Compiler *c, const Stmt *s);
void class_stmt(Compiler *c, const Stmt *s);
void type_alias_stmt(Compiler *c, const Stmt *s);
void lambda_to(Compiler *c, const Expr *e, Reg dst);
// A function of the code object of the unit that was left last, with its closure, into dst (a
// temporary below unit->height).
void make_function(Compiler *c, Span span, PyObject *code, Reg dst);
void annotations_begin(Compiler *c, Span span);
void annotations_end(Compiler *c, Span span);
void annotation_defer(Compiler *c, const Stmt *s);

// ---- fold.c ----

// Folds constants in the whole tree. 0 or -1.
int fold_module(Mod *mod, Arena *arena, int flags);

// preprocess.c: what ast.parse(optimize=level) shows. 0 or -1.
int preprocess_module(Mod *mod, Arena *arena, int level);

// ---- flow.c, assemble.c ----

// Cleans up the flow graph of a finished unit.
void flow_optimize(Compiler *c, Unit *u);
// New code object, or NULL with an exception.
PyObject *assemble(Compiler *c, Unit *u);

extern const Span no_span;

#endif
