#define _GNU_SOURCE
#include "CHosting.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_bridge.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/// Interface requests go through any socket of the namespace.
static int control(unsigned long request, void *argument) {
  int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return -errno;
  int result = ioctl(descriptor, request, argument) < 0 ? -errno : 0;
  close(descriptor);
  return result;
}

static int named(struct ifreq *request, const char *interface) {
  memset(request, 0, sizeof *request);
  if (strlen(interface) >= IFNAMSIZ) return -ENAMETOOLONG;
  strcpy(request->ifr_name, interface);
  return 0;
}

static int bridge_option(const char *bridge, unsigned long option, unsigned long value) {
  struct ifreq request;
  unsigned long arguments[4] = {option, value, 0, 0};
  int failed = named(&request, bridge);
  if (failed) return failed;
  request.ifr_data = (char *)arguments;
  return control(SIOCDEVPRIVATE, &request);
}

int hosting_bridge_create(const char *bridge) {
  char name[IFNAMSIZ] = {0};
  if (strlen(bridge) >= IFNAMSIZ) return -ENAMETOOLONG;
  strcpy(name, bridge);
  int failed = control(SIOCBRADDBR, name);
  if (failed) return failed;
  failed = bridge_option(bridge, BRCTL_SET_BRIDGE_STP_STATE, 0);
  if (!failed) failed = bridge_option(bridge, BRCTL_SET_BRIDGE_FORWARD_DELAY, 0);
  if (failed) control(SIOCBRDELBR, name);
  return failed;
}

int hosting_bridge_remove(const char *bridge) {
  char name[IFNAMSIZ] = {0};
  if (strlen(bridge) >= IFNAMSIZ) return -ENAMETOOLONG;
  strcpy(name, bridge);
  return control(SIOCBRDELBR, name);
}

static int bridge_port(unsigned long operation, const char *bridge, const char *port) {
  struct ifreq request;
  int failed = named(&request, bridge);
  if (failed) return failed;
  unsigned index = if_nametoindex(port);
  if (index == 0) return -errno;
  request.ifr_ifindex = (int)index;
  return control(operation, &request);
}

int hosting_bridge_attach(const char *bridge, const char *port) { return bridge_port(SIOCBRADDIF, bridge, port); }

int hosting_bridge_detach(const char *bridge, const char *port) { return bridge_port(SIOCBRDELIF, bridge, port); }

int hosting_interface_set_up(const char *interface, int up) {
  struct ifreq request;
  int failed = named(&request, interface);
  if (failed) return failed;
  failed = control(SIOCGIFFLAGS, &request);
  if (failed) return failed;
  if (up) {
    request.ifr_flags |= IFF_UP;
  } else {
    request.ifr_flags &= ~IFF_UP;
  }
  return control(SIOCSIFFLAGS, &request);
}

int hosting_interface_set_address(const char *interface, uint32_t address, uint32_t mask) {
  struct ifreq request;
  struct sockaddr_in *place = (struct sockaddr_in *)&request.ifr_addr;
  int failed = named(&request, interface);
  if (failed) return failed;
  place->sin_family = AF_INET;
  place->sin_addr.s_addr = address;
  failed = control(SIOCSIFADDR, &request);
  if (failed) return failed;
  place->sin_family = AF_INET;
  place->sin_addr.s_addr = mask;
  return control(SIOCSIFNETMASK, &request);
}

int hosting_interface_add_ipv6_address(const char *interface, const uint8_t address[16], unsigned prefix) {
  // As linux/ipv6.h has it, which cannot be included beside the C library's headers.
  struct {
    struct in6_addr address;
    uint32_t prefix;
    int index;
  } request;
  unsigned index = if_nametoindex(interface);
  if (index == 0) return -errno;
  memcpy(&request.address, address, sizeof request.address);
  request.prefix = prefix;
  request.index = (int)index;
  int descriptor = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return -errno;
  int result = ioctl(descriptor, SIOCSIFADDR, &request) < 0 && errno != EEXIST ? -errno : 0;
  close(descriptor);
  return result;
}

int hosting_interface_set_hardware_address(const char *interface, const uint8_t address[6]) {
  struct ifreq request;
  int failed = named(&request, interface);
  if (failed) return failed;
  request.ifr_hwaddr.sa_family = ARPHRD_ETHER;
  memcpy(request.ifr_hwaddr.sa_data, address, 6);
  return control(SIOCSIFHWADDR, &request);
}

int hosting_interface_exists(const char *interface) { return if_nametoindex(interface) != 0; }

int hosting_tap_open(const char *name) {
  struct ifreq request;
  int failed = named(&request, name);
  if (failed) return failed;
  // The device belongs to the namespace that the file was opened in.
  int descriptor = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (descriptor < 0) return -errno;
  // A virtio-net header before each frame: checksums may be partial, and TCP segments up to 64 KiB long, both ways.
  request.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;
  if (ioctl(descriptor, TUNSETIFF, &request) < 0 || ioctl(descriptor, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6) < 0) {
    failed = -errno;
    close(descriptor);
    return failed;
  }
  return descriptor;
}
