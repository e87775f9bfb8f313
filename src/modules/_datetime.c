// The `_datetime` module: dates and times. The types are in datetime_*.c. Reference: documentation of
// `datetime`, PEP 495.
//
// Threading: types and their constants are made once and are immutable.
#include "modules/datetime_internal.h"
#include "modules/module.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/identifiers.h"
#include "objects/module.h"
#include "objects/type.h"
#include "thread/once.h"

static int
set_constant_steal(PyTypeObject *type, const char *name, PyObject *value)
{
    int status = value != NULL ? dict_set_cstr(type->tp_dict, name, value) : -1;
    xdecref(value);
    return status;
}

static int
set_delta_constants(void)
{
    PyTypeObject *type = &datetime_delta_type;
    Microseconds most = (Microseconds)MAX_DELTA_DAYS * US_PER_DAY;
    return set_constant_steal(type, "min", delta_new(-most)) < 0
                   || set_constant_steal(type, "max", delta_new(most + US_PER_DAY - 1)) < 0
                   || set_constant_steal(type, "resolution", delta_new(1)) < 0
               ? -1 : 0;
}

static int
set_date_constants(void)
{
    const Ymd first = {MIN_YEAR, 1, 1};
    const Ymd last = {MAX_YEAR, 12, 31};
    const Hms midnight = {0};
    const Hms evening = {23, 59, 59, 999999};
    PyTypeObject *date = &datetime_date_type;
    PyTypeObject *time = &datetime_time_type;
    PyTypeObject *both = &datetime_datetime_type;
    return set_constant_steal(date, "min", date_make(date, first)) < 0
                   || set_constant_steal(date, "max", date_make(date, last)) < 0
                   || set_constant_steal(date, "resolution", delta_new(US_PER_DAY)) < 0
                   || set_constant_steal(time, "min", time_make(time, midnight, Py_None, 0)) < 0
                   || set_constant_steal(time, "max", time_make(time, evening, Py_None, 0)) < 0
                   || set_constant_steal(time, "resolution", delta_new(1)) < 0
                   || set_constant_steal(both, "min", datetime_make(both, first, midnight, Py_None, 0)) < 0
                   || set_constant_steal(both, "max", datetime_make(both, last, evening, Py_None, 0)) < 0
                   || set_constant_steal(both, "resolution", delta_new(1)) < 0
               ? -1 : 0;
}

static int
set_zone_constants(void)
{
    PyTypeObject *type = &datetime_timezone_type;
    Microseconds limit = US_PER_DAY - (Microseconds)60 * US_PER_SECOND;
    return set_constant_steal(type, "utc", new_ref(datetime_utc)) < 0
                   || set_constant_steal(type, "min", timezone_from_us(-limit)) < 0
                   || set_constant_steal(type, "max", timezone_from_us(limit)) < 0
               ? -1 : 0;
}

static int
prepare_types(void *unused)
{
    PyTypeObject *const types[] = {
        &datetime_delta_type, &datetime_tzinfo_type, &datetime_timezone_type, &datetime_date_type,
        &datetime_time_type, &datetime_datetime_type, &datetime_iso_calendar_type,
    };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (type_ready(types[i]) < 0) {
            return -1;
        }
    }
    if (set_delta_constants() < 0 || set_zone_constants() < 0 || set_date_constants() < 0) {
        return -1;
    }
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        type_modified(types[i]);
    }
    return 0;
}

static int
datetime_exec(PyObject *module)
{
    static Once once;
    if (once_run(&once, prepare_types, NULL) < 0) {
        return -1;
    }
    PyTypeObject *const types[] = {
        &datetime_date_type, &datetime_datetime_type, &datetime_time_type, &datetime_delta_type,
        &datetime_tzinfo_type, &datetime_timezone_type,
    };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (module_add_type(module, types[i]) < 0) {
            return -1;
        }
    }
    return module_add_int(module, "MINYEAR", MIN_YEAR) < 0
                   || module_add_int(module, "MAXYEAR", MAX_YEAR) < 0
                   || module_add(module, "UTC", datetime_utc) < 0
               ? -1 : 0;
}

static PyModuleDef_Slot datetime_slots[] = {
    {Py_mod_exec, datetime_exec},
    {0, NULL},
};

static PyModuleDef datetime_definition = {
    .m_name = "_datetime",
    .m_doc = "Fast implementation of the datetime module.",
    .m_slots = datetime_slots,
};

NATIVE_MODULE(_datetime, &datetime_definition)
