// Native module termios: settings of terminals.
//
// Threading: system calls only; the thread is detached while one may wait.
#include "modules/module.h"

#include <errno.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "abi/exceptions.h"
#include "modules/native_type.h"
#include "objects/args.h"
#include "objects/build.h"
#include "objects/bytes.h"
#include "objects/error.h"
#include "objects/file.h"
#include "objects/identifiers.h"
#include "objects/int.h"
#include "objects/list.h"
#include "objects/module.h"
#include "objects/object.h"
#include "objects/sequence.h"
#include "objects/tuple.h"
#include "thread/thread.h"

#define FAST(function) FASTCALL(function), METH_FASTCALL

typedef struct {
    PyObject *error;        // termios.error
} TermiosState;

static PyObject *
fail(PyObject *module)
{
    TermiosState *state = module_get_state(module);
    return error_set_errno(state->error);
}

static int
fd_converter(PyObject *arg, void *fd)
{
    *(int *)fd = file_as_fd(arg);
    return *(int *)fd >= 0;
}

#define DETACHED(statement)                 \
    do {                                    \
        Thread *ts_ = thread_current();     \
        thread_detach(ts_);                 \
        statement;                          \
        thread_attach(ts_);                 \
    } while (0)

// ---- attributes ----

// Control characters as bytes; VMIN and VTIME are numbers outside canonical mode.
static PyObject *
control_characters(const struct termios *mode)
{
    PyObject *result = list_new(0);
    for (int i = 0; result != NULL && i < NCCS; i++) {
        bool number = !(mode->c_lflag & ICANON) && (i == VMIN || i == VTIME);
        char c = (char)mode->c_cc[i];
        PyObject *item = number ? int_from_i64((unsigned char)c) : bytes_from_data(&c, 1);
        if (item == NULL || list_append_steal(result, item) < 0) {
            clear_ref(result);
        }
    }
    return result;
}

static PyObject *
termios_tcgetattr(PyObject *module, PyObject *arg)
{
    int fd, failed;
    struct termios mode;
    if (!fd_converter(arg, &fd)) {
        return NULL;
    }
    DETACHED(failed = tcgetattr(fd, &mode));
    if (failed < 0) {
        return fail(module);
    }
    PyObject *characters = control_characters(&mode);
    if (characters == NULL) {
        return NULL;
    }
    return value_build("[kkkkkkN]", (unsigned long)mode.c_iflag, (unsigned long)mode.c_oflag,
                       (unsigned long)mode.c_cflag, (unsigned long)mode.c_lflag,
                       (unsigned long)cfgetispeed(&mode), (unsigned long)cfgetospeed(&mode),
                       characters);
}

// A control character: bytes of length 1 or an int.
static int
set_character(struct termios *mode, int i, PyObject *item)
{
    if (bytes_check(item) && bytes_length(item) == 1) {
        mode->c_cc[i] = (cc_t)bytes_data(item)[0];
        return 0;
    }
    if (int_check(item)) {
        long value = int_as_long(item);
        if (value == -1 && error_occurred()) {
            return -1;
        }
        mode->c_cc[i] = (cc_t)value;
        return 0;
    }
    error_set(PyExc_TypeError,
              "tcsetattr: elements of attributes must be characters or integers");
    return -1;
}

static int
read_attributes(PyObject *attributes, struct termios *mode)
{
    unsigned long values[6];
    for (int i = 0; i < 6; i++) {
        PyObject *item = list_get(attributes, i);
        if (item == NULL) {
            return -1;
        }
        values[i] = int_as_u64(item);
        decref(item);
        if (error_occurred()) {
            return -1;
        }
    }
    mode->c_iflag = (tcflag_t)values[0];
    mode->c_oflag = (tcflag_t)values[1];
    mode->c_cflag = (tcflag_t)values[2];
    mode->c_lflag = (tcflag_t)values[3];
    PyObject *characters = list_get(attributes, 6);
    if (characters == NULL) {
        return -1;
    }
    int result = -1;
    if (!list_check(characters) || list_size(characters) != NCCS) {
        error_format(PyExc_TypeError, "tcsetattr: attributes[6] must be %d element list", NCCS);
    }
    else {
        result = 0;
        for (int i = 0; i < NCCS && result == 0; i++) {
            PyObject *item = list_get(characters, i);
            result = item == NULL ? -1 : set_character(mode, i, item);
            xdecref(item);
        }
    }
    decref(characters);
    if (result == 0 && (cfsetispeed(mode, (speed_t)values[4]) < 0
                        || cfsetospeed(mode, (speed_t)values[5]) < 0)) {
        return -2;
    }
    return result;
}

