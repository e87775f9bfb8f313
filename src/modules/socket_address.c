// _socket: addresses as Python objects.
//
// Threading: pure, but for resolving names, which runs detached.
#include "modules/socket_internal.h"

#include <arpa/inet.h>
#include <limits.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "objects/buffer.h"
#include "objects/bytearray.h"
#include "objects/build.h"
#include "objects/bytes.h"
#include "objects/int.h"
#include "objects/str.h"
#include "objects/tuple.h"

void *
socket_gaierror(int code)
{
    if (code == EAI_SYSTEM) {
        return error_set_errno(PyExc_OSError);
    }
    PyObject *value = value_build("(is)", code, gai_strerror(code));
    if (value != NULL) {
        error_set_object(socket_state.gaierror, value);
        decref(value);
    }
    return NULL;
}

// ---- names ----

bool
socket_host_argument(PyObject *arg, const char **name, PyObject **holder)
{
    char *data;
    Py_ssize_t size;
    *holder = NULL;
    if (str_check(arg)) {
        *holder = str_is_ascii(arg) ? str_encode_ascii(arg, NULL) : str_encode(arg, "idna", NULL);
    }
    else if (bytes_check(arg)) {
        *holder = new_ref(arg);
    }
    else if (bytearray_check(arg)) {
        *holder = bytes_from_object(arg);
    }
    else {
        error_format(PyExc_TypeError, "str, bytes or bytearray expected, not %s",
                     type_of(arg)->tp_name);
    }
    if (*holder == NULL) {
        return false;
    }
    data = bytes_data(*holder);
    size = bytes_length(*holder);
    if (strlen(data) != (size_t)size) {
        clear_ref(*holder);
        error_set(PyExc_TypeError, "host name must not contain null character");
        return false;
    }
    *name = data;
    return true;
}

static bool
family_error(void)
{
    error_set(PyExc_OSError, "address family mismatched");
    return false;
}

