/// System calls that Swift cannot make: variadic ones (`ioctl`, `syscall`), those behind `_GNU_SOURCE` (`setns`,
/// `unshare`, `signalfd`) and `posix_spawn` with the GNU actions. Every function returns 0 or a descriptor on success
/// and `-errno` on failure, and opens descriptors close-on-exec. Nothing here decides anything: that is done in Swift.
#ifndef CHOSTING_H
#define CHOSTING_H

#include <stddef.h>
#include <stdint.h>
#include <linux/filter.h>
// Swift's Glibc module leaves epoll(7) out.
#include <sys/epoll.h>
#include <sys/types.h>

// Network namespaces (network_namespaces(7))

/// Runs `body` in a new thread that is first moved to the network namespace open as `network`, or, where that is -1, to
/// a new one. Returns when the thread has ended; the caller's own namespace is never touched.
int hosting_in_network(int network, void (*body)(void *context), void *context);

/// Moves the calling thread to the network namespace open as `network`.
int hosting_enter_network(int network);

/// Binds the calling thread's network namespace to `path`, which must exist, so that it outlives the thread.
int hosting_pin_network(const char *path);

/// Undoes `hosting_pin_network`; whoever still uses the namespace is not disturbed.
int hosting_unpin_network(const char *path);

/// Makes `folder` a shared mount point, as `ip netns` does, so that an unmount is seen in every mount namespace.
int hosting_share_mount(const char *folder);

/// 1 where `path` is a namespace (a file of nsfs), 0 where it is not, `-errno` where it cannot be told.
int hosting_is_namespace(const char *path);

/// 0 where the caller could have a user namespace and a mount namespace of its own; else `-errno`. Nothing is left.
int hosting_can_unshare(void);

/// Starts a thread that stays in the present network namespace of the calling thread. To be called once.
int hosting_stay(void);

/// Runs `body` in the thread of `hosting_stay`, and returns when it has.
void hosting_run_in_stay(void (*body)(void *context), void *context);

// Bridges and TAPs, in the calling thread's network namespace (netdevice(7))

/// Makes a bridge that forwards at once: no spanning tree, no forward delay.
int hosting_bridge_create(const char *bridge);

/// Removes a bridge, which must be down.
int hosting_bridge_remove(const char *bridge);

/// Makes an interface a port of a bridge.
int hosting_bridge_attach(const char *bridge, const char *port);

/// Makes an interface a port of the bridge no longer.
int hosting_bridge_detach(const char *bridge, const char *port);

/// Brings an interface up (1) or down (0).
int hosting_interface_set_up(const char *interface, int up);

/// Has a bridge pass groups' frames to every port (no snooping), so that no port can draw them to itself.
int hosting_bridge_quiet(const char *bridge);

/// Ties a hardware address to a port of a bridge, and the port to it: nothing is learned there, frames for it go nowhere
/// else, frames for unknown addresses do not come there, and frames from other addresses are dropped where the kernel
/// has locked ports.
int hosting_bridge_port_lock(const char *port, const uint8_t address[6]);

/// Has a classic filter decide on what comes in at an interface, by its return values `TC_ACT_OK` and `TC_ACT_SHOT`
/// (tc-bpf(8), direct action). It goes with the interface. -ENOENT or -EOPNOTSUPP: the kernel has no such filters.
int hosting_filter_attach(const char *interface, const struct sock_filter *program, size_t count);

/// Gives an interface an IPv4 address and mask, both in network byte order.
int hosting_interface_set_address(const char *interface, uint32_t address, uint32_t mask);

/// Gives an interface one more IPv6 address, 16 bytes in network byte order; it may have it already.
int hosting_interface_add_ipv6_address(const char *interface, const uint8_t address[16], unsigned prefix);

/// Gives an interface a hardware address of 6 bytes.
int hosting_interface_set_hardware_address(const char *interface, const uint8_t address[6]);

/// 1 where the interface exists, 0 where it does not.
int hosting_interface_exists(const char *interface);

/// Makes a TAP that lives as long as the descriptor returned, which does not block. Each frame has a virtio-net header of
/// ten bytes before it (IFF_VNET_HDR), and TCP segments over IPv4 may come joined, up to 64 KiB, with partial checksums.
int hosting_tap_open(const char *name);

// Processes

/// Starts the program at `path` in a session of its own, with default signals and nothing open but: standard input from
/// /dev/null, `output` and `errors` (-1: /dev/null), and `descriptors[i]` as 3 + i.
int hosting_spawn(const char *path, char *const arguments[], char *const environment[], const int *descriptors,
                  int count, int output, int errors, pid_t *process);

/// A descriptor that becomes readable when the process ends (pidfd_open(2)).
int hosting_process_open(pid_t process);

/// Sends a signal to the process behind a descriptor of `hosting_process_open`.
int hosting_process_signal(int descriptor, int signal);

/// Blocks SIGTERM, SIGINT and SIGHUP, ignores SIGPIPE, and gives a descriptor that becomes readable when one arrives.
int hosting_signal_descriptor(void);

/// The next signal that arrived at such a descriptor; 0 where there is none.
int hosting_signal_next(int descriptor);

// Sockets

/// Connects to, or with `listening` binds and listens on, a stream socket at a path of any length. Does not block.
int hosting_unix_socket(const char *path, int listening);

/// Accepts a connection. Neither this nor the descriptor blocks.
int hosting_accept(int listener);

/// The user at the other end of a Unix socket.
int hosting_peer_user(int descriptor, uid_t *user);

/// A descriptor that is readable from `hosting_bell_ring` until `hosting_bell_clear` (eventfd(2)).
int hosting_bell_make(void);

/// Wakes whoever waits for the bell.
void hosting_bell_ring(int descriptor);

/// Silences the bell.
void hosting_bell_clear(int descriptor);

/// Makes a pipe whose ends, the output first, do not block, and that holds `capacity` bytes where the kernel allows it.
int hosting_pipe(int ends[2], int capacity);

/// Moves what there is, at most `most` bytes, from one descriptor to another, of which one is a pipe, without copying
/// it (splice(2)): how much, 0 at the end, -EAGAIN where it would have to wait.
ssize_t hosting_splice(int from, int to, size_t most);

#endif
