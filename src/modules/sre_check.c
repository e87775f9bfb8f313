// Checks code before it runs: every skip stays inside, every set ends, every group exists.
#include "modules/sre_internal.h"
#include "objects/error.h"
#include "objects/exceptions.h"

typedef struct {
    const uint32_t *code;
    Py_ssize_t groups;
} Checker;

// The tests of a character set in [at, end): index behind its FAILURE, or -1.
static Py_ssize_t
check_charset(const Checker *checker, Py_ssize_t at, Py_ssize_t end)
{
    const uint32_t *code = checker->code;
    while (at < end) {
        Py_ssize_t size;
        switch (code[at++]) {
            case SRE_FAILURE: return at;
            case SRE_NEGATE: size = 0; break;
            case SRE_LITERAL: size = 1; break;
            case SRE_RANGE:
            case SRE_RANGE_UNI_IGNORE: size = 2; break;
            case SRE_CHARSET: size = 8; break;
            case SRE_CATEGORY:
                if (at >= end || code[at] >= SRE_CATEGORY_COUNT) {
                    return -1;
                }
                size = 1;
                break;
            case SRE_BIGCHARSET: {
                if (at + 65 > end || code[at] > 256) {
                    return -1;
                }
                const unsigned char *blocks = (const unsigned char *)&code[at + 1];
                for (int i = 0; i < 256; i++) {
                    if (blocks[i] >= code[at]) {
                        return -1;
                    }
                }
                size = 65 + (Py_ssize_t)code[at] * 8;
                break;
            }
            default: return -1;
        }
        if (size > end - at) {
            return -1;
        }
        at += size;
    }
    return -1;
}

static bool check_sequence(const Checker *checker, Py_ssize_t at, Py_ssize_t end, int depth);

static bool
check_info(const Checker *checker, Py_ssize_t at, Py_ssize_t end)
{
    // at: skip flags min max …
    const uint32_t *code = checker->code;
    if (end - at < 4) {
        return false;
    }
    uint32_t flags = code[at + 1];
    if (flags & SRE_INFO_PREFIX) {
        Py_ssize_t length = end - at > 5 ? (Py_ssize_t)code[at + 4] : 0;
        if (length < 1 || at + 6 + 2 * length > end) {
            return false;
        }
        for (Py_ssize_t i = 0; i < length; i++) {
            if (code[at + 6 + length + i] >= (uint32_t)length) {
                return false;
            }
        }
        return true;
    }
    return !(flags & SRE_INFO_CHARSET) || check_charset(checker, at + 4, end) == end;
}

// Alternatives: length body JUMP skip …, 0.
static Py_ssize_t
check_branch(const Checker *checker, Py_ssize_t at, Py_ssize_t end, int depth)
{
    const uint32_t *code = checker->code;
    while (at < end && code[at] != 0) {
        Py_ssize_t skip = (Py_ssize_t)code[at];
        if (skip < 3 || skip > end - at - 1) {
            return -1;
        }
        Py_ssize_t jump = at + skip - 2;
        if (code[jump] != SRE_JUMP || (Py_ssize_t)code[jump + 1] > end - jump - 1
            || !check_sequence(checker, at + 1, jump, depth + 1)) {
            return -1;
        }
        at += skip;
    }
    return at < end ? at + 1 : -1;
}