// The address of "": what a server binds to for all interfaces.
static int
resolve_wildcard(SocketAddress *address, int af)
{
    struct addrinfo hints = {.ai_family = af, .ai_socktype = SOCK_DGRAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *list = NULL;
    int code;
    POSIX_DETACHED(code = getaddrinfo(NULL, "0", &hints, &list));
    if (code != 0) {
        socket_gaierror(code);
        return -1;
    }
    int size = list->ai_family == AF_INET ? 4 : list->ai_family == AF_INET6 ? 16 : -1;
    if (size < 0) {
        error_set(PyExc_OSError, "unsupported address family");
    }
    else if (list->ai_next != NULL) {
        error_set(PyExc_OSError, "wildcard resolved to multiple address");
        size = -1;
    }
    else {
        memcpy(address, list->ai_addr, list->ai_addrlen);
    }
    freeaddrinfo(list);
    return size;
}

// Numbers without asking anybody: 1 done, 0 when the name is no number.
static int
resolve_number(const char *name, SocketAddress *address, int af)
{
    if ((af == AF_UNSPEC || af == AF_INET)
        && inet_pton(AF_INET, name, &address->in.sin_addr) > 0) {
        address->in.sin_family = AF_INET;
        return 4;
    }
    if ((af == AF_UNSPEC || af == AF_INET6) && strchr(name, '%') == NULL
        && inet_pton(AF_INET6, name, &address->in6.sin6_addr) > 0) {
        address->in6.sin6_family = AF_INET6;
        return 16;
    }
    return 0;
}

int
socket_resolve(const char *name, SocketAddress *address, int af)
{
    memset(address, 0, sizeof *address);
    if (*name == '\0') {
        return resolve_wildcard(address, af);
    }
    if (strcmp(name, "<broadcast>") == 0 || strcmp(name, "255.255.255.255") == 0) {
        if (af != AF_INET && af != AF_UNSPEC) {
            family_error();
            return -1;
        }
        address->in.sin_family = AF_INET;
        address->in.sin_addr.s_addr = INADDR_BROADCAST;
        return 4;
    }
    int size = resolve_number(name, address, af);
    if (size > 0) {
        return size;
    }
    struct addrinfo hints = {.ai_family = af};
    struct addrinfo *list = NULL;
    int code;
    POSIX_DETACHED(code = getaddrinfo(name, NULL, &hints, &list));
    if (code != 0) {
        socket_gaierror(code);
        return -1;
    }
    socklen_t room = sizeof *address;
    memcpy(address, list->ai_addr, list->ai_addrlen < room ? list->ai_addrlen : room);
    freeaddrinfo(list);
    switch (address->any.sa_family) {
        case AF_INET: return 4;
        case AF_INET6: return 16;
        default:
            error_set(PyExc_OSError, "unknown address family");
            return -1;
    }
}

PyObject *
socket_ip_text(const struct sockaddr *address)
{
    char text[INET6_ADDRSTRLEN + 1];
    const void *bits = address->sa_family == AF_INET
                           ? (const void *)&((const struct sockaddr_in *)address)->sin_addr
                           : (const void *)&((const struct sockaddr_in6 *)address)->sin6_addr;
    if (inet_ntop(address->sa_family, bits, text, sizeof text) == NULL) {
        return error_set_errno(PyExc_OSError);
    }
    return str_from_cstr(text);
}

// ---- to Python ----

static PyObject *
unix_object(const struct sockaddr_un *address, socklen_t size)
{
    size_t length = size - offsetof(struct sockaddr_un, sun_path);
    if (size < offsetof(struct sockaddr_un, sun_path)) {
        length = 0;
    }
    if (length > 0 && address->sun_path[0] == '\0') {
        // A name of Linux's abstract namespace: all bytes count.
        return bytes_from_data(address->sun_path, (Py_ssize_t)length);
    }
    return str_decode_fsdefault_size(address->sun_path,
                                     (Py_ssize_t)strnlen(address->sun_path, length));
}

static PyObject *
packet_object(const struct sockaddr_ll *address)
{
    char name[IF_NAMESIZE] = "";
    if (address->sll_ifindex != 0 && if_indextoname((unsigned)address->sll_ifindex, name) == NULL) {
        name[0] = '\0';
    }
    PyObject *interface = str_decode_fsdefault(name);
    return interface == NULL
               ? NULL
               : value_build("(Nihiy#)", interface, (int)ntohs(address->sll_protocol),
                             (int)address->sll_pkttype, (int)address->sll_hatype,
                             (const char *)address->sll_addr,
                             (Py_ssize_t)(address->sll_halen < 8 ? address->sll_halen : 8));
}

static PyObject *
can_object(const struct sockaddr_can *address, int proto)
{
    char name[IF_NAMESIZE] = "";
    if (address->can_ifindex != 0 && if_indextoname((unsigned)address->can_ifindex, name) == NULL) {
        name[0] = '\0';
    }
    PyObject *interface = str_decode_fsdefault(name);
    if (interface == NULL) {
        return NULL;
    }
    switch (proto) {
        case CAN_ISOTP:
            return value_build("(Nkk)", interface, (unsigned long)address->can_addr.tp.rx_id,
                               (unsigned long)address->can_addr.tp.tx_id);
        case CAN_J1939:
            return value_build("(NKII)", interface,
                               (unsigned long long)address->can_addr.j1939.name,
                               (unsigned int)address->can_addr.j1939.pgn,
                               (unsigned int)address->can_addr.j1939.addr);
        default:
            return value_build("(N)", interface);
    }
}

static PyObject *
tipc_object(const struct sockaddr_tipc *address)
{
    const unsigned int kind = address->addrtype;
    switch (kind) {
        case TIPC_ADDR_NAMESEQ:
            return value_build("(IIIII)", kind, address->addr.nameseq.type,
                               address->addr.nameseq.lower, address->addr.nameseq.upper,
                               (unsigned int)address->scope);
        case TIPC_ADDR_NAME:
            return value_build("(IIIII)", kind, address->addr.name.name.type,
                               address->addr.name.name.instance, address->addr.name.name.instance,
                               (unsigned int)address->scope);
        case TIPC_ADDR_ID:
            return value_build("(IIIII)", kind, address->addr.id.node, address->addr.id.ref, 0u,
                               (unsigned int)address->scope);
        default:
            return error_set(PyExc_ValueError, "Invalid address type");
    }
}

static PyObject *
inet_object(const SocketAddress *address)
{
    PyObject *host = socket_ip_text(&address->any);
    if (host == NULL) {
        return NULL;
    }
    if (address->any.sa_family == AF_INET) {
        return value_build("(Ni)", host, (int)ntohs(address->in.sin_port));
    }
    return value_build("(NiII)", host, (int)ntohs(address->in6.sin6_port),
                       (unsigned int)ntohl(address->in6.sin6_flowinfo),
                       (unsigned int)address->in6.sin6_scope_id);
}

PyObject *
socket_address_object(const SocketAddress *address, socklen_t size, int proto)
{
    if (size == 0) {
        return new_ref(Py_None);        // connected streams tell no address
    }
    switch (address->any.sa_family) {
        case AF_INET:
        case AF_INET6: return inet_object(address);
        case AF_UNIX: return unix_object(&address->un, size);
        case AF_NETLINK:
            return value_build("(II)", (unsigned int)address->nl.nl_pid,
                               (unsigned int)address->nl.nl_groups);
        case AF_QIPCRTR:
            return value_build("(II)", (unsigned int)address->qrtr.sq_node,
                               (unsigned int)address->qrtr.sq_port);
        case AF_VSOCK:
            return value_build("(II)", (unsigned int)address->vm.svm_cid,
                               (unsigned int)address->vm.svm_port);
        case AF_PACKET: return packet_object(&address->ll);
        case AF_CAN: return can_object(&address->can, proto);
        case AF_TIPC: return tipc_object(&address->tipc);
        case AF_ALG:
            return value_build("(ssHH)", (const char *)address->alg.salg_type,
                               (const char *)address->alg.salg_name,
                               (unsigned short)address->alg.salg_feat,
                               (unsigned short)address->alg.salg_mask);
        default:
            return value_build("(iy#)", (int)address->any.sa_family, address->any.sa_data,
                               (Py_ssize_t)sizeof address->any.sa_data);
    }
}

bool
socket_address_room(const SocketObject *self, socklen_t *size)
{
    switch (self->family) {
        case AF_INET: *size = sizeof(struct sockaddr_in); return true;
        case AF_INET6: *size = sizeof(struct sockaddr_in6); return true;
        case AF_UNIX: *size = sizeof(struct sockaddr_un); return true;
        case AF_NETLINK: *size = sizeof(struct sockaddr_nl); return true;
        case AF_PACKET: *size = sizeof(struct sockaddr_ll); return true;
        case AF_CAN: *size = sizeof(struct sockaddr_can); return true;
        case AF_ALG: *size = sizeof(struct sockaddr_alg); return true;
        case AF_VSOCK: *size = sizeof(struct sockaddr_vm); return true;
        case AF_QIPCRTR: *size = sizeof(struct sockaddr_qrtr); return true;
        case AF_TIPC: *size = sizeof(struct sockaddr_tipc); return true;
        case AF_RDS: *size = sizeof(struct sockaddr_in); return true;
        default:
            error_set(PyExc_OSError, "getsockaddrlen: unknown socket family");
            return false;
    }
}

// ---- from Python ----

static bool
check_tuple(PyObject *arg, const char *caller, const char *family)
{
    if (!tuple_check(arg)) {
        error_format(PyExc_TypeError, "%s(): %s address must be tuple, not %.500s", caller, family,
                     type_of(arg)->tp_name);
        return false;
    }
    return true;
}

static int
interface_index(SocketObject *self, const char *name)
{
    struct ifreq request;
    strncpy(request.ifr_name, name, sizeof request.ifr_name);
    request.ifr_name[sizeof request.ifr_name - 1] = '\0';
    if (ioctl(socket_fd(self), SIOCGIFINDEX, &request) < 0) {
        posix_error();
        return -1;
    }
    return request.ifr_ifindex;
}

static bool
unix_argument(PyObject *arg, SocketAddress *address, socklen_t *size)
{
    PyObject *holder = str_check(arg) ? str_encode_fsdefault(arg) : new_ref(arg);
    Py_buffer path;
    if (holder == NULL) {
        return false;
    }
    if (buffer_get(holder, &path, PyBUF_SIMPLE) < 0) {
        decref(holder);
        return false;
    }
    struct sockaddr_un *un = &address->un;
    // A path needs its NUL; names of the abstract namespace start with one, and no more is added.
    bool abstract = path.len == 0 || *(const char *)path.buf == '\0';
    bool fits = abstract ? (size_t)path.len <= sizeof un->sun_path
                         : (size_t)path.len < sizeof un->sun_path;
    if (fits) {
        memcpy(un->sun_path, path.buf, (size_t)path.len);
        if (!abstract) {
            un->sun_path[path.len] = '\0';
        }
        un->sun_family = AF_UNIX;
        *size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)path.len
                            + (abstract ? 0 : 1));
    }
    else {
        error_set(PyExc_OSError, "AF_UNIX path too long");
    }
    buffer_release(&path);
    decref(holder);
    return fits;
}

