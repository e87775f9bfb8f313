// Numeric constants of the cp314t binary interface.
#ifndef TYPHON_ABI_CONSTANTS_H
#define TYPHON_ABI_CONSTANTS_H

// ---- tp_flags ----
#define _Py_TPFLAGS_STATIC_BUILTIN               (1UL << 1)
#define Py_TPFLAGS_INLINE_VALUES                 (1UL << 2)
#define Py_TPFLAGS_MANAGED_WEAKREF               (1UL << 3)
#define Py_TPFLAGS_MANAGED_DICT                  (1UL << 4)
#define Py_TPFLAGS_PREHEADER                     (0x18UL)
#define Py_TPFLAGS_SEQUENCE                      (1UL << 5)
#define Py_TPFLAGS_MAPPING                       (1UL << 6)
#define Py_TPFLAGS_DISALLOW_INSTANTIATION        (1UL << 7)
#define Py_TPFLAGS_IMMUTABLETYPE                 (1UL << 8)
#define Py_TPFLAGS_HEAPTYPE                      (1UL << 9)
#define Py_TPFLAGS_BASETYPE                      (1UL << 10)
#define Py_TPFLAGS_HAVE_VECTORCALL               (1UL << 11)
#define Py_TPFLAGS_READY                         (1UL << 12)
#define Py_TPFLAGS_READYING                      (1UL << 13)
#define Py_TPFLAGS_HAVE_GC                       (1UL << 14)
#define Py_TPFLAGS_METHOD_DESCRIPTOR             (1UL << 17)
#define Py_TPFLAGS_VALID_VERSION_TAG             (1UL << 19)
#define Py_TPFLAGS_IS_ABSTRACT                   (1UL << 20)
#define _Py_TPFLAGS_MATCH_SELF                   (1UL << 22)
#define Py_TPFLAGS_ITEMS_AT_END                  (1UL << 23)
#define Py_TPFLAGS_LONG_SUBCLASS                 (1UL << 24)
#define Py_TPFLAGS_LIST_SUBCLASS                 (1UL << 25)
#define Py_TPFLAGS_TUPLE_SUBCLASS                (1UL << 26)
#define Py_TPFLAGS_BYTES_SUBCLASS                (1UL << 27)
#define Py_TPFLAGS_UNICODE_SUBCLASS              (1UL << 28)
#define Py_TPFLAGS_DICT_SUBCLASS                 (1UL << 29)
#define Py_TPFLAGS_BASE_EXC_SUBCLASS             (1UL << 30)
#define Py_TPFLAGS_TYPE_SUBCLASS                 (1UL << 31)
#define Py_TPFLAGS_DEFAULT                       (0x0UL)
#define Py_TPFLAGS_HAVE_FINALIZE                 (1UL << 0)
#define Py_TPFLAGS_HAVE_VERSION_TAG              (1UL << 18)

// ---- PyType_Slot.slot ----
#define Py_bf_getbuffer                    1
#define Py_bf_releasebuffer                2
#define Py_mp_ass_subscript                3
#define Py_mp_length                       4
#define Py_mp_subscript                    5
#define Py_nb_absolute                     6
#define Py_nb_add                          7
#define Py_nb_and                          8
#define Py_nb_bool                         9
#define Py_nb_divmod                       10
#define Py_nb_float                        11
#define Py_nb_floor_divide                 12
#define Py_nb_index                        13
#define Py_nb_inplace_add                  14
#define Py_nb_inplace_and                  15
#define Py_nb_inplace_floor_divide         16
#define Py_nb_inplace_lshift               17
#define Py_nb_inplace_multiply             18
#define Py_nb_inplace_or                   19
#define Py_nb_inplace_power                20
#define Py_nb_inplace_remainder            21
#define Py_nb_inplace_rshift               22
#define Py_nb_inplace_subtract             23
#define Py_nb_inplace_true_divide          24
#define Py_nb_inplace_xor                  25
#define Py_nb_int                          26
#define Py_nb_invert                       27
#define Py_nb_lshift                       28
#define Py_nb_multiply                     29
#define Py_nb_negative                     30
#define Py_nb_or                           31
#define Py_nb_positive                     32
#define Py_nb_power                        33
#define Py_nb_remainder                    34
#define Py_nb_rshift                       35
#define Py_nb_subtract                     36
#define Py_nb_true_divide                  37
#define Py_nb_xor                          38
#define Py_sq_ass_item                     39
#define Py_sq_concat                       40
#define Py_sq_contains                     41
#define Py_sq_inplace_concat               42
#define Py_sq_inplace_repeat               43
#define Py_sq_item                         44
#define Py_sq_length                       45
#define Py_sq_repeat                       46
#define Py_tp_alloc                        47
#define Py_tp_base                         48
#define Py_tp_bases                        49
#define Py_tp_call                         50
#define Py_tp_clear                        51
#define Py_tp_dealloc                      52
#define Py_tp_del                          53
#define Py_tp_descr_get                    54
#define Py_tp_descr_set                    55
#define Py_tp_doc                          56
#define Py_tp_getattr                      57
#define Py_tp_getattro                     58
#define Py_tp_hash                         59
#define Py_tp_init                         60
#define Py_tp_is_gc                        61
#define Py_tp_iter                         62
#define Py_tp_iternext                     63
#define Py_tp_methods                      64
#define Py_tp_new                          65
#define Py_tp_repr                         66
#define Py_tp_richcompare                  67
#define Py_tp_setattr                      68
#define Py_tp_setattro                     69
#define Py_tp_str                          70
#define Py_tp_traverse                     71
#define Py_tp_members                      72
#define Py_tp_getset                       73
#define Py_tp_free                         74
#define Py_nb_matrix_multiply              75
#define Py_nb_inplace_matrix_multiply      76
#define Py_am_await                        77
#define Py_am_aiter                        78
#define Py_am_anext                        79
#define Py_tp_finalize                     80
#define Py_am_send                         81
#define Py_tp_vectorcall                   82
#define Py_tp_token                        83

