// What the files of the `_socket` module share.
//
// Files: _socket.c (module, constants), socket_object.c (life, addresses of the object, reading and
// writing), socket_message.c (sendmsg, recvmsg), socket_address.c (addresses from and to Python
// objects), socket_names.c (names of hosts, services, interfaces).
//
// Threading: a socket's descriptor is atomic, -1 when closed, and taken by an exchange when it is
// closed; its timeout is atomic. The kernel orders everything else.
#ifndef TYPHON_MODULES_SOCKET_INTERNAL_H
#define TYPHON_MODULES_SOCKET_INTERNAL_H

#include <linux/can.h>
#include <linux/if_alg.h>
#include <linux/netlink.h>
#include <linux/qrtr.h>
#include <linux/tipc.h>
#include <linux/vm_sockets.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "abi/exceptions.h"
#include "abi/object.h"
#include "base/atomic.h"
#include "modules/native_type.h"
#include "modules/posix_internal.h"
#include "objects/error.h"

typedef struct {
    PyObject ob_base;
    int fd;                     // atomic: -1 when closed
    int family;                 // immutable once initialised
    int type;                   // immutable once initialised
    int proto;                  // immutable once initialised
    int64_t timeout;            // atomic: nanoseconds; -1 blocking, 0 non-blocking
} SocketObject;

typedef union {
    struct sockaddr any;
    struct sockaddr_storage storage;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
    struct sockaddr_un un;
    struct sockaddr_nl nl;
    struct sockaddr_ll ll;
    struct sockaddr_can can;
    struct sockaddr_alg alg;
    struct sockaddr_vm vm;
    struct sockaddr_qrtr qrtr;
    struct sockaddr_tipc tipc;
} SocketAddress;

extern PyTypeObject socket_type;

// Of the process. The classes are made once, on the first import.
typedef struct {
    PyObject *herror;           // immutable once running
    PyObject *gaierror;         // immutable once running
    int64_t default_timeout;    // atomic: nanoseconds, -1 for none
} SocketState;

extern SocketState socket_state;

static inline int socket_fd(const SocketObject *self) { return atomic_load_int(&self->fd); }

static inline int64_t
socket_timeout(const SocketObject *self)
{
    return atomic_load_relaxed_ssize(&self->timeout);
}

// ---- calls that may wait ----

// One try of an operation, without an attached thread: true when it worked, else errno tells.
typedef bool (*SocketOperation)(SocketObject *self, void *data);

// Repeats the operation as timeouts, signals and non-blocking mode ask for. 0, or -1 with an
// exception (TimeoutError "timed out").
int socket_call(SocketObject *self, bool writing, SocketOperation operation, void *data);
// The same with another limit than the socket's.
int socket_call_timeout(SocketObject *self, bool writing, SocketOperation operation, void *data,
                        int64_t timeout);

// Timeout argument: None or seconds. False with an exception.
bool socket_timeout_argument(PyObject *arg, int64_t *timeout);
PyObject *socket_timeout_object(int64_t timeout);

// New socket object for a descriptor; the descriptor is closed on failure.
PyObject *socket_object_new(PyTypeObject *type, int fd, int family, int kind, int proto);

// ---- addresses (socket_address.c) ----

// The address as a Python object of the family's form; None for no address.
PyObject *socket_address_object(const SocketAddress *address, socklen_t size, int proto);

// Reads an address of the socket's family. False with an exception; caller is the method's name.
bool socket_address_argument(SocketObject *self, PyObject *arg, SocketAddress *address,
                             socklen_t *size, const char *caller);

// Room for an address of the family; false with OSError when the family is not known.
bool socket_address_room(const SocketObject *self, socklen_t *size);

// Resolves a name for family af (AF_UNSPEC: any). Length of the address, or -1 with an exception.
int socket_resolve(const char *name, SocketAddress *address, int af);

// Text of a numeric address of AF_INET or AF_INET6.
PyObject *socket_ip_text(const struct sockaddr *address);

// A host name: str (IDNA when not ASCII), bytes or bytearray. *name lives as long as *holder, which
// is owned by the caller. False with an exception.
bool socket_host_argument(PyObject *arg, const char **name, PyObject **holder);

// gaierror of a code of getaddrinfo (OSError for EAI_SYSTEM). NULL.
void *socket_gaierror(int code);

// ---- assembly ----

extern PyMethodDef socket_names_methods[];
extern const PosixConstant socket_constants[];

PyObject *socket_recvmsg(PyObject *op, PyObject *const *args, Py_ssize_t nargs);
PyObject *socket_recvmsg_into(PyObject *op, PyObject *const *args, Py_ssize_t nargs);
PyObject *socket_sendmsg(PyObject *op, PyObject *const *args, Py_ssize_t nargs);
PyObject *socket_sendmsg_afalg(PyObject *op, PyObject *args, PyObject *kwargs);

#endif