// Host and port of a tuple of which `format` reads the first items: parsed by the caller.
static bool
set_host(PyObject *host, SocketAddress *address, int af)
{
    const char *name;
    PyObject *holder;
    if (!socket_host_argument(host, &name, &holder)) {
        return false;
    }
    int size = socket_resolve(name, address, af);
    decref(holder);
    return size >= 0;
}

static bool
port_error(const char *caller)
{
    error_format(PyExc_OverflowError, "%s(): port must be 0-65535.", caller);
    return false;
}

// What is not an int raises as it is; what does not fit a C int is out of range all the same.
static bool
port_argument(int parsed, int port, const char *caller)
{
    if (!parsed) {
        return error_clear_if(PyExc_OverflowError) ? port_error(caller) : false;
    }
    return port >= 0 && port <= 0xffff ? true : port_error(caller);
}

static bool
inet_argument(PyObject *arg, SocketAddress *address, socklen_t *size, const char *caller)
{
    PyObject *host;
    int port = 0;
    if (!check_tuple(arg, caller, "AF_INET")) {
        return false;
    }
    int parsed = args_parse(arg, "Oi;AF_INET address must be a pair (host, port)", &host, &port);
    if (!parsed && !error_matches(PyExc_OverflowError)) {
        return false;
    }
    if (!port_argument(parsed, port, caller)) {
        return false;
    }
    if (!set_host(host, address, AF_INET)) {
        return false;
    }
    address->in.sin_family = AF_INET;
    address->in.sin_port = htons((uint16_t)port);
    *size = sizeof address->in;
    return true;
}