static PyObject *
termios_tcsetattr(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int fd, when, failed;
    PyObject *attributes;
    struct termios mode;
    if (!args_parse_stack(args, nargs, "O&iO:tcsetattr", fd_converter, &fd, &when, &attributes)) {
        return NULL;
    }
    if (!list_check(attributes) || list_size(attributes) != 7) {
        return error_set(PyExc_TypeError, "tcsetattr, arg 3: must be 7 element list");
    }
    // What the list does not tell stays as it is.
    DETACHED(failed = tcgetattr(fd, &mode));
    if (failed < 0) {
        return fail(module);
    }
    int status = read_attributes(attributes, &mode);
    if (status == -1) {
        return NULL;
    }
    if (status == 0) {
        DETACHED(status = tcsetattr(fd, when, &mode));
    }
    return status < 0 ? fail(module) : new_ref(Py_None);
}

// ---- line ----

static PyObject *
termios_tcsendbreak(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int fd, duration, failed;
    if (!args_parse_stack(args, nargs, "O&i:tcsendbreak", fd_converter, &fd, &duration)) {
        return NULL;
    }
    DETACHED(failed = tcsendbreak(fd, duration));
    return failed < 0 ? fail(module) : new_ref(Py_None);
}

static PyObject *
termios_tcdrain(PyObject *module, PyObject *arg)
{
    int fd, failed;
    if (!fd_converter(arg, &fd)) {
        return NULL;
    }
    DETACHED(failed = tcdrain(fd));
    return failed < 0 ? fail(module) : new_ref(Py_None);
}

static PyObject *
termios_tcflush(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int fd, queue, failed;
    if (!args_parse_stack(args, nargs, "O&i:tcflush", fd_converter, &fd, &queue)) {
        return NULL;
    }
    DETACHED(failed = tcflush(fd, queue));
    return failed < 0 ? fail(module) : new_ref(Py_None);
}

static PyObject *
termios_tcflow(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int fd, action, failed;
    if (!args_parse_stack(args, nargs, "O&i:tcflow", fd_converter, &fd, &action)) {
        return NULL;
    }
    DETACHED(failed = tcflow(fd, action));
    return failed < 0 ? fail(module) : new_ref(Py_None);
}

// ---- window ----

static PyObject *
termios_tcgetwinsize(PyObject *module, PyObject *arg)
{
    int fd;
    struct winsize window;
    if (!fd_converter(arg, &fd)) {
        return NULL;
    }
    if (ioctl(fd, TIOCGWINSZ, &window) < 0) {
        return fail(module);
    }
    return value_build("(ii)", (int)window.ws_row, (int)window.ws_col);
}

static PyObject *
termios_tcsetwinsize(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int fd;
    PyObject *size;
    struct winsize window;
    if (!args_parse_stack(args, nargs, "O&O:tcsetwinsize", fd_converter, &fd, &size)) {
        return NULL;
    }
    if (!sequence_check(size) || sequence_length(size) != 2) {
        error_clear();
        return error_set(PyExc_TypeError, "tcsetwinsize, arg 2: must be a two-item sequence");
    }
    long values[2];
    for (int i = 0; i < 2; i++) {
        PyObject *item = sequence_getitem(size, i);
        values[i] = item != NULL ? int_as_long(item) : -1;
        xdecref(item);
        if (values[i] == -1 && error_occurred()) {
            return NULL;
        }
        if (values[i] != (unsigned short)values[i]) {
            return error_set(PyExc_OverflowError, "winsize value(s) out of range.");
        }
    }
    if (ioctl(fd, TIOCGWINSZ, &window) < 0) {
        return fail(module);
    }
    window.ws_row = (unsigned short)values[0];
    window.ws_col = (unsigned short)values[1];
    return ioctl(fd, TIOCSWINSZ, &window) < 0 ? fail(module) : new_ref(Py_None);
}