// ---- PyModuleDef_Slot.slot ----
#define Py_mod_create                      1
#define Py_mod_exec                        2
#define Py_mod_multiple_interpreters       3
#define Py_mod_gil                         4

// ---- PyMethodDef.ml_flags ----
#define METH_VARARGS                       0x1
#define METH_KEYWORDS                      0x2
#define METH_NOARGS                        0x4
#define METH_O                             0x8
#define METH_CLASS                         0x10
#define METH_STATIC                        0x20
#define METH_COEXIST                       0x40
#define METH_FASTCALL                      0x80
#define METH_METHOD                        0x200

// ---- PyMemberDef.type and .flags ----
#define Py_T_SHORT                         0
#define Py_T_INT                           1
#define Py_T_LONG                          2
#define Py_T_FLOAT                         3
#define Py_T_DOUBLE                        4
#define Py_T_STRING                        5
#define _Py_T_OBJECT                       6
#define Py_T_CHAR                          7
#define Py_T_BYTE                          8
#define Py_T_UBYTE                         9
#define Py_T_USHORT                        10
#define Py_T_UINT                          11
#define Py_T_ULONG                         12
#define Py_T_STRING_INPLACE                13
#define Py_T_BOOL                          14
#define Py_T_OBJECT_EX                     16
#define Py_T_LONGLONG                      17
#define Py_T_ULONGLONG                     18
#define Py_T_PYSSIZET                      19
#define _Py_T_NONE                         20
#define Py_READONLY                        1
#define Py_AUDIT_READ                      2
#define Py_RELATIVE_OFFSET                 8

// ---- buffer request flags ----
#define PyBUF_MAX_NDIM                     0x40
#define PyBUF_SIMPLE                       0x0
#define PyBUF_WRITABLE                     0x1
#define PyBUF_WRITEABLE                    0x1
#define PyBUF_FORMAT                       0x4
#define PyBUF_ND                           0x8
#define PyBUF_STRIDES                      0x18
#define PyBUF_C_CONTIGUOUS                 0x38
#define PyBUF_F_CONTIGUOUS                 0x58
#define PyBUF_ANY_CONTIGUOUS               0x98
#define PyBUF_INDIRECT                     0x118
#define PyBUF_CONTIG                       0x9
#define PyBUF_CONTIG_RO                    0x8
#define PyBUF_STRIDED                      0x19
#define PyBUF_STRIDED_RO                   0x18
#define PyBUF_RECORDS                      0x1d
#define PyBUF_RECORDS_RO                   0x1c
#define PyBUF_FULL                         0x11d
#define PyBUF_FULL_RO                      0x11c
#define PyBUF_READ                         0x100
#define PyBUF_WRITE                        0x200

// ---- rich comparison operators ----
#define Py_LT                              0
#define Py_LE                              1
#define Py_EQ                              2
#define Py_NE                              3
#define Py_GT                              4
#define Py_GE                              5

// ---- input kinds of compile() ----
#define Py_single_input 256
#define Py_file_input 257
#define Py_eval_input 258

// ---- versions ----
#define PYTHON_API_VERSION 1013
#define PYTHON_ABI_VERSION 3
#define PY_MAJOR_VERSION 3
#define PY_MINOR_VERSION 14
#define PY_MICRO_VERSION 2
#define PY_VERSION_HEX 0x030e02f0
#define PY_VERSION "3.14.2"

// Bit of a vectorcall nargsf: the callee may overwrite args[-1].
#define PY_VECTORCALL_ARGUMENTS_OFFSET ((size_t)1 << 63)

// ---- co_flags ----
#define CO_OPTIMIZED                       0x1
#define CO_NEWLOCALS                       0x2
#define CO_VARARGS                         0x4
#define CO_VARKEYWORDS                     0x8
#define CO_NESTED                          0x10
#define CO_GENERATOR                       0x20
#define CO_COROUTINE                       0x80
#define CO_ITERABLE_COROUTINE              0x100
#define CO_ASYNC_GENERATOR                 0x200
#define CO_FUTURE_DIVISION                 0x20000
#define CO_FUTURE_ABSOLUTE_IMPORT          0x40000
#define CO_FUTURE_WITH_STATEMENT           0x80000
#define CO_FUTURE_PRINT_FUNCTION           0x100000
#define CO_FUTURE_UNICODE_LITERALS         0x200000
#define CO_FUTURE_BARRY_AS_BDFL            0x400000
#define CO_FUTURE_GENERATOR_STOP           0x800000
#define CO_FUTURE_ANNOTATIONS              0x1000000
#define CO_NO_MONITORING_EVENTS            0x2000000
#define CO_HAS_DOCSTRING                   0x4000000
#define CO_METHOD                          0x8000000
#define CO_MAXBLOCKS                       0x15

#endif