static bool
inet6_argument(PyObject *arg, SocketAddress *address, socklen_t *size, const char *caller)
{
    PyObject *host;
    int port = 0;
    unsigned int flow = 0;
    unsigned int scope = 0;
    if (!check_tuple(arg, caller, "AF_INET6")) {
        return false;
    }
    int parsed = args_parse(arg,
                            "Oi|II;AF_INET6 address must be a tuple "
                            "(host, port[, flowinfo[, scopeid]])",
                            &host, &port, &flow, &scope);
    if (!port_argument(parsed, port, caller)) {
        return false;
    }
    if (flow > 0xfffff) {
        error_format(PyExc_OverflowError, "%s(): flowinfo must be 0-1048575.", caller);
        return false;
    }
    if (!set_host(host, address, AF_INET6)) {
        return false;
    }
    address->in6.sin6_family = AF_INET6;
    address->in6.sin6_port = htons((uint16_t)port);
    address->in6.sin6_flowinfo = htonl(flow);
    address->in6.sin6_scope_id = scope;
    *size = sizeof address->in6;
    return true;
}

static bool
packet_argument(SocketObject *self, PyObject *arg, SocketAddress *address, socklen_t *size,
                const char *caller)
{
    const char *interface;
    int protocol;
    int kind = 0;
    int hardware = 0;
    Py_buffer physical = {.buf = NULL, .obj = NULL};
    if (!check_tuple(arg, caller, "AF_PACKET")) {
        return false;
    }
    if (!args_parse(arg,
                    "si|iiy*;AF_PACKET address must be a tuple of two to five elements", &interface,
                    &protocol, &kind, &hardware, &physical)) {
        return false;
    }
    struct sockaddr_ll *ll = &address->ll;
    int index = interface_index(self, interface);
    bool good = index >= 0;
    if (good && physical.buf != NULL && physical.len > 8) {
        error_set(PyExc_ValueError, "Hardware address must be 8 bytes or less");
        good = false;
    }
    if (good && (protocol < 0 || protocol > 0xffff)) {
        error_format(PyExc_OverflowError, "%s(): proto must be 0-65535.", caller);
        good = false;
    }
    if (good) {
        ll->sll_family = AF_PACKET;
        ll->sll_protocol = htons((uint16_t)protocol);
        ll->sll_ifindex = index;
        ll->sll_pkttype = (unsigned char)kind;
        ll->sll_hatype = (unsigned short)hardware;
        if (physical.buf != NULL) {
            memcpy(ll->sll_addr, physical.buf, (size_t)physical.len);
            ll->sll_halen = (unsigned char)physical.len;
        }
        *size = sizeof *ll;
    }
    buffer_release(&physical);
    return good;
}