static PyMethodDef termios_methods[] = {
    {"tcgetattr", termios_tcgetattr, METH_O,
     "tcgetattr($module, fd, /)\n--\n\n"
     "Settings of a terminal: [iflag, oflag, cflag, lflag, ispeed, ospeed, cc]."},
    {"tcsetattr", FAST(termios_tcsetattr),
     "tcsetattr($module, fd, when, attributes, /)\n--\n\nChange the settings of a terminal."},
    {"tcsendbreak", FAST(termios_tcsendbreak),
     "tcsendbreak($module, fd, duration, /)\n--\n\nSend a break."},
    {"tcdrain", termios_tcdrain, METH_O,
     "tcdrain($module, fd, /)\n--\n\nWait until all output is sent."},
    {"tcflush", FAST(termios_tcflush),
     "tcflush($module, fd, queue, /)\n--\n\nDiscard what is queued."},
    {"tcflow", FAST(termios_tcflow),
     "tcflow($module, fd, action, /)\n--\n\nSuspend or resume input or output."},
    {"tcgetwinsize", termios_tcgetwinsize, METH_O,
     "tcgetwinsize($module, fd, /)\n--\n\nSize of the window: (rows, columns)."},
    {"tcsetwinsize", FAST(termios_tcsetwinsize),
     "tcsetwinsize($module, fd, winsize, /)\n--\n\nSet the size of the window."},
    {NULL, NULL, 0, NULL},
};

typedef struct {
    const char *name;
    long long value;
} Constant;

#define VSWTCH VSWTC
#define C(name) {#name, name},

