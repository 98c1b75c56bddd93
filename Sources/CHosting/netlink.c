#define _GNU_SOURCE
#include "CHosting.h"

#include <errno.h>
#include <arpa/inet.h>
#include <linux/if_bridge.h>
#include <linux/if_ether.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

// Requests to the kernel's rtnetlink(7) in the calling thread's network namespace, each with its acknowledgement.

enum { CAPACITY = 8192 };

struct request {
  struct nlmsghdr header;
  uint8_t body[CAPACITY];
};

static void begin(struct request *request, uint16_t type, uint16_t flags, const void *fixed, size_t size) {
  memset(request, 0, sizeof request->header);
  request->header.nlmsg_type = type;
  request->header.nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags);
  request->header.nlmsg_len = (uint32_t)NLMSG_LENGTH(size);
  memcpy(request->body, fixed, size);
}

static struct rtattr *add(struct request *request, uint16_t type, const void *value, size_t size) {
  size_t at = NLMSG_ALIGN(request->header.nlmsg_len);
  struct rtattr *attribute = (struct rtattr *)((uint8_t *)request + at);
  // Programs have a bound (BPF_MAXINSNS in Swift), and the rest is small.
  if (at + RTA_SPACE(size) > sizeof *request) __builtin_trap();
  attribute->rta_type = type;
  attribute->rta_len = (uint16_t)RTA_LENGTH(size);
  if (size > 0) memcpy(RTA_DATA(attribute), value, size);
  request->header.nlmsg_len = (uint32_t)(at + RTA_LENGTH(size));
  return attribute;
}

static void end(struct request *request, struct rtattr *nested) {
  nested->rta_len = (uint16_t)((uint8_t *)request + request->header.nlmsg_len - (uint8_t *)nested);
}

static int carry_out(struct request *request) {
  int descriptor = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (descriptor < 0) return -errno;
  struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
  struct {
    struct nlmsghdr header;
    struct nlmsgerr error;
    uint8_t rest[CAPACITY];
  } answer;
  int result = -EPROTO;
  if (sendto(descriptor, request, request->header.nlmsg_len, 0, (struct sockaddr *)&kernel, sizeof kernel) < 0) {
    result = -errno;
  } else {
    ssize_t count = recv(descriptor, &answer, sizeof answer, 0);
    if (count < 0) {
      result = -errno;
    } else if (count >= (ssize_t)NLMSG_LENGTH(sizeof answer.error) && answer.header.nlmsg_type == NLMSG_ERROR) {
      result = answer.error.error;
    }
  }
  close(descriptor);
  return result;
}

int hosting_bridge_quiet(const char *bridge) {
  struct ifinfomsg fixed = {.ifi_family = AF_UNSPEC, .ifi_index = (int)if_nametoindex(bridge)};
  if (fixed.ifi_index == 0) return -errno;
  struct request request;
  uint8_t off = 0;
  begin(&request, RTM_NEWLINK, 0, &fixed, sizeof fixed);
  struct rtattr *information = add(&request, IFLA_LINKINFO, NULL, 0);
  add(&request, IFLA_INFO_KIND, "bridge", 7);
  struct rtattr *data = add(&request, IFLA_INFO_DATA, NULL, 0);
  add(&request, IFLA_BR_MCAST_SNOOPING, &off, 1);
  end(&request, data);
  end(&request, information);
  return carry_out(&request);
}

int hosting_bridge_port_lock(const char *port, const uint8_t address[6]) {
  int index = (int)if_nametoindex(port);
  if (index == 0) return -errno;
  struct request request;
  // The entry first: without it, a port that learns nothing would get only what is for everybody.
  struct ndmsg entry = {
      .ndm_family = AF_BRIDGE, .ndm_ifindex = index, .ndm_state = NUD_NOARP, .ndm_flags = NTF_MASTER};
  begin(&request, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, &entry, sizeof entry);
  add(&request, NDA_LLADDR, address, 6);
  int failed = carry_out(&request);
  if (failed) return failed;
  struct ifinfomsg fixed = {.ifi_family = AF_BRIDGE, .ifi_index = index};
  uint8_t off = 0, on = 1;
  begin(&request, RTM_SETLINK, 0, &fixed, sizeof fixed);
  struct rtattr *information = add(&request, IFLA_PROTINFO | NLA_F_NESTED, NULL, 0);
  add(&request, IFLA_BRPORT_LEARNING, &off, 1);
  add(&request, IFLA_BRPORT_UNICAST_FLOOD, &off, 1);
  // Since Linux 5.16; older kernels leave it out, and the filter does the same.
  add(&request, IFLA_BRPORT_LOCKED, &on, 1);
  end(&request, information);
  return carry_out(&request);
}

int hosting_filter_attach(const char *interface, const struct sock_filter *program, size_t count) {
  int index = (int)if_nametoindex(interface);
  if (index == 0) return -errno;
  if (count == 0 || count > CAPACITY / 2 / sizeof *program) return -EINVAL;
  struct request request;
  struct tcmsg place = {
      .tcm_family = AF_UNSPEC, .tcm_ifindex = index, .tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0),
      .tcm_parent = TC_H_CLSACT};
  begin(&request, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, &place, sizeof place);
  add(&request, TCA_KIND, "clsact", 7);
  int failed = carry_out(&request);
  if (failed) return failed;
  place.tcm_handle = 0;
  place.tcm_parent = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS);
  place.tcm_info = TC_H_MAKE(1u << 16, htons(ETH_P_ALL));
  begin(&request, RTM_NEWTFILTER, NLM_F_CREATE | NLM_F_EXCL, &place, sizeof place);
  add(&request, TCA_KIND, "bpf", 4);
  struct rtattr *options = add(&request, TCA_OPTIONS, NULL, 0);
  uint16_t length = (uint16_t)count;
  uint32_t flags = TCA_BPF_FLAG_ACT_DIRECT;
  add(&request, TCA_BPF_OPS_LEN, &length, sizeof length);
  add(&request, TCA_BPF_OPS, program, count * sizeof *program);
  add(&request, TCA_BPF_FLAGS, &flags, sizeof flags);
  end(&request, options);
  return carry_out(&request);
}