// The interface of a CAN address: an empty name is index 0, all interfaces.
static bool
can_interface(SocketObject *self, PyObject *name, struct sockaddr_can *can)
{
    Py_ssize_t length = bytes_length(name);
    if (length == 0) {
        return true;
    }
    if ((size_t)length >= IF_NAMESIZE) {
        error_set(PyExc_OSError, "AF_CAN interface name too long");
        return false;
    }
    int index = interface_index(self, bytes_data(name));
    can->can_ifindex = index;
    return index >= 0;
}

static bool
can_argument(SocketObject *self, PyObject *arg, SocketAddress *address, socklen_t *size,
             const char *caller)
{
    struct sockaddr_can *can = &address->can;
    PyObject *name = NULL;
    unsigned long rx, tx;
    unsigned long long j1939_name;
    unsigned int pgn;
    unsigned char j1939_address;
    bool parsed;
    if (!check_tuple(arg, caller, "AF_CAN")) {
        return false;
    }
    if (self->proto == CAN_ISOTP) {
        parsed = args_parse(arg, "O&kk", str_fs_converter, &name, &rx, &tx);
        if (parsed) {
            can->can_addr.tp.rx_id = (canid_t)rx;
            can->can_addr.tp.tx_id = (canid_t)tx;
        }
    }
    else if (self->proto == CAN_J1939) {
        parsed = args_parse(arg, "O&KIB", str_fs_converter, &name, &j1939_name, &pgn,
                            &j1939_address);
        if (parsed) {
            can->can_addr.j1939.name = j1939_name;
            can->can_addr.j1939.pgn = pgn;
            can->can_addr.j1939.addr = j1939_address;
        }
    }
    else if (self->proto == CAN_RAW || self->proto == CAN_BCM) {
        parsed = args_parse(arg, "O&;AF_CAN address must be a tuple (interface, )",
                            str_fs_converter, &name);
    }
    else {
        error_format(PyExc_OSError, "%s(): unsupported CAN protocol", caller);
        return false;
    }
    bool good = parsed && can_interface(self, name, can);
    if (parsed) {
        decref(name);
    }
    can->can_family = AF_CAN;
    *size = sizeof *can;
    return good;
}

static bool
alg_argument(PyObject *arg, SocketAddress *address, socklen_t *size, const char *caller)
{
    const char *kind, *name;
    unsigned short feature = 0;
    unsigned short mask = 0;
    struct sockaddr_alg *alg = &address->alg;
    if (!check_tuple(arg, caller, "AF_ALG")
        || !args_parse(arg, "ss|HH;AF_ALG address must be a tuple of two to four elements", &kind,
                       &name, &feature, &mask)) {
        return false;
    }
    if (strlen(kind) >= sizeof alg->salg_type) {
        error_set(PyExc_ValueError, "AF_ALG type too long.");
        return false;
    }
    if (strlen(name) >= sizeof alg->salg_name) {
        error_set(PyExc_ValueError, "AF_ALG name too long.");
        return false;
    }
    alg->salg_family = AF_ALG;
    alg->salg_feat = feature;
    alg->salg_mask = mask;
    memcpy(alg->salg_type, kind, strlen(kind) + 1);
    memcpy(alg->salg_name, name, strlen(name) + 1);
    *size = sizeof *alg;
    return true;
}