static const Constant constants[] = {
    C(B0) C(B1000000) C(B110) C(B115200) C(B1152000) C(B1200) C(B134) C(B150) C(B1500000)
    C(B1800) C(B19200) C(B200) C(B2000000) C(B230400) C(B2400) C(B2500000) C(B300) C(B3000000)
    C(B3500000) C(B38400) C(B4000000) C(B460800) C(B4800) C(B50) C(B500000) C(B57600) C(B576000)
    C(B600) C(B75) C(B921600) C(B9600) C(BRKINT) C(BS0) C(BS1) C(BSDLY) C(CBAUD) C(CBAUDEX)
    C(CDSUSP) C(CEOF) C(CEOL) C(CEOT) C(CERASE) C(CFLUSH) C(CIBAUD) C(CINTR) C(CKILL) C(CLNEXT)
    C(CLOCAL) C(CQUIT) C(CR0) C(CR1) C(CR2) C(CR3) C(CRDLY) C(CREAD) C(CRPRNT) C(CRTSCTS) C(CS5)
    C(CS6) C(CS7) C(CS8) C(CSIZE) C(CSTART) C(CSTOP) C(CSTOPB) C(CSUSP) C(CWERASE) C(ECHO)
    C(ECHOCTL) C(ECHOE) C(ECHOK) C(ECHOKE) C(ECHONL) C(ECHOPRT) C(EXTA) C(EXTB) C(EXTPROC)
    C(FF0) C(FF1) C(FFDLY) C(FIOASYNC) C(FIOCLEX) C(FIONBIO) C(FIONCLEX) C(FIONREAD) C(FLUSHO)
    C(HUPCL) C(ICANON) C(ICRNL) C(IEXTEN) C(IGNBRK) C(IGNCR) C(IGNPAR) C(IMAXBEL) C(INLCR)
    C(INPCK) C(IOCSIZE_MASK) C(IOCSIZE_SHIFT) C(ISIG) C(ISTRIP) C(IUCLC) C(IUTF8) C(IXANY)
    C(IXOFF) C(IXON) C(NCC) C(NCCS) C(NL0) C(NL1) C(NLDLY) C(NOFLSH) C(N_MOUSE) C(N_PPP)
    C(N_SLIP) C(N_STRIP) C(N_TTY) C(OCRNL) C(OFDEL) C(OFILL) C(OLCUC) C(ONLCR) C(ONLRET)
    C(ONOCR) C(OPOST) C(PARENB) C(PARMRK) C(PARODD) C(PENDIN) C(TAB0) C(TAB1) C(TAB2) C(TAB3)
    C(TABDLY) C(TCFLSH) C(TCGETA) C(TCGETS) C(TCIFLUSH) C(TCIOFF) C(TCIOFLUSH) C(TCION)
    C(TCOFLUSH) C(TCOOFF) C(TCOON) C(TCSADRAIN) C(TCSAFLUSH) C(TCSANOW) C(TCSBRK) C(TCSBRKP)
    C(TCSETA) C(TCSETAF) C(TCSETAW) C(TCSETS) C(TCSETSF) C(TCSETSW) C(TCXONC) C(TIOCCONS)
    C(TIOCEXCL) C(TIOCGETD) C(TIOCGICOUNT) C(TIOCGLCKTRMIOS) C(TIOCGPGRP) C(TIOCGSERIAL)
    C(TIOCGSOFTCAR) C(TIOCGWINSZ) C(TIOCINQ) C(TIOCLINUX) C(TIOCMBIC) C(TIOCMBIS) C(TIOCMGET)
    C(TIOCMIWAIT) C(TIOCMSET) C(TIOCM_CAR) C(TIOCM_CD) C(TIOCM_CTS) C(TIOCM_DSR) C(TIOCM_DTR)
    C(TIOCM_LE) C(TIOCM_RI) C(TIOCM_RNG) C(TIOCM_RTS) C(TIOCM_SR) C(TIOCM_ST) C(TIOCNOTTY)
    C(TIOCNXCL) C(TIOCOUTQ) C(TIOCPKT) C(TIOCPKT_DATA) C(TIOCPKT_DOSTOP) C(TIOCPKT_FLUSHREAD)
    C(TIOCPKT_FLUSHWRITE) C(TIOCPKT_NOSTOP) C(TIOCPKT_START) C(TIOCPKT_STOP) C(TIOCSCTTY)
    C(TIOCSERCONFIG) C(TIOCSERGETLSR) C(TIOCSERGETMULTI) C(TIOCSERGSTRUCT) C(TIOCSERGWILD)
    C(TIOCSERSETMULTI) C(TIOCSERSWILD) C(TIOCSER_TEMT) C(TIOCSETD) C(TIOCSLCKTRMIOS)
    C(TIOCSPGRP) C(TIOCSSERIAL) C(TIOCSSOFTCAR) C(TIOCSTI) C(TIOCSWINSZ) C(TOSTOP) C(VDISCARD)
    C(VEOF) C(VEOL) C(VEOL2) C(VERASE) C(VINTR) C(VKILL) C(VLNEXT) C(VMIN) C(VQUIT) C(VREPRINT)
    C(VSTART) C(VSTOP) C(VSUSP) C(VSWTC) C(VSWTCH) C(VT0) C(VT1) C(VTDLY) C(VTIME) C(VWERASE)
    C(XCASE) C(XTABS) C(_POSIX_VDISABLE)
    {NULL, 0},
};

#undef C

static int
termios_exec(PyObject *module)
{
    TermiosState *state = module_get_state(module);
    for (const Constant *c = constants; c->name != NULL; c++) {
        if (module_add_int(module, c->name, c->value) < 0) {
            return -1;
        }
    }
    state->error = error_new_exception("termios.error", NULL, NULL);
    return state->error == NULL ? -1 : module_add(module, "error", state->error);
}

static int
termios_traverse(PyObject *module, visitproc visit, void *arg)
{
    TermiosState *state = module_get_state(module);
    return state != NULL && state->error != NULL ? visit(state->error, arg) : 0;
}

static int
termios_clear(PyObject *module)
{
    TermiosState *state = module_get_state(module);
    if (state != NULL) {
        clear_ref(state->error);
    }
    return 0;
}

static void
termios_free(void *module)
{
    termios_clear(module);
}

static PyModuleDef_Slot termios_slots[] = {
    {Py_mod_exec, termios_exec},
    {0, NULL},
};

static PyModuleDef termios_definition = {
    .m_name = "termios",
    .m_doc = "Settings of terminals as POSIX defines them; descriptors are ints or file objects.",
    .m_size = sizeof(TermiosState),
    .m_methods = termios_methods,
    .m_slots = termios_slots,
    .m_traverse = termios_traverse,
    .m_clear = termios_clear,
    .m_free = termios_free,
};

NATIVE_MODULE(termios, &termios_definition)