// The operation at `at`: index of the next one, -1 when it is bad.
static Py_ssize_t
check_operation(const Checker *checker, Py_ssize_t at, Py_ssize_t end, int depth)
{
    const uint32_t *code = checker->code;
    uint32_t op = code[at];
    Py_ssize_t left = end - at;
    Py_ssize_t skip = left > 1 ? (Py_ssize_t)code[at + 1] : 0;
    Py_ssize_t target = at + 1 + skip;
    bool has_skip = left > 1 && skip >= 1 && target <= end;
    switch (op) {
        case SRE_SUCCESS:
        case SRE_FAILURE:
        case SRE_ANY:
        case SRE_ANY_ALL:
            return at + 1;
        case SRE_LITERAL:
        case SRE_NOT_LITERAL:
        case SRE_LITERAL_IGNORE:
        case SRE_NOT_LITERAL_IGNORE:
        case SRE_LITERAL_UNI_IGNORE:
        case SRE_NOT_LITERAL_UNI_IGNORE:
        case SRE_LITERAL_LOC_IGNORE:
        case SRE_NOT_LITERAL_LOC_IGNORE:
            return left > 1 ? at + 2 : -1;
        case SRE_AT:
            return left > 1 && code[at + 1] < SRE_AT_COUNT ? at + 2 : -1;
        case SRE_CATEGORY:
            return left > 1 && code[at + 1] < SRE_CATEGORY_COUNT ? at + 2 : -1;
        case SRE_MARK:
            return left > 1 && (Py_ssize_t)code[at + 1] < 2 * checker->groups ? at + 2 : -1;
        case SRE_GROUPREF:
        case SRE_GROUPREF_IGNORE:
        case SRE_GROUPREF_UNI_IGNORE:
        case SRE_GROUPREF_LOC_IGNORE:
            return left > 1 && (Py_ssize_t)code[at + 1] < checker->groups ? at + 2 : -1;
        case SRE_IN:
        case SRE_IN_IGNORE:
        case SRE_IN_UNI_IGNORE:
        case SRE_IN_LOC_IGNORE:
            return has_skip && check_charset(checker, at + 2, target) == target ? target : -1;
        case SRE_INFO:
            return has_skip && check_info(checker, at + 1, target) ? target : -1;
        case SRE_BRANCH:
            return check_branch(checker, at + 1, end, depth);
        case SRE_JUMP:
            return left > 1 && target <= end ? at + 2 : -1;
        case SRE_REPEAT_ONE:
        case SRE_MIN_REPEAT_ONE:
        case SRE_POSSESSIVE_REPEAT_ONE:
            // skip min max item SUCCESS; one more operation follows
            return has_skip && skip >= 5 && code[at + 2] <= code[at + 3]
                           && code[target - 1] == SRE_SUCCESS
                           && check_operation(checker, at + 4, target - 1, depth + 1) == target - 1
                       ? target : -1;
        case SRE_REPEAT:
            return has_skip && skip >= 3 && target < end && code[at + 2] <= code[at + 3]
                           && (code[target] == SRE_MAX_UNTIL || code[target] == SRE_MIN_UNTIL)
                           && check_sequence(checker, at + 4, target, depth + 1)
                       ? target + 1 : -1;
        case SRE_POSSESSIVE_REPEAT:
            return has_skip && skip >= 3 && target < end && code[at + 2] <= code[at + 3]
                           && code[target] == SRE_SUCCESS
                           && check_sequence(checker, at + 4, target, depth + 1)
                       ? target + 1 : -1;
        case SRE_ATOMIC_GROUP:
            return has_skip && skip >= 2 && code[target - 1] == SRE_SUCCESS
                           && check_sequence(checker, at + 2, target - 1, depth + 1)
                       ? target : -1;
        case SRE_ASSERT:
        case SRE_ASSERT_NOT:
            return has_skip && skip >= 3 && code[target - 1] == SRE_SUCCESS
                           && check_sequence(checker, at + 3, target - 1, depth + 1)
                       ? target : -1;
        case SRE_GROUPREF_EXISTS: {
            if (left < 4 || (Py_ssize_t)code[at + 1] >= checker->groups) {
                return -1;
            }
            Py_ssize_t otherwise = at + 1 + (Py_ssize_t)code[at + 2];
            return otherwise >= at + 3 && otherwise <= end ? at + 3 : -1;
        }
        default:
            return -1;
    }
}

static bool
check_sequence(const Checker *checker, Py_ssize_t at, Py_ssize_t end, int depth)
{
    if (depth > 1000) {
        return false;
    }
    while (at < end) {
        at = check_operation(checker, at, end, depth);
        if (at < 0) {
            return false;
        }
    }
    return at == end;
}

int
sre_check_code(const uint32_t *code, Py_ssize_t size, Py_ssize_t groups)
{
    Checker checker = {code, groups};
    if (groups < 0 || groups > SRE_MAXGROUPS || size < 1 || code[size - 1] != SRE_SUCCESS
        || !check_sequence(&checker, 0, size, 0)) {
        error_set(PyExc_RuntimeError, "invalid SRE code");
        return -1;
    }
    return 0;
}