static bool
tipc_argument(PyObject *arg, SocketAddress *address, socklen_t *size, const char *caller)
{
    unsigned int kind, v1, v2, v3;
    unsigned int scope = TIPC_CLUSTER_SCOPE;
    struct sockaddr_tipc *tipc = &address->tipc;
    if (!check_tuple(arg, caller, "AF_TIPC")
        || !args_parse(arg,
                       "IIII|I;AF_TIPC address must be a tuple "
                       "(addr_type, v1, v2, v3[, scope])",
                       &kind, &v1, &v2, &v3, &scope)) {
        return false;
    }
    tipc->family = AF_TIPC;
    tipc->scope = (signed char)scope;
    tipc->addrtype = (unsigned char)kind;
    *size = sizeof *tipc;
    switch (kind) {
        case TIPC_ADDR_NAMESEQ:
            tipc->addr.nameseq.type = v1;
            tipc->addr.nameseq.lower = v2;
            tipc->addr.nameseq.upper = v3;
            return true;
        case TIPC_ADDR_NAME:
            tipc->addr.name.name.type = v1;
            tipc->addr.name.name.instance = v2;
            return true;
        case TIPC_ADDR_ID:
            tipc->addr.id.node = v1;
            tipc->addr.id.ref = v2;
            return true;
        default:
            error_set(PyExc_TypeError, "Invalid address type");
            return false;
    }
}

// Two unsigned numbers.
static bool
number_pair(PyObject *arg, const char *caller, const char *family, const char *format,
            unsigned int *first, unsigned int *second)
{
    return check_tuple(arg, caller, family) && args_parse(arg, format, first, second);
}

bool
socket_address_argument(SocketObject *self, PyObject *arg, SocketAddress *address,
                        socklen_t *size, const char *caller)
{
    unsigned int first, second;
    memset(address, 0, sizeof *address);
    switch (self->family) {
        case AF_UNIX: return unix_argument(arg, address, size);
        case AF_RDS:
        case AF_INET: return inet_argument(arg, address, size, caller);
        case AF_INET6: return inet6_argument(arg, address, size, caller);
        case AF_PACKET: return packet_argument(self, arg, address, size, caller);
        case AF_CAN: return can_argument(self, arg, address, size, caller);
        case AF_ALG: return alg_argument(arg, address, size, caller);
        case AF_TIPC: return tipc_argument(arg, address, size, caller);
        case AF_NETLINK:
            if (!number_pair(arg, caller, "AF_NETLINK",
                             "II;AF_NETLINK address must be a pair (pid, groups)", &first,
                             &second)) {
                return false;
            }
            address->nl.nl_family = AF_NETLINK;
            address->nl.nl_pid = first;
            address->nl.nl_groups = second;
            *size = sizeof address->nl;
            return true;
        case AF_QIPCRTR:
            if (!number_pair(arg, "getsockaddrarg", "AF_QIPCRTR",
                             "II;AF_QIPCRTR address must be a pair (node, port)", &first,
                             &second)) {
                return false;
            }
            address->qrtr.sq_family = AF_QIPCRTR;
            address->qrtr.sq_node = first;
            address->qrtr.sq_port = second;
            *size = sizeof address->qrtr;
            return true;
        case AF_VSOCK:
            if (!tuple_check(arg)) {
                error_format(PyExc_TypeError,
                             "getsockaddrarg: AF_VSOCK address must be tuple, not %.500s",
                             type_of(arg)->tp_name);
                return false;
            }
            if (!args_parse(arg, "II:getsockaddrarg", &first, &second)) {
                return false;
            }
            address->vm.svm_family = AF_VSOCK;
            address->vm.svm_cid = first;
            address->vm.svm_port = second;
            *size = sizeof address->vm;
            return true;
        default:
            error_format(PyExc_OSError, "%s(): bad family", caller);
            return false;
    }
}
