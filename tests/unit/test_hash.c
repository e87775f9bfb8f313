// Hashes against values of CPython 3.11 (same algorithm: SipHash-1-3, key expanded from
// PYTHONHASHSEED, numeric hash modulo 2^61 - 1).
#include "support.h"

#include <math.h>

#include "base/hash.h"

static void
test_text(void **state)
{
    (void)state;
    hash_init_seed(0);
    assert_int_equal(hash_bytes("abc", 3), -4594863902769663758);
    hash_init_seed(42);
    assert_int_equal(hash_bytes("abc", 3), 3869580338025362921);
    assert_int_equal(hash_bytes("abcdefghijk", 11), 7764564197781545852);
    assert_int_equal(hash_bytes("", 0), 0);
}

static void
test_numbers(void **state)
{
    (void)state;
    assert_int_equal(hash_double(NULL, 1.5), 1152921504606846977);
    assert_int_equal(hash_double(NULL, -0.1), -230584300921369408);
    assert_int_equal(hash_double(NULL, 1e300), 1224995262755759164);
    assert_int_equal(hash_double(NULL, INFINITY), 314159);
    assert_int_equal(hash_double(NULL, -1.0), -2);
    assert_int_equal(hash_i64(-1), -2);
    assert_int_equal(hash_i64((int64_t)1 << 61), 1);
    for (int64_t i = -100; i < 100; i++) {
        assert_int_equal(hash_i64(i * 7919), hash_double(NULL, (double)(i * 7919)));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
