// The `_statistics` module: the quantiles of the normal distribution, by M. J. Wichura, "Algorithm
// AS241: The Percentage Points of the Normal Distribution", Applied Statistics 37 (1988).
//
// Threading: pure.
#include <math.h>

#include "modules/module.h"
#include "objects/args.h"
#include "objects/error.h"
#include "objects/float.h"
#include "objects/module.h"

#define DEGREE 7

// A ratio of two polynomials; coefficients from the highest power down.
typedef struct {
    double numerator[DEGREE + 1];
    double denominator[DEGREE + 1];
} Approximation;

// |p - 0.5| <= 0.425: PPND16's a and b.
static const Approximation central = {
    {2509.0809287301226727, 33430.575583588128105, 67265.770927008700853, 45921.953931549871457,
     13731.693765509461125, 1971.5909503065514427, 133.14166789178437745, 3.3871328727963666080},
    {5226.4952788528545610, 28729.085735721942674, 39307.895800092710610, 21213.794301586595867,
     5394.1960214247511077, 687.18700749205790830, 42.313330701600911252, 1.0},
};

// Tails with sqrt(-log(p)) up to 5: c and d.
static const Approximation tail = {
    {7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1,
     1.27045825245236838258, 3.64784832476320460504, 5.76949722146069140550,
     4.63033784615654529590, 1.42343711074968357734},
    {1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2,
     1.48103976427480074590e-1, 6.89767334985100004550e-1, 1.67638483018380384940,
     2.05319162663775882187, 1.0},
};

// And beyond: e and f.
static const Approximation far_tail = {
    {2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3,
     2.65321895265761230930e-2, 2.96560571828504891230e-1, 1.78482653991729133580,
     5.46378491116411436990, 6.65790464350110377720},
    {2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5,
     7.86869131145613259100e-4, 1.48753612908506148525e-2, 1.36929880922735805310e-1,
     5.99832206555887937690e-1, 1.0},
};

static double
polynomial(const double coefficients[DEGREE + 1], double x)
{
    double sum = coefficients[0];
    for (int i = 1; i <= DEGREE; i++) {
        sum = sum * x + coefficients[i];
    }
    return sum;
}

// The point below which a standard normal variable stays with probability p; NaN outside (0, 1).
static double
standard_quantile(double p)
{
    double q = p - 0.5;
    if (fabs(q) <= 0.425) {
        double r = 0.180625 - q * q;
        return polynomial(central.numerator, r) * q / polynomial(central.denominator, r);
    }
    double r = q <= 0.0 ? p : 1.0 - p;
    if (r <= 0.0 || r >= 1.0) {
        return NAN;
    }
    r = sqrt(-log(r));
    const Approximation *a = r <= 5.0 ? &tail : &far_tail;
    r -= r <= 5.0 ? 1.6 : 5.0;
    double x = polynomial(a->numerator, r) / polynomial(a->denominator, r);
    return q < 0.0 ? -x : x;
}

static PyObject *
normal_dist_inv_cdf(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    double values[3];
    if (!args_check_positional("_normal_dist_inv_cdf", nargs, 3, 3)) {
        return NULL;
    }
    for (int i = 0; i < 3; i++) {
        values[i] = float_as_double(args[i]);
        if (values[i] == -1.0 && error_occurred()) {
            return NULL;
        }
    }
    if (values[0] <= 0.0 || values[0] >= 1.0) {
        return error_set(PyExc_ValueError, "inv_cdf undefined for these parameters");
    }
    return float_from_double(values[1] + standard_quantile(values[0]) * values[2]);
}

static PyMethodDef statistics_methods[] = {
    {"_normal_dist_inv_cdf", (PyCFunction)(void (*)(void))normal_dist_inv_cdf, METH_FASTCALL,
     "_normal_dist_inv_cdf($module, p, mu, sigma, /)\n--\n\n"},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot statistics_slots[] = {
    {Py_mod_multiple_interpreters, (void *)2},
    {Py_mod_gil, (void *)1},
    {0, NULL},
};

static PyModuleDef statistics_definition = {
    .m_name = "_statistics",
    .m_doc = "Accelerators for the statistics module.\n",
    .m_methods = statistics_methods,
    .m_slots = statistics_slots,
};

NATIVE_MODULE(_statistics, &statistics_definition)
