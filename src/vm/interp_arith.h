// Inline halves of arithmetic and comparison on tagged numbers (bodies/arithmetic.def, compare.def).
//
// Each macro either ends the instruction or falls through to SLOW(). Integers are computed on the
// words themselves: tag bits of ints are zero, so the machine's overflow flag is exactly "beyond
// 62 bits". Operands that are numbers need no dropping, so kill flags do not matter here.
#ifndef TYPHON_VM_INTERP_ARITH_H
#define TYPHON_VM_INTERP_ARITH_H

#define ARITH_FLOAT(l, r, operator)                                                        \
    if (value_is_float(l) && value_is_float(r)) {                                          \
        Value f_ = value_float_encode(value_float(l) operator value_float(r));             \
        if (LIKELY(value_float_fits(f_))) {                                                \
            SET_A_NEXT(f_);                                                                \
        }                                                                                  \
    }

#define ARITH_ADD(left, right)                                                             \
    Value l_ = (left), r_ = (right);                                                       \
    int64_t i_;                                                                            \
    if (LIKELY(value_both_int(l_, r_))) {                                                  \
        if (LIKELY(!__builtin_add_overflow((int64_t)l_, (int64_t)r_, &i_))) {              \
            SET_A_NEXT((Value)i_);                                                         \
        }                                                                                  \
    }                                                                                      \
    else ARITH_FLOAT(l_, r_, +)

#define ARITH_SUBTRACT(left, right)                                                        \
    Value l_ = (left), r_ = (right);                                                       \
    int64_t i_;                                                                            \
    if (LIKELY(value_both_int(l_, r_))) {                                                  \
        if (LIKELY(!__builtin_sub_overflow((int64_t)l_, (int64_t)r_, &i_))) {              \
            SET_A_NEXT((Value)i_);                                                         \
        }                                                                                  \
    }                                                                                      \
    else ARITH_FLOAT(l_, r_, -)

#define ARITH_MULTIPLY(left, right)                                                        \
    Value l_ = (left), r_ = (right);                                                       \
    int64_t i_;                                                                            \
    if (LIKELY(value_both_int(l_, r_))) {                                                  \
        if (LIKELY(!__builtin_mul_overflow((int64_t)l_ >> 2, (int64_t)r_, &i_))) {         \
            SET_A_NEXT((Value)i_);                                                         \
        }                                                                                  \
    }                                                                                      \
    else ARITH_FLOAT(l_, r_, *)

// Encoded floats are never zero.
#define ARITH_TRUE_DIVIDE(left, right)                                                     \
    Value l_ = (left), r_ = (right);                                                       \
    ARITH_FLOAT(l_, r_, /)

#define ARITH_FLOOR_DIVIDE(left, right)                                                    \
    Value l_ = (left), r_ = (right);                                                       \
    if (LIKELY(value_both_int(l_, r_) && r_ != 0)) {                                       \
        int64_t q_ = (int64_t)l_ / (int64_t)r_;                                            \
        int64_t m_ = (int64_t)l_ % (int64_t)r_;                                            \
        q_ -= (m_ != 0) & ((m_ ^ (int64_t)r_) < 0);                                        \
        if (LIKELY(value_int_fits(q_))) {                                                  \
            SET_A_NEXT(value_from_int(q_));                                                \
        }                                                                                  \
    }

#define ARITH_REMAINDER(left, right)                                                       \
    Value l_ = (left), r_ = (right);                                                       \
    if (LIKELY(value_both_int(l_, r_) && r_ != 0)) {                                       \
        int64_t m_ = (int64_t)l_ % (int64_t)r_;                                            \
        if (m_ != 0 && (m_ ^ (int64_t)r_) < 0) {                                           \
            m_ += (int64_t)r_;                                                             \
        }                                                                                  \
        SET_A_NEXT((Value)m_);                                                             \
    }

#define ARITH_LSHIFT(left, right)                                                          \
    Value l_ = (left), r_ = (right);                                                       \
    if (LIKELY(value_both_int(l_, r_) && r_ < (Value)62 << 2)) {                           \
        int n_ = (int)value_int(r_);                                                       \
        int64_t shifted_ = (int64_t)(l_ << n_);                                            \
        if (LIKELY(shifted_ >> n_ == (int64_t)l_)) {                                       \
            SET_A_NEXT((Value)shifted_);                                                   \
        }                                                                                  \
    }

#define ARITH_RSHIFT(left, right)                                                          \
    Value l_ = (left), r_ = (right);                                                       \
    if (LIKELY(value_both_int(l_, r_) && r_ < (Value)62 << 2)) {                           \
        SET_A_NEXT((Value)((int64_t)l_ >> value_int(r_)) & ~VALUE_TAG_MASK);               \
    }

#define ARITH_BITS(left, right, operator)                                                  \
    Value l_ = (left), r_ = (right);                                                       \
    if (LIKELY(value_both_int(l_, r_))) {                                                  \
        SET_A_NEXT(l_ operator r_);                                                        \
    }
#define ARITH_AND(left, right) ARITH_BITS(left, right, &)
#define ARITH_OR(left, right) ARITH_BITS(left, right, |)
#define ARITH_XOR(left, right) ARITH_BITS(left, right, ^)

#define RELATION_LT(a, b) ((a) < (b))
#define RELATION_LE(a, b) ((a) <= (b))
#define RELATION_EQ(a, b) ((a) == (b))
#define RELATION_NE(a, b) ((a) != (b))
#define RELATION_GT(a, b) ((a) > (b))
#define RELATION_GE(a, b) ((a) >= (b))

#define COMPARE_VALUES(left, right, relation)                                              \
    Value l_ = (left), r_ = (right);                                                       \
    if (LIKELY(value_both_int(l_, r_))) {                                                  \
        SET_A_NEXT(value_bool(RELATION_##relation((int64_t)l_, (int64_t)r_)));             \
    }                                                                                      \
    if (value_is_float(l_) && value_is_float(r_)) {                                        \
        SET_A_NEXT(value_bool(RELATION_##relation(value_float(l_), value_float(r_))));     \
    }

#define JUMP_VALUES(left, right, relation, sense)                                          \
    Value l_ = (left), r_ = (right);                                                       \
    if (LIKELY(value_both_int(l_, r_))) {                                                  \
        if (RELATION_##relation((int64_t)l_, (int64_t)r_) == (sense)) {                    \
            JUMP_C();                                                                      \
        }                                                                                  \
        NEXT();                                                                            \
    }                                                                                      \
    if (value_is_float(l_) && value_is_float(r_)) {                                        \
        if (RELATION_##relation(value_float(l_), value_float(r_)) == (sense)) {            \
            JUMP_C();                                                                      \
        }                                                                                  \
        NEXT();                                                                            \
    }

#endif
